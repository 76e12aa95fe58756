// The options of resize.

import { Command, Option } from 'commander';
import { NutcrackerConfig } from '../../../lib/nutcracker';
import { placing } from '../../../lib/nutcracker/config-error';
import { type ConfigFile, type Input } from '../../input/pools';
import { InputError } from '../../output/input-error';
import { writeAtomically } from '../../output/output-file';
import { type CommandResult } from '../../output/result';
import { addedServers } from './added-servers';
import { Resize } from './resize';

interface Options {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly output?: string;
  readonly pool?: string;
  readonly json?: boolean;
}

export function resizeCommand(input: Input, printResult: (result: CommandResult, options: Options) => void): Command {
  return new Command('resize')
    .description('Propose a pool with servers added or removed, of which the fewest keys move, and print which do.')
    .argument('<file>', 'nutcracker.yml, or - for standard input')
    .addOption(repeated('--add <server>', "a server as 'host:port' or 'host:port name', or a number of servers"))
    .addOption(repeated('--remove <name>', 'the ring name of a server'))
    .addOption(new Option('-o, --output <file>', 'write the file with the proposed pool, or - for standard output'))
    .addOption(new Option('-p, --pool <name>', 'the pool; required if there are several'))
    .addOption(new Option('--json', 'print JSON'))
    .addHelpText('after', '\nRepeat --add and --remove for further servers. Without --output, nothing is written.')
    .action(async (file: string, options: Options) => {
      refuseCombination(options);
      const config = await input.config(file);
      const resize = resizeOf(config, options);
      if (options.output !== undefined) write(options.output, config, resize, file);
      if (options.output !== '-') printResult(resize, options);
    });
}

function refuseCombination({ add, remove, output, json }: Options): void {
  const twice = remove.find((name, i) => remove.indexOf(name) < i);
  const problems = [
    ...(add.length + remove.length === 0 ? ['neither --add nor --remove is given; give a server'] : []),
    ...(twice === undefined ? [] : [`--remove ${JSON.stringify(twice)} is given twice; give it once`]),
    ...(output === '-' && json === true ? ['--output - and --json both print; give a file'] : []),
  ];
  if (problems.length > 0) throw new InputError(problems);
}

function resizeOf(config: ConfigFile, { add, remove, pool: name, output }: Options): Resize {
  const pool = config.pool(name);
  config.ring(pool); // refuses distribution: random
  const added = addedServers(pool, add);
  const both = added.find(({ ringName }) => remove.includes(ringName));
  if (both !== undefined) {
    const what = `${JSON.stringify(both.ringName)} is removed and added`;
    throw new InputError([`${what}; to move a server, copy its data and change only its address in the file`]);
  }
  return placing(
    () => ({ file: config.name }),
    () => new Resize(pool, added, remove, output),
  );
}

/** The whole file, without its comments. */
function write(output: string, config: ConfigFile, { proposed }: Resize, source: string): void {
  const pools = config.pools.map((pool) => (pool.name === proposed.name ? proposed : pool));
  const text = NutcrackerConfig.of(pools).toYaml();
  if (output === '-') process.stdout.write(text);
  else writeAtomically(output, text, [source], hasPassword(config) ? PRIVATE : undefined);
}

/** Of a new file with a password. */
const PRIVATE = 0o600;

function hasPassword({ pools }: ConfigFile): boolean {
  return pools.some(({ redisAuth }) => redisAuth !== undefined);
}

function repeated(flags: string, description: string): Option {
  return new Option(flags, description)
    .default([], 'none')
    .argParser((value: string, before: readonly string[]) => [...before, value]);
}
