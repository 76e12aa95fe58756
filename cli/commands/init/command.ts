// The options of init, and who answers what they leave open.

import * as path from 'node:path';
import { Command, Option } from 'commander';
import { type CommandResult } from '../../output/result';
import { type Input } from '../../input/pools';
import { init } from './init';
import { originOf } from './origin';
import { Questions } from './questions';
import { Terminal } from './terminal';

interface Options {
  readonly redisConf?: string;
  readonly directory?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** The directory of the package, of whose `build/cli` the program is a file. */
const PACKAGE = path.join(__dirname, '../..');

/** The command; `say` prints its answer. */
export function initCommand(
  input: Input,
  version: string,
  say: (answer: CommandResult, options: Options) => void,
): Command {
  return new Command('init')
    .description(
      'Make a repository for the move of live fleets, or add them to one: main.ts, a test, CI, and the files without passwords.',
    )
    .argument('<file>', 'the nutcracker.yml of today, or - for standard input')
    .option('--redis-conf <file>', 'the redis.conf of its servers, if its settings are to be kept')
    .option(
      '-d, --directory <directory>',
      'where to write, or the repository to add to; by default a new directory named like the fleet',
    )
    .option('-p, --pool <name>', 'only this pool; by default all are moved, those that share servers as one fleet')
    .option('--fleet <name>', 'the beginning of every name')
    .option('--namespace <name>', 'the namespace, by default named like the fleet')
    .option('--secret <name>', 'the Secret that will hold the password, which is never asked for')
    .option('--memory <size>', 'of each shard, such as 5Gi')
    .option('--nfs-server <host>', 'the server of the NFS export for all shards')
    .option('--nfs-path <directory>', 'the exported directory')
    .addOption(storageClass())
    .option('--capacity <size>', 'of the NFS export, or of each volume, such as 1Ti')
    .option('--proxy-image <image>', 'the image of the proxies, with its tag or digest')
    .option('--redis-image <image>', 'the image of the new servers, by whose release the redis.conf is judged')
    .option('--proxy-networks <blocks>', 'from where the old servers will see the proxies: 10.20.64.0/20,10.8.0.0/16')
    .option('-y, --yes', 'ask nothing: take what is suggested')
    .option('--json', 'print JSON')
    .addHelpText('after', REMARK)
    .action(async (file: string, options: Options, command: Command) => {
      const terminal = options.yes === true ? undefined : Terminal.open(process.stdin, process.stderr);
      try {
        const questions = new Questions(valuesOf(command), terminal?.ask, terminal?.tell);
        say(await init(file, { ...options, version, origin: originOf(PACKAGE) }, input, questions), options);
      } finally {
        terminal?.close();
      }
    });
}

function storageClass(): Option {
  const option = new Option('--storage-class <name>', 'or the StorageClass of a volume for each shard');
  return option.conflicts(['nfsServer', 'nfsPath']);
}

/** What is given, by the names of the options. */
function valuesOf(command: Command): Record<string, string | undefined> {
  const values = command.opts<Record<string, string | undefined>>();
  return Object.fromEntries(command.options.map((option) => [option.name(), values[option.attributeName()]]));
}

const REMARK = `
What is omitted is asked if somebody is at a terminal, and else taken as suggested, or named in an error. Files that are
there already are never replaced.`;
