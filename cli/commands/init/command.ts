// The options of init. On a terminal, init asks for values that are not given.

import * as path from 'node:path';
import { Command, Option } from 'commander';
import { type CommandResult } from '../../output/result';
import { type Input } from '../../input/pools';
import { init } from './init';
import { originOf } from './origin';
import { Questions } from './questions';
import { Terminal } from './terminal';

interface Options {
  readonly info: readonly string[];
  readonly redisConf?: string;
  readonly directory?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** The directory of the package; the program is in its `build/cli`. */
const PACKAGE = path.join(__dirname, '../..');

export function initCommand(
  input: Input,
  version: string,
  printResult: (result: CommandResult, options: Options) => void,
): Command {
  return new Command('init')
    .description(
      'Create a repository for the migration of live fleets, or add fleets to one: main.ts, a test, CI, and the old files without passwords.',
    )
    .argument('<file>', 'the current nutcracker.yml, or - for standard input')
    .option('--redis-conf <file>', 'the redis.conf of its servers, to keep their settings')
    .addOption(
      new Option('--info <file>', 'the INFO of its servers, as for capacity, to propose the memory of the shards')
        .default([], 'none')
        .argParser((file: string, before: readonly string[]) => [...before, file]),
    )
    .option(
      '-d, --directory <directory>',
      'the directory to create, or the repository to add to; defaults to the name of the fleet',
    )
    .option('-p, --pool <name>', 'only this pool; by default, all pools, those that share servers as one fleet')
    .option('--fleet <name>', 'the prefix of all names')
    .option('--namespace <name>', 'the namespace; defaults to the name of the fleet')
    .option('--secret <name>', 'the name of the Secret for the password; init never needs the password itself')
    .option('--memory <size>', 'the memory of each shard, such as 5Gi')
    .option('--nfs-server <host>', 'the server of the NFS export for all shards')
    .option('--nfs-path <directory>', 'the exported directory')
    .addOption(storageClass())
    .option('--capacity <size>', 'the size of the NFS export, or of each volume, such as 1Ti')
    .option('--proxy-image <image>', 'the image of the proxies, with a tag or digest')
    .option('--redis-image <image>', 'the image of the new servers; the redis.conf must be valid for its release')
    .option(
      '--replicas <number>',
      'the replicas of each shard, 0 or 1: with 1, Sentinel promotes it if its master fails',
    )
    .option(
      '--proxy-networks <blocks>',
      'the networks from which the old servers see the proxies, such as 10.20.64.0/20,10.8.0.0/16',
    )
    .option('-y, --yes', 'ask no questions; use the suggested values')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (file: string, options: Options, command: Command) => {
      const terminal = options.yes === true ? undefined : Terminal.open(process.stdin, process.stderr);
      try {
        const questions = new Questions(valuesOf(command), terminal?.ask, terminal?.tell);
        printResult(await init(file, { ...options, version, origin: originOf(PACKAGE) }, input, questions), options);
      } finally {
        terminal?.close();
      }
    });
}

function storageClass(): Option {
  const option = new Option('--storage-class <name>', 'instead of NFS, the StorageClass of one volume per shard');
  return option.conflicts(['nfsServer', 'nfsPath']);
}

/** The values of the given options, by option name. */
function valuesOf(command: Command): Record<string, string | undefined> {
  const values = command.opts<Record<string, string | undefined>>();
  return Object.fromEntries(command.options.map((option) => [option.name(), values[option.attributeName()]]));
}

const HELP = `
On a terminal, init asks for values that are not given. Otherwise it uses the suggested values, and fails if a value
has no suggestion. It never replaces existing files.`;
