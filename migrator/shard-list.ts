// `--shards 0-3,7` or `--shards 10%`: which shards of the plan a command is about.

import { type MovePlan, type PlannedShard } from '../lib/migration/plan';
import { UsageError } from './plan-file';

/** What the Jobs say unless a portion is chosen. */
const ALL = 'all';

/**
 * The shards that an option or, for a Job that is started for a portion, a variable of the environment chooses. A share
 * counts from the first shard, whatever has moved by then: a Job that is run again does no more than what was started.
 * Throws a UsageError.
 */
export function chosenShards(plan: MovePlan, option?: string, variable?: string): readonly PlannedShard[] {
  const fromOption = listOf(plan, '--shards', option);
  const fromVariable = listOf(plan, 'MIGRATOR_SHARDS', variable);
  if (fromOption !== undefined && fromVariable !== undefined) {
    throw new UsageError(
      `--shards ${String(option)} and MIGRATOR_SHARDS=${String(variable)} both choose shards; take one of them out`,
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
  if (percent < 1 || percent > 100) throw new UsageError(`${name} is ${percent}%; write a share from 1% to 100%`);
  return shards.slice(0, Math.ceil((shards.length * percent) / 100));
}

function range(name: string, part: string): number[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? first);
  if (match === null || last < first) {
    throw new UsageError(
      `${name} has ${JSON.stringify(part)}; write ordinals and ranges, such as 0-3,7, or a share: 10%`,
    );
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
