// init FILE: creates a repository for the migration of live fleets, or adds fleets to one.

import { type NutcrackerPool } from '../../../lib/nutcracker';
import { REPLACED, withoutPasswords } from '../../../lib/nutcracker/config-passwords';
import { groupsOf } from '../../../lib/nutcracker/fleet-shards';
import { type CommandResult, ExitCode } from '../../output/result';
import { infoByShard } from '../../input/fleet-info';
import { readSamples } from '../../input/info-file';
import { type ServerInfo } from '../../input/server-info';
import { FleetCapacity } from '../capacity/fleet-capacity';
import { GROWTH_DAYS } from '../capacity/proposal';
import { examine } from '../../input/verdict';
import { type ConfigFile, type Input, type NamedBytes, refuseStdinTwice } from '../../input/pools';
import { count, type Paint } from '../../output/text';
import { InputError } from '../../output/input-error';
import { addTo, existingRepository, refuseAlreadyMoving } from './existing';
import { type LiveFleet, readNutcracker, readRedisConf, refuseTogether, refuseUnmovable } from './live-fleet';
import { APP_TS, fleetTs, mainTs } from './main-ts';
import { type Origin, vendored } from './origin';
import { type Questions } from './questions';
import { fleetReadme, packing, readme, renamedCommandsSecret, word } from './readme';
import { type FileWarning, fileWarningsOf } from './file-warnings';
import { CDK8S_YAML, CI_YML, GITIGNORE, MAIN_TEST_TS, packageJson, ringJson, TSCONFIG_JSON } from './repository';
import { type Settings, settingsOf } from './settings';
import { type Files, writeFiles } from './write-files';

/** The options that init does not ask for. */
export interface InitOptions {
  /** Files with the INFO of the servers. @default - none */
  readonly info?: readonly string[];
  readonly redisConf?: string;
  /** The directory to write to. @default - the name of the fleet */
  readonly directory?: string;
  /** The version of this package. */
  readonly version: string;
  readonly origin: Origin;
}

/** Writes the repository, or adds to one. If it throws, nothing is written. */
export async function init(
  file: string,
  options: InitOptions,
  input: Input,
  questions: Questions,
): Promise<CommandResult> {
  refuseStdinTwice([file, ...(options.info ?? [])], 'give the paths of the others');
  const { source, config } = await readNutcracker(file, input);
  const groups = fleetsOf(config, questions);
  for (const pools of groups) {
    for (const pool of pools) refuseUnmovable(config, pool);
    refuseTogether(config, pools);
  }
  const redisConf = options.redisConf === undefined ? undefined : readRedisConf(options.redisConf);
  const existing = options.directory === undefined ? undefined : existingRepository(options.directory);
  if (existing) refuseAlreadyMoving(existing, groups.flat());
  const taken = new Set(existing?.fleets);
  const samples = await readSamples(options.info ?? [], input);
  const fleets: Fleet[] = [];
  for (const pools of groups) {
    const live = {
      source,
      pools,
      isOneOfSeveral: config.pools.length > pools.length,
      redisConf,
      propose: proposer(config, pools, samples),
    };
    const settings = await settingsOf(live, questions, taken);
    taken.add(settings.fleet);
    fleets.push({ live, settings });
  }
  const [{ settings }] = fleets;
  const directory = options.directory ?? settings.fleet;
  const own = Object.assign({}, ...fleets.map(fleetFiles)) as Files;
  const files = existing ? own : { ...repository(fleets, options), ...own };
  if (existing) addTo(existing, files, names(fleets));
  else writeFiles(directory, files);
  const skipped = config.pools.filter((pool) => !pool.redis && !groups.flat().includes(pool));
  return new InitResult(
    fleets,
    directory,
    Object.keys(files),
    existing !== undefined,
    existing ? undefined : packing(options, directory),
    warningsOnSkipped(config, skipped),
  );
}

/** Proposes the memory of the shards from the INFO of their servers. */
function proposer(
  config: ConfigFile,
  pools: readonly NutcrackerPool[],
  samples: readonly (readonly ServerInfo[])[],
): LiveFleet['propose'] {
  if (samples.length === 0) return undefined;
  const byShard = samples.map((sample) => infoByShard(config, pools, sample));
  return (memory) => FleetCapacity.of(pools, byShard, { memory, days: GROWTH_DAYS }).proposal;
}

interface Fleet {
  readonly live: LiveFleet;
  readonly settings: Settings;
}

function names(fleets: readonly Fleet[]): string[] {
  return fleets.map(({ settings: { fleet } }) => fleet);
}

/** The pools of each fleet: pools that share servers are one fleet. With --pool, only that pool. */
function fleetsOf(config: ConfigFile, questions: Questions): NutcrackerPool[][] {
  const given = questions.given('pool');
  if (given !== undefined) return [[config.pool(given)]];
  const movable = config.pools.filter(({ redis }) => redis);
  // Without pools for Redis, the error is about the first pool.
  const groups = groupsOf(movable.length > 0 ? movable : config.pools.slice(0, 1));
  for (const option of ['fleet', 'secret']) {
    if (groups.length === 1 || questions.given(option) === undefined) continue;
    const shown = groups.map((group) => group.map(({ name }) => JSON.stringify(name)).join(' with ')).join(', ');
    const what = `--${option} is for a single fleet, and pools that share no servers are separate fleets: ${shown}`;
    throw new InputError([`${what}; choose one with --pool`]);
  }
  return groups;
}

