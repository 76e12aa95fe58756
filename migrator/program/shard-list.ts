// `--shards 0-3,7` or `--shards 10%`: selects shards of the plan.

import { UsageError } from './usage-error';

/** A shard of a plan. */
export interface Shard {
  readonly shard: number;
}

/** All shards: the default. */
const ALL = 'all';

/** An environment variable, with which a Job can be started for a part of the shards. */
export interface Variable {
  readonly name: string;
  readonly value?: string;
}

/**
 * The shards that an option or, in a Job, an environment variable selects. A percentage counts from the first shard,
 * regardless of what has moved, so that a Job that runs again does not move more. Throws a UsageError.
 */
export function chosenShards<S extends Shard>(
  shards: readonly S[],
  option?: string,
  variable?: Variable,
): readonly S[] {
  const fromOption = listOf(shards, '--shards', option);
  const fromVariable = variable && listOf(shards, variable.name, variable.value);
  if (fromOption !== undefined && fromVariable !== undefined) {
    throw new UsageError(
      `--shards ${String(option)} and ${variable?.name}=${variable?.value} both select shards; remove one of them`,
    );
  }
  return fromOption ?? fromVariable ?? shards;
}

function listOf<S extends Shard>(shards: readonly S[], name: string, list?: string): readonly S[] | undefined {
  if (list === undefined || list === ALL) return undefined;
  const share = /^(\d{1,3})%$/.exec(list.trim());
  if (share !== null) return firstOf(shards, name, Number(share[1]));
  const wanted = new Set(list.split(',').flatMap((part) => range(name, part.trim())));
  const known = new Set(shards.map(({ shard }) => shard));
  const unknown = [...wanted].find((ordinal) => !known.has(ordinal));
  if (unknown !== undefined) {
    throw new UsageError(`${name} names ${unknown}; the plan has ${shards.length} shards, from 0`);
  }
  return shards.filter(({ shard }) => wanted.has(shard));
}

function firstOf<S extends Shard>(shards: readonly S[], name: string, percent: number): readonly S[] {
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
