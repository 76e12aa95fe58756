// The data of a report, collected and checked; the page renders it.

import { type MovePlan } from '../../lib/migration/plan';
import { type HashRing, type NutcrackerPool } from '../../lib/nutcracker';
import { type ShardStatus as ReplicatedStatus } from '../../failover/commands/status';
import { type ShardState } from '../../migrator/shard/shard-state';
import { type Finding } from './verdict';

export interface ReportData {
  /** The name of the configuration file. */
  readonly file: string;
  /** The pools, in the order of the file. */
  readonly pools: readonly PoolData[];
}

export interface PoolData {
  readonly pool: NutcrackerPool;
  /** Undefined for `distribution: random`. */
  readonly ring?: HashRing;
  readonly warnings: readonly Finding[];
  readonly notes: readonly Finding[];
  /** The shard of each server. */
  readonly shards: readonly number[];
  readonly plan?: PlanData;
  readonly status?: StatusData;
  readonly failover?: FailoverData;
  readonly capacity?: CapacityData;
}

/** A plan, and data from the manifests in the same directory. */
export interface PlanData {
  /** The file that it was read from. */
  readonly source: string;
  readonly plan: MovePlan;
  readonly namespace?: string;
  /** The pod of each Service, if the Services were among the manifests. */
  readonly pods: ReadonlyMap<string, string>;
  /** The names of the manifests, if a directory was given. */
  readonly manifests: readonly string[];
}

/** The output of `status --json`, by shard. */
export interface StatusData {
  readonly source: string;
  /** When the status was taken. */
  readonly time: string;
  readonly shards: ReadonlyMap<number, ShardData>;
}

export interface ShardData {
  /** The new address, if the status has it. */
  readonly new?: string;
  /** Undefined for a shard that the migrator skipped. */
  readonly state?: ShardState;
  readonly keys?: number;
  /** Bytes of the replication stream that the new server has not received yet. */
  readonly lag?: number;
  /** Whether an interrupted cutover still holds writes on the old server. */
  readonly isHeld: boolean;
  /** Why a server is unreachable. */
  readonly silence?: string;
  /** What to do if another program or a person changed the role of a server. */
  readonly advice?: string;
}

/** The output of `status --json` of the failover program, by shard. */
export interface FailoverData {
  readonly source: string;
  /** When the status was taken. */
  readonly time: string;
  readonly shards: ReadonlyMap<number, ReplicatedData>;
}

/** A shard with a replica. Without a state, the program skipped it, for the reason in `problems`. */
export type ReplicatedData = Pick<ReplicatedStatus, 'votes' | 'problems'> &
  Partial<Omit<ReplicatedStatus, 'shard' | 'votes' | 'problems'>>;

/** The output of `capacity --json`, for the fleet of a pool. */
export interface CapacityData {
  readonly source: string;
  readonly fleet: FleetCapacityData;
  readonly all: CapacityOfAll;
}

/** The shards of a fleet, and what is proposed for them. All amounts are in bytes. */
export interface FleetCapacityData {
  readonly pools: readonly string[];
  readonly shards: readonly ShardCapacity[];
  readonly proposal: {
    readonly memory: number;
    readonly maxmemory: number;
    /** By ordinal. */
    readonly maxmemoryOfShard: Readonly<Record<string, number>>;
    /** The shards that do not fit into the memory. */
    readonly tooLarge: readonly number[];
  };
}

export interface ShardCapacity {
  readonly shard: number;
  readonly address: string;
  readonly used: number;
  readonly peak: number;
  readonly maxmemory?: number;
  /** At least. The disk is null if its AOF has no limit. */
  readonly needs: { readonly maxmemory: number; readonly memory: number; readonly disk: number | null };
  /** With two samples. */
  readonly growth?: {
    readonly bytesPerDay: number;
    readonly daysUntilFull?: number;
    readonly daysUntilProposalIsFull?: number;
  };
}

/** What all fleets of the file need together. */
export interface CapacityOfAll {
  readonly nodes?: number;
  /** Null if an AOF has no limit. */
  readonly storage: number | null;
  readonly options: {
    readonly replicas: number;
    /** For how many days the data may grow. */
    readonly days: number;
    readonly nodeMemory?: number;
    readonly zones?: number;
    readonly storage?: number;
  };
  /** What does not fit. */
  readonly problems: readonly string[];
}

/** Renders the page as HTML. Loaded from a separate file, since only `report` needs the chart library. */
export type DrawPage = (data: ReportData) => string;

/** The new address of each shard: from the plan, or without one, from the status. */
export function newAddresses({ plan, status }: PoolData): ReadonlyMap<number, string> {
  if (plan !== undefined) return new Map(plan.plan.shards.map(({ shard, new: address }) => [shard, address]));
  const shards = [...(status?.shards ?? [])];
  return new Map(shards.flatMap(([shard, { new: address }]) => (address === undefined ? [] : [[shard, address]])));
}
