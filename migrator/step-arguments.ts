// Validates the arguments of a Job with the migrator's own parser. The library loads it at synth.

import { type MovePlan } from '../lib/migration/plan';
import { parse } from './command-line';
import { UsageError } from './plan-file';
import { chosenShards } from './shard-list';

/** Options that the Job already has. */
const OF_THE_JOB = /^--plan(=|$)/;

/** The error; undefined if the arguments are valid. */
export function problemWith(command: string, args: readonly string[], shards: number): string | undefined {
  const own = args.find((arg) => OF_THE_JOB.test(arg));
  if (own !== undefined) return `${own} is already set by the Job; remove it`;
  try {
    const parsed = parse([command, ...args, '--plan', 'plan.json']);
    if (parsed === undefined) return '--help moves nothing; remove it';
    const { shards: list } = parsed.given;
    if (typeof list === 'string') chosenShards(planOf(shards), list);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** The part of a plan that a list of shards needs. */
function planOf(shards: number): MovePlan {
  return { shards: Array.from({ length: shards }, (_, shard) => ({ shard })) } as unknown as MovePlan;
}
