// `--shards 0-3,7`: which shards of the plan a command is about.

import { type MovePlan, type PlannedShard } from '../lib/migration/plan';
import { UsageError } from './plan-file';

/** Throws a UsageError. */
export function chosenShards(plan: MovePlan, list?: string): readonly PlannedShard[] {
  if (list === undefined) return plan.shards;
  const wanted = new Set(list.split(',').flatMap((part) => range(part.trim())));
  const known = new Set(plan.shards.map(({ shard }) => shard));
  const unknown = [...wanted].find((ordinal) => !known.has(ordinal));
  if (unknown !== undefined) {
    throw new UsageError(`--shards names ${unknown}; the plan has ${plan.shards.length} shards, from 0`);
  }
  return plan.shards.filter(({ shard }) => wanted.has(shard));
}

function range(part: string): number[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? first);
  if (match === null || last < first) {
    throw new UsageError(`--shards has ${JSON.stringify(part)}; write ordinals and ranges, such as 0-3,7`);
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
