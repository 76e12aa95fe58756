#!/usr/bin/env node
// cdk8s-twemproxy: looks at nutcracker configurations and rings from a shell, and begins the repository of a move.

import { pipeline } from 'node:stream/promises';
import { Command, CommanderError, Option } from 'commander';
import { NutcrackerConfigError } from '../lib/nutcracker/config-error';
import { type Answer, ExitCode, objectionJson } from './output/result';
import { Balance } from './commands/balance';
import { check } from './commands/check';
import { diff } from './commands/diff';
import { images } from './commands/images';
import { initCommand } from './commands/init/command';
import { Input, refuseStdinTwice, STDIN } from './input/pools';
import { visitKeys } from './input/key-lines';
import { KeyPattern } from './input/key-pattern';
import { paintFor } from './output/text';
import { writeWhole } from './output/output-file';
import { report } from './commands/report';
import { Refusal } from './output/refusal';
import { refuseFile, refuseWriting } from './output/system-error';
import { Placements, placeLines } from './commands/where';

/** Put in place of this name when the program is built. */
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
}
interface BalanceOptions extends PoolOption {
  readonly keys?: string;
  readonly pattern?: string;
}

/** In the place of a file to write it means standard output. */
const STDOUT = '-';

const input = new Input(() => process.stdin);

function commandLine(): Command {
  const program = new Command('cdk8s-twemproxy')
    .description('Look at nutcracker configurations and rings, without running nutcracker.')
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
      say(await check(file, input), options);
    });

  program
    .command('where')
    .description('Print on which server each key is: the key, the ring name and the address, with tabs between them.')
    .argument(
      '[key...]',
      'keys, in UTF-8, behind -- if one begins with -; without any they are read from standard input',
    )
    .requiredOption('-c, --config <file>', 'nutcracker.yml, or - for standard input')
    .addOption(pool('which pool, if there are several'))
    .addOption(json('print one JSON object a line'))
    .addHelpText('after', KEYS)
    .action(where);

  program
    .command('diff')
    .description('Print which keys a new configuration looks for on other servers than the old one.')
    .argument('<old>', 'the nutcracker.yml of today, or - for standard input')
    .argument('<new>', 'the one that is to replace it, or -')
    .addOption(pool('compare only this pool; by default all are, with the one of the same name'))
    .addOption(json())
    .action(async (before: string, after: string, options: PoolOption) => {
      refuseStdinTwice([before, after], 'give a path for the other one');
      say(diff(await input.config(before), await input.config(after), options.pool), options);
    });

  program
    .command('balance')
    .description('Print how much of the key space each server has, and how much of given keys.')
    .argument('<file>', 'nutcracker.yml, or - for standard input')
    .addOption(
      new Option('-k, --keys <file>', 'count the keys of a file, or - for standard input').conflicts('pattern'),
    )
    .option('--pattern <keys>', "count numbered keys, such as 'user:{1..100000}'; {1..9}{01..31} are all combinations")
    .addOption(pool('only this pool; by default all are shown'))
    .addOption(json())
    .addHelpText('after', KEYS)
    .action(balance);

  program
    .command('report')
    .description('Write a page to look at: key shares, the ring, warnings, where the shards go, and how far a move is.')
    .argument('<file>', 'nutcracker.yml, or - for standard input')
    .requiredOption('-o, --output <file>', 'the HTML file to write, or - for standard output')
    .addOption(
      files(
        '--plan <path>',
        'where the shards go: the output directory of the synth (dist), plan.json or its manifest',
      ),
    )
    .addOption(files('--status <file>', 'how far the move is: what the migrator prints with status --json'))
    .addHelpText('after', '\n--plan and --status can be given again, for further pools of the file.')
    .action(writeReport);

  program
    .command('images')
    .description('Print every image that manifests run, each once, such as a registry of your own has to have.')
    .argument('<path...>', 'manifests, or directories of them, such as dist; - is standard input')
    .addOption(json())
    .action(async (paths: string[], options: JsonOption) => {
      refuseStdinTwice(paths, 'name it once');
      say(await images(paths, input), options);
    });

  program.addCommand(initCommand(input, VERSION, say).copyInheritedSettings(program));

  return program;
}

