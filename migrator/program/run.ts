// Runs a command of a program: reads the plan, reports progress, and sets the exit code.

import * as fs from 'node:fs';
import { type CommandLine, type Given, numberOf, type Parsed } from './command-line';
import { superseded } from './current-job';
import { trustAuthoritiesIn } from '../redis/tls';
import { type Run } from './each-shard';
import { ExitCode, exitCodeOf, type Outcome, RefusedError } from './outcome';
import { chosenShards, type Shard } from './shard-list';
import { UsageError } from './usage-error';
import { Json } from '../report/json';
import { Lines } from '../report/lines';
import { Metrics } from '../report/metrics';
import { type Report, type Summary } from '../report/report';
import { Table } from '../report/table';

const MAX_PORT = 65_535;

/** The result of a command. */
export interface Result {
  readonly outcomes: readonly Outcome[];
  readonly summary: Summary;
}

/** A plan, as far as the program as such needs it. */
interface PlanOfShards {
  readonly shards: readonly Shard[];
}

export interface Program<Name extends string, Plan extends PlanOfShards> {
  readonly version: string;
  readonly commandLine: CommandLine<Name>;
  readonly readPlan: (file: string) => Plan;
  /** The environment variable that selects shards. */
  readonly shardsVariable: string;
  /** Runs a command. The options are checked before it connects to any server. Throws a UsageError. */
  readonly start: (command: Parsed<Name>, plan: Plan, run: Run<Plan['shards'][number]>) => Promise<Result>;
}

/** Runs the program, which ends by itself with the exit code. */
export function runProgram<Name extends string, Plan extends PlanOfShards>(program: Program<Name, Plan>): void {
  main(program, process.argv.slice(2)).catch((error: unknown) => {
    const isExpected = error instanceof UsageError || error instanceof RefusedError;
    process.stderr.write(`${isExpected ? error.message : ((error as Error).stack ?? String(error))}\n`);
    process.exitCode =
      error instanceof UsageError ? ExitCode.USAGE : error instanceof RefusedError ? ExitCode.REFUSED : ExitCode.FAULT;
  });
}

async function main<Name extends string, Plan extends PlanOfShards>(
  { version, commandLine, readPlan, shardsVariable: name, start }: Program<Name, Plan>,
  args: readonly string[],
): Promise<void> {
  if (args.includes('--version')) {
    console.log(version);
    return;
  }
  const command = commandLine.parse(args);
  if (command === undefined) {
    console.log(commandLine.help(args[0]));
    return;
  }
  const { given } = command;
  const plan = readPlan(String(given.plan));
  useTls(given['tls-ca']);
  const shards: readonly Plan['shards'][number][] = chosenShards(plan.shards, given.shards as string | undefined, {
    name,
    value: process.env[name],
  });
  const isSuperseded = (): string | undefined => superseded(given.current as string | undefined);
  const reason = isSuperseded();
  if (reason !== undefined) throw new RefusedError(reason);
  const report = measured(reportFor(given, shards.length), command, shards.length);
  const run = { shards, report, stop: stopSignal(report), superseded: isSuperseded };
  const { outcomes, summary } = await start(command, plan, run);
  report.end(summary);
  process.exitCode = exitCodeOf(outcomes);
}

/** Throws a UsageError. */
function useTls(file: Given[string]): void {
  if (typeof file !== 'string') return;
  try {
    trustAuthoritiesIn(file);
  } catch (error) {
    throw new UsageError(`--tls-ca: ${(error as Error).message}; give a file with certificates in PEM`);
  }
}

/** The password in the file of an option, or else in a variable; undefined if there is none. Throws a UsageError. */
export function passwordOf(given: Given, option: string, variable: string): string | undefined {
  const file = given[option];
  try {
    const password = typeof file === 'string' ? fs.readFileSync(file, 'utf8') : process.env[variable];
    return password === '' ? undefined : password;
  } catch (error) {
    throw new UsageError(`--${option}: ${(error as Error).message}`);
  }
}

function reportFor(given: Given, shards: number): Report {
  const write = (text: string): void => void process.stdout.write(text);
  if (given.json === true) return new Json(shards, write);
  return process.stdout.isTTY ? new Table(shards, process.stdout) : new Lines(shards, write);
}

function measured(report: Report, { name, given }: Parsed<string>, shards: number): Report {
  const port = numberOf(given, 'metrics-port', 0);
  if (port > MAX_PORT) throw new UsageError(`--metrics-port is ${port}; write a port from 1 to ${MAX_PORT}`);
  return port === 0 ? report : new Metrics(report, shards, name, port);
}

/** At the first signal, shards in progress are finished, and no other is started. */
function stopSignal(report: Report): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      report.note(`${signal}: no further shard is started; send it again to exit at once`);
      controller.abort();
    });
  }
  return controller.signal;
}
