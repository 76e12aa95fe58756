#!/usr/bin/env node
// cdk8s-twemproxy: inspects nutcracker configurations and rings, and creates the repository of a migration.

import { pipeline } from 'node:stream/promises';
import { Command, CommanderError, Option } from 'commander';
import { NutcrackerConfigError } from '../lib/nutcracker/config-error';
import { type CommandResult, ExitCode, objectionJson } from './output/result';
import { Balance } from './commands/balance';
import { capacityCommand } from './commands/capacity/command';
import { check } from './commands/check';
import { diff } from './commands/diff';
import { images } from './commands/images';
import { initCommand } from './commands/init/command';
import { Input, refuseStdinTwice, STDIN } from './input/pools';
import { visitKeys } from './input/key-lines';
import { KeyPattern } from './input/key-pattern';
import { paintFor } from './output/text';
import { writeAtomically } from './output/output-file';
import { report } from './commands/report';
import { resizeCommand } from './commands/resize/command';
import { InputError } from './output/input-error';
import { throwReadError, throwWriteError } from './output/system-error';
import { Placements, placeLines } from './commands/where';

/** Replaced by esbuild. */
declare const VERSION: string;

interface JsonOption {
  readonly json?: boolean;
}
interface PoolOption extends JsonOption {
  readonly pool?: string;
}
interface WhereOptions extends PoolOption {
  readonly config: string;
}
interface ReportOptions {
  readonly output: string;
  readonly plan: readonly string[];
  readonly status: readonly string[];
  readonly failoverStatus: readonly string[];
  readonly capacity: readonly string[];
}
interface BalanceOptions extends PoolOption {
  readonly keys?: string;
  readonly pattern?: string;
}

/** As an output file, standard output. */
const STDOUT = '-';

const input = new Input(() => process.stdin);

