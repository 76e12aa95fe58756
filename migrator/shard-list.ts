// `--shards 0-3,7` or `--shards 10%`: selects shards of the plan.

import { type MovePlan, type PlannedShard } from '../lib/migration/plan';
import { UsageError } from './plan-file';

/** The default of the Jobs. */
const ALL = 'all';

/**
 * The shards that an option or, in a Job, an environment variable selects. A percentage counts from the first shard,
 * regardless of what has moved, so that a Job that runs again does not move more. Throws a UsageError.
 */
export function chosenShards(plan: MovePlan, option?: string, variable?: string): readonly PlannedShard[] {
  const fromOption = listOf(plan, '--shards', option);
  const fromVariable = listOf(plan, 'MIGRATOR_SHARDS', variable);
  if (fromOption !== undefined && fromVariable !== undefined) {
    throw new UsageError(
      `--shards ${String(option)} and MIGRATOR_SHARDS=${String(variable)} both select shards; remove one of them`,
    );
  }
  return fromOption ?? fromVariable ?? plan.shards;
}

function listOf(plan: MovePlan, name: string, list?: string): readonly PlannedShard[] | undefined {
  if (list === undefined || list === ALL) return undefined;
  const share = /^(\d{1,3})%$/.exec(list.trim());
  if (share !== null) return firstOf(plan, name, Number(share[1]));
  const wanted = new Set(list.split(',').flatMap((part) => range(name, part.trim())));
  const known = new Set(plan.shards.map(({ shard }) => shard));
  const unknown = [...wanted].find((ordinal) => !known.has(ordinal));
  if (unknown !== undefined) {
    throw new UsageError(`${name} names ${unknown}; the plan has ${plan.shards.length} shards, from 0`);
  }
  return plan.shards.filter(({ shard }) => wanted.has(shard));
}

function firstOf({ shards }: MovePlan, name: string, percent: number): readonly PlannedShard[] {
  if (percent < 1 || percent > 100) throw new UsageError(`${name} is ${percent}%; write a percentage from 1% to 100%`);
  return shards.slice(0, Math.ceil((shards.length * percent) / 100));
}

function range(name: string, part: string): number[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? first);
  if (match === null || last < first) {
    throw new UsageError(
      `${name} has ${JSON.stringify(part)}; write ordinals and ranges, such as 0-3,7, or a percentage, such as 10%`,
    );
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
