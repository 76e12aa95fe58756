// migrator: moves the data of a fleet by its plan. Its only state is that of the Redis servers, so every command can be
// killed at any time and run again.

import * as fs from 'node:fs';
import { type MovePlan } from '../lib/migration/plan';
import { type CountMethod } from './data/changed-keys';
import { type CommandName, numberOf, type Given, help, parse } from './command-line';
import { type Context, type HandOverOptions } from './commands/context';
import { cutover } from './commands/cutover';
import { chosenShards } from './shard-list';
import { ExitCode, exitCodeOf, type Outcome, RefusedError } from './commands/outcome';
import { superseded } from './current-job';
import { planHash, readPlan, UsageError } from './plan-file';
import { preflight } from './commands/preflight';
import { Json } from './report/json';
import { Lines } from './report/lines';
import { readRenamedCommands } from './renamed-commands';
import { type Report, type Summary } from './report/report';
import { Table } from './report/table';
import { type Access } from './shard/pair';
import { rollback } from './commands/rollback';
import { status } from './commands/status';
import { sync } from './commands/sync';
import * as summaries from './commands/summaries';
import { verify } from './commands/verify';

/** Replaced when the program is built. */
declare const VERSION: string;

/** The result of a command. */
interface Result {
  readonly outcomes: readonly Outcome[];
  readonly summary: Summary;
}

type RunCommand = (context: Context, given: Given) => Promise<Result>;

const RUNNERS: Record<CommandName, RunCommand> = {
  preflight: async (context, given) => {
    const { findings, outcomes } = await preflight(context, {
      sampleKeys: numberOf(given, 'sample-keys', 200),
      acceptVolatileFence: given['accept-volatile-fence'] === true,
      acceptRenamedWrites: given['accept-renamed-writes'] === true,
    });
    return { outcomes, summary: summaries.preflight(findings, outcomes) };
  },

  sync: async (context, given) => {
    const outcomes = await sync(context, {
      concurrency: numberOf(given, 'concurrency', context.plan.sync.concurrency),
      perSourceHost: numberOf(given, 'per-source-host', context.plan.sync.perSourceHost),
      patienceMs: numberOf(given, 'patience', 600) * 1000,
    });
    return { outcomes, summary: summaries.outcomes('in sync, or have moved', outcomes) };
  },

  verify: async (context, given) => {
    const { results, outcomes } = await verify(context, {
      full: given.full === true,
      sampleKeys: numberOf(given, 'sample-keys', 1000),
      keysPerSecond: numberOf(given, 'keys-per-second', 2000),
      concurrency: numberOf(given, 'concurrency', 4),
    });
    return { outcomes, summary: summaries.verify(results, outcomes) };
  },

  cutover: async (context, given) => {
    const outcomes = await cutover(context, {
      ...handOverOf(context, given),
      allowUnexpectedClients: given['allow-unexpected-clients'] === true,
      fenceOld: given['fence-old'] === true,
      canaryMs: given.canary === true ? numberOf(given, 'watch', 10) * 1000 : undefined,
      patienceMs: numberOf(given, 'patience', 30) * 1000,
    });
    return { outcomes, summary: summaries.outcomes('on their new servers', outcomes) };
  },

  rollback: async (context, given) => {
    const outcomes = await rollback(context, {
      ...handOverOf(context, given),
      acceptLoss: given['accept-loss'] === true,
      newIsGone: given['new-is-gone'] === true,
      count: (given.count ?? 'sample') as CountMethod,
    });
    return { outcomes, summary: summaries.outcomes('on their old servers', outcomes) };
  },

  status: async (context) => {
    const { shards, outcomes } = await status(context);
    return { outcomes, summary: summaries.status(shards, outcomes) };
  },
};

function handOverOf({ plan }: Context, given: Given): HandOverOptions {
  return {
    concurrency: numberOf(given, 'concurrency', plan.cutover.concurrency),
    deadlineMs: numberOf(given, 'deadline', plan.cutover.deadlineMs),
    acceptVolatileFence: given['accept-volatile-fence'] === true,
    hold: given.hold === 'pause' || given.hold === 'fence' ? given.hold : undefined,
  };
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--version')) {
    console.log(VERSION);
    return;
  }
  const command = parse(args);
  if (command === undefined) {
    console.log(help(args[0]));
    return;
  }
  const { name, given } = command;
  const plan = readPlan(String(given.plan));
  const shards = chosenShards(plan, given.shards as string | undefined, process.env.MIGRATOR_SHARDS);
  const isSuperseded = (): string | undefined => superseded(given.current as string | undefined);
  const reason = isSuperseded();
  if (reason !== undefined) throw new RefusedError(reason);
  const access = {
    password: passwordOf(given, 'password-file', 'REDIS_PASSWORD'),
    oldUser: oldUserOf(plan, given),
    renamedCommands: renamedCommandsOf(given),
    planHash: planHash(plan),
  };
  const report = reportFor(given, shards.length);
  const context = { plan, shards, access, report, stop: stopSignal(report), superseded: isSuperseded };
  const { outcomes, summary } = await RUNNERS[name](context, given);
  report.end(summary);
  process.exitCode = exitCodeOf(outcomes);
}

function passwordOf(given: Given, option: string, variable: string): string | undefined {
  const file = given[option];
  try {
    const password = typeof file === 'string' ? fs.readFileSync(file, 'utf8') : process.env[variable];
    return password === '' ? undefined : password;
  } catch (error) {
    throw new UsageError(`--${option}: ${(error as Error).message}`);
  }
}

/** The oldUser of the plan needs its own password. */
function oldUserOf({ oldUser }: MovePlan, given: Given): Access['oldUser'] {
  const password = passwordOf(given, 'old-password-file', 'OLD_PASSWORD');
  if (oldUser === undefined) {
    if (given['old-password-file'] === undefined) return undefined;
    throw new UsageError(
      '--old-password-file: the plan has no oldUser; set oldUser of the migration, or omit the option',
    );
  }
  if (password !== undefined) return { user: oldUser, password };
  const remedy = 'give it with --old-password-file or in OLD_PASSWORD';
  throw new UsageError(`the plan has oldUser ${oldUser}, but its password is missing; ${remedy}`);
}

function renamedCommandsOf(given: Given): Readonly<Record<string, string>> {
  const file = given['renamed-commands'];
  return typeof file === 'string' ? readRenamedCommands(file) : {};
}

function reportFor(given: Given, shards: number): Report {
  const write = (text: string): void => void process.stdout.write(text);
  if (given.json === true) return new Json(shards, write);
  return process.stdout.isTTY ? new Table(shards, process.stdout) : new Lines(shards, write);
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

main(process.argv.slice(2)).catch((error: unknown) => {
  const isExpected = error instanceof UsageError || error instanceof RefusedError;
  process.stderr.write(`${isExpected ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exitCode =
    error instanceof UsageError ? ExitCode.USAGE : error instanceof RefusedError ? ExitCode.REFUSED : ExitCode.FAULT;
});