function commandLine(): Command {
  const program = new Command('cdk8s-twemproxy')
    .description('Inspect nutcracker configurations and rings without running nutcracker.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('afterAll', exitCodes)
    .configureOutput({ outputError: () => undefined })
    .exitOverride();

  program
    .command('check')
    .description('Check whether a configuration is valid, and warn of common pitfalls.')
    .argument('<file>', 'nutcracker.yml, or - for standard input')
    .addOption(json())
    .action(async (file: string, options: JsonOption) => {
      printResult(await check(file, input), options);
    });

  program
    .command('where')
    .description('Print the server of each key: the key, the ring name and the address, separated by tabs.')
    .argument('[key...]', 'keys in UTF-8, after -- if one starts with -; read from standard input if none is given')
    .requiredOption('-c, --config <file>', 'nutcracker.yml, or - for standard input')
    .addOption(pool('the pool; required if there are several'))
    .addOption(json('print one JSON object per line'))
    .addHelpText('after', KEYS)
    .action(where);

  program
    .command('diff')
    .description('Print which keys a new configuration would look up on other servers.')
    .argument('<old>', 'the current nutcracker.yml, or - for standard input')
    .argument('<new>', 'the new nutcracker.yml, or -')
    .addOption(pool('compare only this pool; by default, all pools are compared by name'))
    .addOption(json())
    .action(async (before: string, after: string, options: PoolOption) => {
      refuseStdinTwice([before, after], 'give the path of one of them');
      printResult(diff(await input.config(before), await input.config(after), options.pool), options);
    });

  program
    .command('balance')
    .description("Print each server's share of the key space, and of given keys.")
    .argument('<file>', 'nutcracker.yml, or - for standard input')
    .addOption(
      new Option('-k, --keys <file>', 'count the keys in a file, or - for standard input').conflicts('pattern'),
    )
    .option('--pattern <keys>', "count numbered keys, such as 'user:{1..100000}'; {1..9}{01..31} is all combinations")
    .addOption(pool('only this pool; by default, all pools'))
    .addOption(json())
    .addHelpText('after', KEYS)
    .action(balance);

  program
    .command('report')
    .description(
      'Write an HTML page: key shares, the ring, warnings, the progress of a migration, the state of replicas, and the capacity.',
    )
    .argument('<file>', 'nutcracker.yml, or - for standard input')
    .requiredOption('-o, --output <file>', 'the HTML file to write, or - for standard output')
    .addOption(
      files(
        '--plan <path>',
        'the plan of the migration: the output directory of the synth (dist), plan.json or its manifest',
      ),
    )
    .addOption(files('--status <file>', 'the progress of the migration: the output of status --json of the migrator'))
    .addOption(
      files(
        '--failover-status <file>',
        'masters and replicas of the shards: the output of status --json of the failover program',
      ),
    )
    .addOption(
      files('--capacity <file>', 'the memory, nodes and storage that the shards need: the output of capacity --json'),
    )
    .addHelpText('after', '\nRepeat --plan, --status, --failover-status and --capacity for further pools of the file.')
    .action(writeReport);

  program
    .command('images')
    .description('Print every container image in manifests, each once, to mirror them in a private registry.')
    .argument('<path...>', 'manifests, or directories of manifests such as dist; - is standard input')
    .addOption(json())
    .action(async (paths: string[], options: JsonOption) => {
      refuseStdinTwice(paths, 'name it once');
      printResult(await images(paths, input), options);
    });

  program.addCommand(resizeCommand(input, printResult).copyInheritedSettings(program));

  program.addCommand(capacityCommand(input, printResult).copyInheritedSettings(program));

  program.addCommand(initCommand(input, VERSION, printResult).copyInheritedSettings(program));

  return program;
}

/** The meaning of exit codes 0 and 1, for commands that have both. */
const EXIT_CODES: Readonly<Record<string, readonly [success: string, negative: string] | undefined>> = {
  check: ['the file is valid', 'the file has errors'],
  diff: ['no key would move', 'keys would move'],
  capacity: ['every shard fits', 'a shard, the nodes or the storage is too small'],
  report: ['the page is written', 'the file has errors and nothing is written'],
};

function exitCodes({ command }: { readonly command: Command }): string {
  const isProgram = command.parent === null;
  const [success, negative] = EXIT_CODES[command.name()] ?? ['success', undefined];
  const ofCommand = [`0 ${success}`, ...(negative === undefined ? [] : [`1 ${negative}`]), '2 usage or I/O error'];
  const ofProgram = '0 success, 1 errors or differences found (see the help of each command), 2 usage or I/O error';
  const hasJson = isProgram || command.options.some(({ long }) => long === '--json');
  return `
Exit codes: ${isProgram ? ofProgram : ofCommand.join(', ')}.
Results are printed to standard output, errors to standard error${hasJson ? '; both as JSON with --json' : ''}.
Output is coloured on a terminal only; NO_COLOR and FORCE_COLOR are respected.`;
}

const KEYS = `
A file of keys has one key per line, as redis-cli --scan prints them. A key is any bytes up to the newline: a carriage
return is part of the key, and an empty line is the empty key.`;

function json(description = 'print JSON'): Option {
  return new Option('--json', description);
}

function pool(description: string): Option {
  return new Option('-p, --pool <name>', description);
}

/** An option that may be repeated. */
function files(flags: string, description: string): Option {
  return new Option(flags, description)
    .default([], 'none')
    .argParser((file: string, before: readonly string[]) => [...before, file]);
}

async function where(keys: string[], options: WhereOptions): Promise<void> {
  if (keys.length === 0) refuseStdinTwice([options.config, STDIN], 'pass keys as arguments, or the path of the file');
  const config = await input.config(options.config);
  const ring = config.ring(config.pool(options.pool));
  const placements = options.json === true ? Placements.asJson(ring) : Placements.asText(ring);
  if (keys.length === 0) {
    await pipeline(placeLines(input.read(STDIN), placements), process.stdout, { end: false });
    return;
  }
  for (const key of keys) placements.add(Buffer.from(key));
  process.stdout.write(placements.take());
}

async function balance(file: string, options: BalanceOptions): Promise<void> {
  refuseStdinTwice([file, options.keys], 'give the path of one of them');
  const config = await input.config(file);
  const pools = options.pool === undefined ? config.pools : [config.pool(options.pool)];
  const pattern = options.pattern === undefined ? undefined : KeyPattern.parse(options.pattern);
  const result = new Balance(
    pools.map((one) => config.ring(one)),
    (pattern ?? options.keys) !== undefined,
  );
  pattern?.visit(result.add);
  if (options.keys !== undefined) await visitKeys(input.read(options.keys), result.add);
  printResult(result, options);
}

async function writeReport(file: string, { output, ...sources }: ReportOptions): Promise<void> {
  const sourceFiles = [file, ...sources.plan, ...sources.status, ...sources.failoverStatus, ...sources.capacity];
  refuseStdinTwice(sourceFiles, 'give the paths of the others');
  const verdict = await check(file, input);
  const { config } = verdict;
  if (config === undefined) {
    process.exitCode = verdict.exitCode;
    process.stderr.write(`${verdict.lines(paintFor(process.stderr, process.env)).join('\n')}\n`);
    return;
  }
  const page = await report(verdict, config, sources, input);
  if (output === STDOUT) {
    process.stdout.write(page);
    return;
  }
  writeAtomically(output, page, sourceFiles);
  process.stdout.write(`${output} written\n`);
}

function printResult(result: CommandResult, options: JsonOption): void {
  process.exitCode = result.exitCode;
  const lines =
    options.json === true ? [JSON.stringify(result.json)] : result.lines(paintFor(process.stdout, process.env));
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Prints why the command failed. A closed pipe (`head`) and --help are not errors. */
function printErrors(error: unknown, inJson: boolean): void {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return;
  if (error instanceof CommanderError && error.exitCode === 0) return;
  process.exitCode = ExitCode.ERROR;
  if (error instanceof CommanderError && error.code === 'commander.help') return;
  const errors = errorsOf(error);
  const { bad } = paintFor(process.stderr, process.env);
  const lines = inJson ? [JSON.stringify({ errors })] : errors.map(({ message }) => `${bad('error')}: ${message}`);
  process.stderr.write(`${lines.join('\n')}\n`);
}

function errorsOf(error: unknown): { readonly message: string }[] {
  if (error instanceof NutcrackerConfigError) return error.objections.map(objectionJson);
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    return [{ message: `${message}; see cdk8s-twemproxy --help` }];
  }
  if (error instanceof InputError) return error.messages.map((message) => ({ message }));
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) return errorsOf(withMessage(error, path));
  if (!(error instanceof Error)) return [{ message: String(error) }];
  const isFromNode = 'code' in error;
  return [{ message: isFromNode ? error.message : `bug in cdk8s-twemproxy: ${error.stack ?? error.message}` }];
}

/** A system error that no command handled, as an error with a message. Errors without a path are from standard output. */
function withMessage(error: unknown, path?: string): unknown {
  try {
    return path === undefined ? throwWriteError('standard output', error) : throwReadError(path, error);
  } catch (described) {
    return described;
  }
}

const args = process.argv.slice(2);
const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
const fail = (error: unknown): never => {
  printErrors(error, options.includes('--json'));
  process.exit();
};
process.stdout.on('error', fail);
// Standard error is closed, so the error cannot be reported.
process.stderr.on('error', () => process.exit());
commandLine().parseAsync(args, { from: 'user' }).catch(fail);