function warningsOnSkipped(config: ConfigFile, skipped: readonly NutcrackerPool[]): FileWarning[] {
  return skipped.map(({ name }) => ({
    place: config.name,
    message: `pool ${JSON.stringify(name)} is for memcached, and is skipped; keep the old proxies for it`,
  }));
}

/** The files of a repository, without those of its fleets. */
function repository(fleets: readonly Fleet[], { version, origin }: InitOptions): Files {
  const [{ settings }] = fleets;
  return {
    'README.md': readme(settings.fleet, packing({ version, origin })),
    'main.ts': mainTs(names(fleets)),
    'app.ts': APP_TS,
    'main.test.ts': MAIN_TEST_TS,
    'cdk8s.yaml': CDK8S_YAML,
    'package.json': packageJson(settings.fleet, origin.from === 'registry' ? version : `file:${vendored(version)}`),
    'tsconfig.json': TSCONFIG_JSON,
    ...(origin.from === 'file' && { [vendored(version)]: origin.packed }),
    '.gitignore': GITIGNORE,
    '.github/workflows/ci.yml': CI_YML,
  };
}

function fleetFiles({ live, settings }: Fleet): Files {
  const { source, pools, redisConf, isOneOfSeveral } = live;
  const fleetDirectory = `fleets/${settings.fleet}`;
  const redisFile = redisConf && `${fleetDirectory}/redis.conf`;
  return {
    [`${fleetDirectory}/README.md`]: fleetReadme(settings),
    [`${fleetDirectory}/fleet.ts`]: fleetTs(settings, {
      nutcracker: `${fleetDirectory}/nutcracker.yml`,
      redisConf: redisFile,
      pools: isOneOfSeveral ? pools.map(({ name }) => name) : undefined,
      isOne: pools.length === 1,
    }),
    [`${fleetDirectory}/nutcracker.yml`]: withoutPasswords(textOf(source)),
    [`${fleetDirectory}/ring.json`]: ringJson(pools),
    ...(redisConf && { [`${fleetDirectory}/redis.conf`]: redisConf.excerpt }),
  };
}

function textOf({ bytes }: NamedBytes): string {
  return Buffer.from(bytes).toString();
}

class InitResult implements CommandResult {
  readonly exitCode = ExitCode.SUCCESS;
  private readonly verdict: CommandResult;
  private readonly fileWarnings: readonly FileWarning[];

  constructor(
    private readonly fleets: readonly Fleet[],
    private readonly directory: string,
    private readonly files: readonly string[],
    private readonly isAdded: boolean,
    private readonly packing: string | undefined,
    skipped: readonly FileWarning[],
  ) {
    this.verdict = examine(fleets[0].live.source, ['redis-auth-in-file']);
    const fileWarnings = [...fleets.flatMap(({ live }) => fileWarningsOf(live)), ...skipped];
    const texts = fileWarnings.map(({ place, message }) => `${place} ${message}`);
    this.fileWarnings = fileWarnings.filter((_, i) => texts.indexOf(texts[i]) === i);
  }

  get json(): object {
    const { directory, files, verdict, fileWarnings } = this;
    const fleets = this.fleets.map(({ settings }) => settings);
    return { directory, files, fleets, check: verdict.json, warnings: fileWarnings };
  }

  lines(paint: Paint): string[] {
    const { directory, files, fleets, fileWarnings, isAdded, packing } = this;
    const readmes = isAdded ? names(fleets).map((fleet) => `fleets/${fleet}/README.md`) : ['README.md'];
    const added = isAdded ? [`main.ts now has ${names(fleets).join(' and ')}, too.`] : [];
    const secrets = fleets.flatMap(({ settings: { namespace, renamedCommands } }) =>
      renamedCommands === undefined ? [] : [`  ${renamedCommandsSecret(namespace, renamedCommands)}`],
    );
    return [
      ...this.verdict.lines(paint),
      ...fileWarnings.map(({ place, message }) => `${place}: ${paint.doubtful('warning')}: ${message}`),
      '',
      `${paint.good(`${count(files.length, 'file')} written to ${directory}`)}, without comments, and with "${REPLACED}" for every redis_auth:`,
      ...files.map((file) => `  ${file}`),
      ...added,
      '',
      ...(secrets.length === 0
        ? []
        : [
            'The names of renamed commands are secret, and not in these files. Create the Secret that fleet.ts refers to:',
            ...secrets,
            '',
          ]),
      `Next steps, continued in ${readmes.join(' and ')}:`,
      ...(packing === undefined ? [] : [`  ${packing}`]),
      `  cd ${word(directory)} && npm install && npm run synth && npm test`,
    ];
  }
}
