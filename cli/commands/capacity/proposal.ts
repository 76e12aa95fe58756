// The memory and maxmemory of a fleet. `memory` is the same for all shards, since they are pods of one StatefulSet.

import { type Growth } from './growth';
import { backlogAt, largestMaxmemory, memoryFor } from './memory-model';
import { type ServerMemory } from './server-memory';

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;

/** A shard should fill at most this part of its maxmemory, as `preflight` warns. */
const TARGET = 0.8;

/** The step of maxmemory. */
const STEP = 64 * MEBIBYTE;

/** At most one shard of this many gets a maxmemory of its own; otherwise all get more memory. */
const ONE_OF = 10;

/** Shards whose maxmemory would differ by less get the same one. */
const CLOSE = 0.9;

/** Outliers are reported if the others need less than this part of the memory. */
const MUCH_LESS = 0.75;

/** For how many days of growth a proposal has room. */
export const GROWTH_DAYS = 180;

export interface Shard {
  readonly ordinal: number;
  readonly server: ServerMemory;
  readonly growth?: Growth;
}

export interface ProposalOptions {
  /** The memory of the shards, if it is given. */
  readonly memory?: number;
  /** The share of the data that a fork copies, if it is given. */
  readonly copyOnWrite?: number;
  /** For how many days the data may grow. */
  readonly days: number;
}

export interface Proposal {
  readonly memory: number;
  readonly maxmemory: number;
  /** The shards with a maxmemory of their own, such as those of which a fork copies more. */
  readonly maxmemoryOfShard: ReadonlyMap<number, number>;
  /** The maxmemory that each shard needs at least. */
  readonly needs: readonly number[];
  /** The memory that each shard needs at least. */
  readonly memories: readonly number[];
  /** The shards whose data does not fit into the given memory. */
  readonly tooLarge: readonly number[];
  /** The few shards without which much less memory would be enough, and how much. */
  readonly outliers?: { readonly shards: readonly number[]; readonly memoryOfOthers: number };
}

export function proposalFor(shards: readonly Shard[], { memory: given, copyOnWrite, days }: ProposalOptions): Proposal {
  const needs = shards.map((shard) => upTo(needOf(shard, days), STEP));
  const memoryOfAll = (chosen: readonly number[]): number => {
    const largest = Math.max(...chosen.map((i) => needs[i]));
    const own = chosen.map((i) => memoryFor(shards[i].server, needs[i], copyOnWrite));
    const common = ascending(chosen.map((i) => memoryFor(shards[i].server, largest, copyOnWrite)));
    return roundedUp(Math.max(...own, common[chosen.length - 1 - Math.floor(chosen.length / ONE_OF)]));
  };
  const all = shards.map((_, i) => i);
  const memory = given ?? memoryOfAll(all);
  const limits = shards.map(({ server }) => largestMaxmemory(server, memory, STEP, copyOnWrite));
  const maxmemory = commonOf(limits, Math.max(...needs));
  const own = all.filter((i) => limits[i] < maxmemory || needs[i] > maxmemory);
  const tooLarge = all.filter((i) => limits[i] < needs[i]);
  return {
    memory,
    maxmemory,
    maxmemoryOfShard: new Map(own.map((i) => [shards[i].ordinal, limits[i]])),
    needs,
    memories: shards.map(({ server }, i) => memoryFor(server, needs[i], copyOnWrite)),
    tooLarge: tooLarge.map((i) => shards[i].ordinal),
    outliers: outliersOf(shards, needs, memory, memoryOfAll),
  };
}

/** A maxmemory for which the memory of most shards is enough. For those that are close to it, a smaller one, so that they need none of their own. */
function commonOf(limits: readonly number[], largestNeed: number): number {
  const most = ascending(limits)[Math.floor(limits.length / ONE_OF)];
  return Math.max(Math.min(most, largestNeed), Math.min(...limits.filter((limit) => limit > CLOSE * most)));
}

/** The maxmemory that a shard needs: its data at its peak and the expected growth, and the backlog. */
function needOf({ server, growth }: Shard, days: number): number {
  // A cache that evicts is always full, and as large as it was meant to be.
  if (server.evicts && server.maxmemory !== undefined) return server.maxmemory;
  const grown = Math.max(0, growth?.bytesPerDay ?? 0) * days;
  const data = Math.max(0, server.peak - server.notData) + grown;
  return (data + backlogAt(data / TARGET)) / TARGET;
}

function outliersOf(
  shards: readonly Shard[],
  needs: readonly number[],
  memory: number,
  memoryOfAll: (chosen: readonly number[]) => number,
): Proposal['outliers'] {
  const largestFirst = needs.map((_, i) => i).sort((a, b) => needs[b] - needs[a]);
  const largest = largestFirst.slice(0, Math.floor(shards.length / ONE_OF) || 1);
  const others = largestFirst.slice(largest.length);
  if (others.length === 0) return undefined;
  const memoryOfOthers = memoryOfAll(others);
  if (memoryOfOthers > memory * MUCH_LESS) return undefined;
  const limit = Math.max(...others.map((i) => needs[i]));
  const outliers = largest.filter((i) => needs[i] > limit).map((i) => shards[i].ordinal);
  return { shards: outliers.sort((a, b) => a - b), memoryOfOthers };
}

function ascending(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}

function upTo(bytes: number, step: number): number {
  return Math.max(1, Math.ceil(bytes / step)) * step;
}

/** Round amounts for the memory of a pod. */
function roundedUp(bytes: number): number {
  if (bytes <= GIBIBYTE) return upTo(bytes, 64 * MEBIBYTE);
  return upTo(bytes, bytes <= 8 * GIBIBYTE ? 256 * MEBIBYTE : GIBIBYTE);
}
