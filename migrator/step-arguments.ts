// What is wrong with the arguments of a Job, by the parser that reads them there. The library loads it at synth.

import { type MovePlan } from '../lib/migration/plan';
import { parse } from './command-line';
import { UsageError } from './plan-file';
import { chosenShards } from './shard-list';

/** The Job has its plan already. */
const OF_THE_JOB = /^--plan(=|$)/;

/** A sentence; nothing if the command takes the arguments. */
export function problemWith(command: string, args: readonly string[], shards: number): string | undefined {
  const own = args.find((arg) => OF_THE_JOB.test(arg));
  if (own !== undefined) return `${own} is what the Job has already; leave it out`;
  try {
    const parsed = parse([command, ...args, '--plan', 'plan.json']);
    if (parsed === undefined) return '--help moves nothing; leave it out';
    const { shards: list } = parsed.given;
    if (typeof list === 'string') chosenShards(planOf(shards), list);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** As much of a plan as a list of shards is read by. */
function planOf(shards: number): MovePlan {
  return { shards: Array.from({ length: shards }, (_, shard) => ({ shard })) } as unknown as MovePlan;
}
