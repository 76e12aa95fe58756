// What a report shows, gathered and checked; the page draws it.

import { type MovePlan } from '../../lib/migration/plan';
import { type HashRing, type NutcrackerPool } from '../../lib/nutcracker';
import { type ShardState } from '../../migrator/shard/shard-state';
import { type Remark } from './verdict';

/** All that stands on the page. */
export interface ReportData {
  /** The configuration's file. */
  readonly file: string;
  /** The pools, in the order of the file. */
  readonly pools: readonly PoolData[];
}

export interface PoolData {
  readonly pool: NutcrackerPool;
  /** Nothing for a pool that places keys at random. */
  readonly ring?: HashRing;
  readonly warnings: readonly Remark[];
  readonly notes: readonly Remark[];
  /** The shard of each of its servers. */
  readonly shards: readonly number[];
  /** Where its servers go, if a plan was given. */
  readonly plan?: PlanData;
  /** How far they are, if a status was given. */
  readonly status?: StatusData;
}

/** A plan, and what is known from the manifests beside it. */
export interface PlanData {
  /** Where it was read. */
  readonly source: string;
  readonly plan: MovePlan;
  readonly namespace?: string;
  /** The pod behind each Service, if the Services were among the manifests. */
  readonly pods: ReadonlyMap<string, string>;
  /** The names of the manifests beside it, if a directory was given. */
  readonly manifests: readonly string[];
}

/** What `status --json` said, by shard. */
export interface StatusData {
  readonly source: string;
  /** When it was said. */
  readonly time: string;
  readonly shards: ReadonlyMap<number, ShardData>;
}

export interface ShardData {
  /** Its new address, as far as the status says it. */
  readonly new?: string;
  /** Nothing for a shard that could not be asked. */
  readonly state?: ShardState;
  readonly keys?: number;
  /** Bytes of history that the new server lacks. */
  readonly lag?: number;
  /** Whether an interrupted cutover keeps writes from the old server. */
  readonly isHeld: boolean;
  /** Why a server could not be asked. */
  readonly silence?: string;
  /** What to do where somebody else gave a server a role. */
  readonly advice?: string;
}

/** Draws the page. It comes from a file of its own, since only a report needs what it takes to draw. */
export type DrawPage = (facts: ReportData) => string;

/** The new addresses by shard, from the plan, or else from the status. */
export function goalsOf({ plan, status }: PoolData): ReadonlyMap<number, string> {
  if (plan !== undefined) return new Map(plan.plan.shards.map(({ shard, new: goal }) => [shard, goal]));
  const seen = [...(status?.shards ?? [])];
  return new Map(seen.flatMap(([shard, { new: goal }]) => (goal === undefined ? [] : [[shard, goal]])));
}
