// Runs a command's work for several shards at a time, and turns each result or error into an outcome.

import pLimit from 'p-limit';
import { AbortedError } from '../shard/hand-over';
import { BusyError, OtherPlanError } from '../shard/lock';
import { ExitCode, type Outcome, RefusedError } from './outcome';
import { NotDurableError } from '../shard/roles';
import { ServerError } from '../redis/server';
import { type Report } from '../report/report';
import { type Shard } from './shard-list';

/** The work for one shard; returns what was done. */
export type Work<S extends Shard> = (shard: S) => Promise<string>;

/** A run of a program. */
export interface Run<S extends Shard> {
  /** The selected shards of the plan. */
  readonly shards: readonly S[];
  readonly report: Report;
  /** Aborted when the program is to stop: no further shard is started. */
  readonly stop: AbortSignal;
  /** Why this Job must not start another shard: it has been superseded. Undefined outside of a Job. */
  readonly superseded?: () => string | undefined;
}

export interface Limits<S extends Shard> {
  readonly concurrency: number;
  /** How many shards of one group at a time, such as those of one host. */
  readonly perGroup?: { readonly concurrency: number; readonly groupOf: (shard: S) => string };
}

export async function eachShard<S extends Shard>(
  { shards, report, stop, superseded }: Run<S>,
  { concurrency, perGroup }: Limits<S>,
  work: Work<S>,
): Promise<Outcome[]> {
  const all = pLimit(concurrency);
  const groups = new Map<string, ReturnType<typeof pLimit>>();
  const ofGroup = (shard: S): ReturnType<typeof pLimit> => {
    const group = perGroup?.groupOf(shard) ?? '';
    const limit = groups.get(group) ?? pLimit(perGroup?.concurrency ?? concurrency);
    groups.set(group, limit);
    return limit;
  };
  const checked: Work<S> = (shard) => {
    const reason = superseded?.();
    if (reason !== undefined) throw new RefusedError(`not started: ${reason}`);
    return work(shard);
  };
  return Promise.all(
    shards.map((shard) =>
      ofGroup(shard)(() =>
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

function notStarted({ shard }: Shard): Outcome {
  return { shard, code: ExitCode.INCOMPLETE, message: 'not started: the program is stopping' };
}

/** The outcome of work for a shard, also if it throws. */
export async function outcomeOf<S extends Shard>(shard: S, work: Work<S>): Promise<Outcome> {
  return { shard: shard.shard, ...(await attempt(() => work(shard))) };
}

/** The outcome of work that is not for a single shard. */
export async function attempt(work: () => Promise<string>): Promise<Omit<Outcome, 'shard'>> {
  try {
    return { code: ExitCode.DONE, message: await work() };
  } catch (error) {
    return { code: codeOf(error), message: (error as Error).message };
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
