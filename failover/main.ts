// failover: shows and changes which of the two servers of each shard is the master. Its only state is that of the Redis servers
// and Sentinels, so every command can be killed at any time and run again.

import { type Side } from '../lib/failover/replica-plan';
import { type Given, numberOf } from '../migrator/program/command-line';
import { planHash } from '../migrator/program/plan-rules';
import { passwordOf, type Result, runProgram } from '../migrator/program/run';
import { outcomes as outcomesSummary } from '../migrator/program/summary';
import { UsageError } from '../migrator/program/usage-error';
import { COMMAND_LINE, type CommandName } from './command-line';
import { type Context } from './commands/context';
import { failover } from './commands/failover';
import { status } from './commands/status';
import * as summaries from './commands/summaries';
import { switchover } from './commands/switchover';
import { readPlan } from './plan-file';
import { Sentinels } from './sentinel/sentinels';

/** Replaced when the program is built. */
declare const VERSION: string;

/** With these variables, a Job can be started for other shards or another server. */
const SHARDS = 'FAILOVER_SHARDS';
const TO = 'FAILOVER_TO';
const ACCEPTED = 'FAILOVER_ACCEPT_DATA_LOSS';

type RunCommand = (context: Context, given: Given) => Promise<Result>;

const RUNNERS: Record<CommandName, RunCommand> = {
  status: async (context) => {
    const { shards, outcomes } = await status(withTimeout(context, 3000));
    return { outcomes, summary: summaries.status(context.plan, shards, outcomes) };
  },

  switchover: async (context, given) => {
    const to = sideOf(given);
    // A Job may be run again after its last step.
    if (to === undefined && given.current !== undefined) {
      throw new UsageError(`--to is missing; a Job that is run again would hand the role back`);
    }
    const outcomes = await switchover(context, {
      to,
      concurrency: numberOf(given, 'concurrency', 4),
      deadlineMs: numberOf(given, 'deadline', 1000),
      patienceMs: numberOf(given, 'patience', 30) * 1000,
    });
    return { outcomes, summary: outcomesSummary('on the wanted master', outcomes) };
  },

  failover: async (context, given) => {
    if (given.shards === undefined && process.env[SHARDS] === undefined) {
      throw new UsageError('--shards is missing; name the shards whose master is lost');
    }
    const isAccepted = given['accept-data-loss'] === true || process.env[ACCEPTED] === 'yes';
    const staleMaster = sideOf(given);
    if (staleMaster !== undefined && !isAccepted) {
      throw new UsageError('--to is only for --accept-data-loss; without it, Sentinel promotes the replica');
    }
    if (isAccepted && staleMaster === undefined) {
      throw new UsageError('--to is missing; name the server whose data is kept');
    }
    const outcomes = await failover(withTimeout(context, 5000), {
      staleMaster,
      concurrency: numberOf(given, 'concurrency', 4),
    });
    return { outcomes, summary: outcomesSummary('on a master', outcomes) };
  },
};

function withTimeout(context: Context, timeoutMs: number): Context {
  return { ...context, access: { ...context.access, timeoutMs } };
}

/** The server in the option or the variable. Throws a UsageError. */
function sideOf({ to }: Given): Side | undefined {
  const variable = process.env[TO] ?? '';
  if (to !== undefined && variable !== '') {
    throw new UsageError(`--to ${String(to)} and ${TO}=${variable} both name a server; remove one of them`);
  }
  if (variable !== '' && variable !== 'a' && variable !== 'b') {
    throw new UsageError(`${TO} is ${JSON.stringify(variable)}; write a or b`);
  }
  return (to ?? (variable === '' ? undefined : variable)) as Side | undefined;
}

runProgram({
  version: VERSION,
  commandLine: COMMAND_LINE,
  readPlan,
  shardsVariable: SHARDS,
  start: async ({ name, given }, plan, run) => {
    const password = passwordOf(given, 'password-file', 'REDIS_PASSWORD');
    const sentinels = new Sentinels(plan.sentinels, password);
    try {
      return await RUNNERS[name]({ ...run, plan, access: { password, planHash: planHash(plan) }, sentinels }, given);
    } finally {
      sentinels.close();
    }
  },
});