/** What exit codes 0 and 1 mean for each command that can have both. */
const EXIT_CODES: Readonly<Record<string, readonly [yes: string, no: string] | undefined>> = {
  check: ['the file is valid', 'the file has errors'],
  diff: ['no key would move', 'keys would move'],
  report: ['the page is written', 'the file has errors; nothing is written'],
};

function exitCodes({ command }: { readonly command: Command }): string {
  const [yes, no] = EXIT_CODES[command.name()] ?? ['success', undefined];
  const codes = [`0 ${yes}`, ...(no === undefined ? [] : [`1 ${no}`]), '2 usage or I/O error'];
  const all =
    command.parent === null
      ? '0 success, 1 the answer is no (see the help of a command), 2 usage or I/O error'
      : codes.join(', ');
  return `
Exit codes: ${all}.
Results are printed to standard output, errors to standard error; both as JSON with --json.
Colours are for terminals; NO_COLOR and FORCE_COLOR are respected.`;
}

const KEYS = `
A file of keys has one key a line, of any bytes up to the newline: a carriage return belongs to the key, and an empty
line is the empty key. It is what redis-cli --scan prints.`;

function json(description = 'print JSON'): Option {
  return new Option('--json', description);
}

function pool(description: string): Option {
  return new Option('-p, --pool <name>', description);
}

/** An option that can be given again. */
function files(flags: string, description: string): Option {
  return new Option(flags, description)
    .default([], 'none')
    .argParser((file: string, before: readonly string[]) => [...before, file]);
}

async function where(keys: string[], options: WhereOptions): Promise<void> {
  if (keys.length === 0) refuseStdinTwice([options.config, STDIN], 'give keys as arguments, or the path of the file');
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
  const answer = new Balance(
    pools.map((one) => config.ring(one)),
    (pattern ?? options.keys) !== undefined,
  );
  pattern?.visit(answer.add);
  if (options.keys !== undefined) await visitKeys(input.read(options.keys), answer.add);
  say(answer, options);
}

async function writeReport(file: string, { output, ...sources }: ReportOptions): Promise<void> {
  const sourceFiles = [file, ...sources.plan, ...sources.status];
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
  writeWhole(output, page, sourceFiles);
  process.stdout.write(`${output} is written\n`);
}

function say(answer: Answer, options: JsonOption): void {
  process.exitCode = answer.exitCode;
  const lines =
    options.json === true ? [JSON.stringify(answer.json)] : answer.lines(paintFor(process.stdout, process.env));
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Prints why there is no answer, unless it is that somebody asked for help, or closed the pipe as `head` does. */
function complain(error: unknown, inJson: boolean): void {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return;
  if (error instanceof CommanderError && error.exitCode === 0) return;
  process.exitCode = ExitCode.NONE;
  if (error instanceof CommanderError && error.code === 'commander.help') return;
  const complaints = complaintsOf(error);
  const { bad } = paintFor(process.stderr, process.env);
  const lines = inJson
    ? [JSON.stringify({ errors: complaints })]
    : complaints.map(({ message }) => `${bad('error')}: ${message}`);
  process.stderr.write(`${lines.join('\n')}\n`);
}

function complaintsOf(error: unknown): { readonly message: string }[] {
  if (error instanceof NutcrackerConfigError) return error.objections.map(objectionJson);
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    return [{ message: `${message}; see cdk8s-twemproxy --help` }];
  }
  if (error instanceof Refusal) return error.complaints.map((message) => ({ message }));
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) return complaintsOf(inWords(error, path));
  if (!(error instanceof Error)) return [{ message: String(error) }];
  const isForeign = 'code' in error;
  return [{ message: isForeign ? error.message : `a defect of this program: ${error.stack ?? error.message}` }];
}

/** Of what no command has put into words itself: without a path it is what this program prints. */
function inWords(error: unknown, path?: string): unknown {
  try {
    return path === undefined ? refuseWriting('standard output', error) : refuseFile(path, error);
  } catch (refusal) {
    return refusal;
  }
}

const args = process.argv.slice(2);
const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
const failed = (error: unknown): never => {
  complain(error, options.includes('--json'));
  process.exit();
};
process.stdout.on('error', failed);
// Nobody is left to tell.
process.stderr.on('error', () => process.exit());
commandLine().parseAsync(args, { from: 'user' }).catch(failed);
