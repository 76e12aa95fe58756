// Runs a command's work for several shards at a time, and turns each result or error into an outcome.

import pLimit from 'p-limit';
import { type PlannedShard } from '../../lib/migration/plan';
import { type Context } from './context';
import { AbortedError } from '../shard/hand-over';
import { BusyError, OtherPlanError } from '../shard/lock';
import { ExitCode, type Outcome, RefusedError } from './outcome';
import { NotDurableError } from '../shard/roles';
import { hostAndPort, ServerError } from '../redis/server';

/** The work for one shard; returns what was done. */
export type Work = (shard: PlannedShard) => Promise<string>;

export interface Limits {
  readonly concurrency: number;
  /** How many shards of one old host at a time. */
  readonly perSourceHost?: number;
}

export async function eachShard(
  { shards, report, stop, superseded }: Context,
  limits: Limits,
  work: Work,
): Promise<Outcome[]> {
  const all = pLimit(limits.concurrency);
  const hosts = new Map<string, ReturnType<typeof pLimit>>();
  const ofHost = ({ old }: PlannedShard): ReturnType<typeof pLimit> => {
    const { host } = hostAndPort(old);
    const limit = hosts.get(host) ?? pLimit(limits.perSourceHost ?? limits.concurrency);
    hosts.set(host, limit);
    return limit;
  };
  const checked: Work = (shard) => {
    const reason = superseded?.();
    if (reason !== undefined) throw new RefusedError(`not started: ${reason}`);
    return work(shard);
  };
  return Promise.all(
    shards.map((shard) =>
      ofHost(shard)(() =>
        all(async () => {
          const outcome = stop.aborted ? notStarted(shard) : await outcomeOf(shard, checked);
          const isDone = outcome.code === ExitCode.DONE;
          report.progress({ shard: shard.shard, state: isDone ? 'done' : 'skipped', detail: outcome.message, isDone });
          return outcome;
        }),
      ),
    ),
  );
}

function notStarted({ shard }: PlannedShard): Outcome {
  return { shard, code: ExitCode.INCOMPLETE, message: 'not started: the program is stopping' };
}

async function outcomeOf(shard: PlannedShard, work: Work): Promise<Outcome> {
  try {
    return { shard: shard.shard, code: ExitCode.DONE, message: await work(shard) };
  } catch (error) {
    return { shard: shard.shard, code: codeOf(error), message: (error as Error).message };
  }
}

function codeOf(error: unknown): ExitCode {
  if (error instanceof RefusedError || error instanceof OtherPlanError) return ExitCode.REFUSED;
  if (error instanceof ServerError && error.isPermanent) return ExitCode.REFUSED;
  if (error instanceof BusyError) return ExitCode.BUSY;
  if (error instanceof AbortedError || error instanceof ServerError || error instanceof NotDurableError)
    return ExitCode.INCOMPLETE;
  return ExitCode.FAULT;
}
