// init FILE: a repository for the move of a live fleet.

import { REPLACED, withoutPasswords } from '../../lib/nutcracker/config-passwords';
import { type Answer, ExitCode } from '../answer';
import { examine } from '../check';
import { type ConfigFile, type Input, type NamedBytes } from '../input';
import { count, type Paint } from '../output';
import { type LiveFleet, readNutcracker, readRedisConf, refuseUnmovable } from './live-fleet';
import { mainTs } from './main-ts';
import { type Questions } from './questions';
import { readme, renamedCommandsSecret } from './readme';
import { type Remark, remarksOn } from './remarks';
import { CDK8S_YAML, CI_YML, GITIGNORE, MAIN_TEST_TS, packageJson, ringJson, TSCONFIG_JSON } from './repository';
import { type Settings, settingsOf } from './settings';
import { type Files, writeFiles } from './write-files';

/** What is given besides what may be asked. */
export interface InitOptions {
  readonly redisConf?: string;
  /** The directory to write to; the name of the fleet if it is left out. */
  readonly directory?: string;
  /** The version of this package. */
  readonly version: string;
}

/** Writes the repository; throws before anything is written. */
export async function init(file: string, options: InitOptions, input: Input, questions: Questions): Promise<Answer> {
  const { source, config } = await readNutcracker(file, input);
  const pool = await poolOf(config, questions);
  refuseUnmovable(config, pool);
  const redisConf = options.redisConf === undefined ? undefined : readRedisConf(options.redisConf);
  const live: LiveFleet = { source, pool, isOneOfSeveral: config.pools.length > 1, redisConf };
  const settings = await settingsOf(live, questions);
  const files = repository(live, settings, options.version);
  const directory = options.directory ?? settings.fleet;
  writeFiles(directory, files);
  return new Repository(live, settings, directory, Object.keys(files));
}

/** The only pool, the one that an option names, or the one that somebody chooses. */
async function poolOf(config: ConfigFile, questions: Questions): Promise<LiveFleet['pool']> {
  const names = config.pools.map(({ name }) => name);
  const given = questions.given('pool');
  if (names.length === 1 || given !== undefined || !questions.canAsk) return config.pool(given);
  const text = `Which pool: ${names.join(', ')}`;
  const problem = (name: string) => (names.includes(name) ? undefined : 'there is no such pool');
  return config.pool(await questions.answer({ option: 'pool', text, problem }));
}

function repository(live: LiveFleet, settings: Settings, version: string): Files {
  const { source, pool, redisConf } = live;
  const folder = `fleets/${settings.fleet}`;
  const redisFile = redisConf && `${folder}/redis.conf`;
  return {
    'README.md': readme(settings),
    'main.ts': mainTs(settings, {
      nutcracker: `${folder}/nutcracker.yml`,
      redisConf: redisFile,
      pool: live.isOneOfSeveral ? pool.name : undefined,
    }),
    'main.test.ts': MAIN_TEST_TS,
    [`${folder}/nutcracker.yml`]: withoutPasswords(textOf(source)),
    [`${folder}/ring.json`]: ringJson(pool),
    ...(redisConf && { [`${folder}/redis.conf`]: redisConf.excerpt }),
    'cdk8s.yaml': CDK8S_YAML,
    'package.json': packageJson(settings.fleet, version),
    'tsconfig.json': TSCONFIG_JSON,
    '.gitignore': GITIGNORE,
    '.github/workflows/ci.yml': CI_YML,
  };
}

function textOf({ bytes }: NamedBytes): string {
  return Buffer.from(bytes).toString();
}

class Repository implements Answer {
  readonly exitCode = ExitCode.YES;
  private readonly verdict: Answer;
  private readonly remarks: readonly Remark[];

  constructor(
    live: LiveFleet,
    private readonly settings: Settings,
    private readonly directory: string,
    private readonly files: readonly string[],
  ) {
    this.verdict = examine(live.source);
    this.remarks = remarksOn(live);
  }

  get json(): object {
    const { directory, files, settings, verdict, remarks } = this;
    return { directory, files, settings, check: verdict.json, warnings: remarks };
  }

  lines(paint: Paint): string[] {
    const { directory, files, remarks, settings } = this;
    const { namespace, renamedCommands } = settings;
    return [
      ...this.verdict.lines(paint),
      ...remarks.map(({ place, message }) => `${place}: ${paint.doubtful('warning')}: ${message}`),
      '',
      `${paint.good(`${count(files.length, 'file')} in ${directory}`)}, with "${REPLACED}" in the place of every redis_auth, and no comment of yours:`,
      ...files.map((file) => `  ${file}`),
      '',
      ...(renamedCommands === undefined
        ? []
        : [
            'The other names of commands are secret, and stand in none of these files. This makes the Secret that main.ts names:',
            `  ${renamedCommandsSecret(namespace, renamedCommands)}`,
            '',
          ]),
      'Next, and README.md there says what follows:',
      `  cd ${directory} && npm install && npm run synth && npm test`,
    ];
  }
}
