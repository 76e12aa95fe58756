// migrator: moves the data of a fleet by its plan. Its only state is that of the Redis servers, so every command can be
// killed at any time and run again.

import { type MovePlan } from '../lib/migration/plan';
import { type CountMethod } from './data/changed-keys';
import { COMMAND_LINE, type CommandName } from './command-line';
import { type Context, type HandOverOptions } from './commands/context';
import { cutover } from './commands/cutover';
import { readPlan } from './plan-file';
import { trustOldServers } from './plan-tls';
import { type Given, numberOf } from './program/command-line';
import { planHash } from './program/plan-rules';
import { passwordOf, type Result, runProgram } from './program/run';
import { outcomes as outcomesSummary } from './program/summary';
import { UsageError } from './program/usage-error';
import { preflight } from './commands/preflight';
import { readRenamedCommands } from './renamed-commands';
import { type Access } from './shard/pair';
import { rollback } from './commands/rollback';
import { status } from './commands/status';
import { sync } from './commands/sync';
import * as summaries from './commands/summaries';
import { verify } from './commands/verify';

/** Replaced when the program is built. */
declare const VERSION: string;

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
    return { outcomes, summary: outcomesSummary('in sync, or have moved', outcomes) };
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
    return { outcomes, summary: outcomesSummary('on their new servers', outcomes) };
  },

  rollback: async (context, given) => {
    const outcomes = await rollback(context, {
      ...handOverOf(context, given),
      acceptLoss: given['accept-loss'] === true,
      newIsGone: given['new-is-gone'] === true,
      count: (given.count ?? 'sample') as CountMethod,
    });
    return { outcomes, summary: outcomesSummary('on their old servers', outcomes) };
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

runProgram({
  version: VERSION,
  commandLine: COMMAND_LINE,
  readPlan,
  shardsVariable: 'MIGRATOR_SHARDS',
  start: ({ name, given }, plan, run) => {
    trustOldServers(plan, given);
    const access = {
      password: passwordOf(given, 'password-file', 'REDIS_PASSWORD'),
      oldUser: oldUserOf(plan, given),
      renamedCommands: renamedCommandsOf(given),
      planHash: planHash(plan),
      tls: plan.tls,
    };
    return RUNNERS[name]({ ...run, plan, access }, given);
  },
});
