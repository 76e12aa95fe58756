// The data that the runbook of a change of the ring is written from.

import { type RingUser } from '../reshard-plan';
import { type ReshardPhase } from '../reshard-options';

/** What the runbook of a change to another ring, and of one to a Redis Cluster, have in common. */
export interface RunbookOfChange {
  readonly fleet: string;
  /** The file in which the FleetCharts are. */
  readonly source: string;
  readonly phase: ReshardPhase;
  readonly namespace?: string;
  /** The name of the change, which all its objects have as a label. */
  readonly move: string;
  readonly statefulSet: string;
  /** The StatefulSets of the second servers and the Sentinels, if there are any. */
  readonly replicas?: { readonly statefulSet: string; readonly sentinels: string };
  readonly deployment: string;
  /** How redis-cli in the pod of a shard reaches it. */
  readonly redisCli: string;
  /** The written files by step, such as `30-redis`. */
  readonly files: Readonly<Record<string, string>>;
  /** The names of the Jobs by command, and of `failover-status`. */
  readonly jobs: Readonly<Record<string, string>>;
}

export interface ReshardRunbook extends RunbookOfChange {
  /** The number of shards in this phase. */
  readonly shards: number;
  readonly diff: {
    readonly before: number;
    readonly after: number;
    /** Ring names. */
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly reweighted: number;
    /** Of all hash values: 0 to 1. */
    readonly movedShare: number;
  };
  /** With TLS, the Secret of the shards, and the names that its certificate needs for the shards that join. */
  readonly certificate?: { readonly secret: string; readonly names: readonly string[] };
  /** The users as which the proxies of the old and the new ring log in. */
  readonly users: readonly [RingUser, RingUser];
}

export interface ClusterRunbook extends RunbookOfChange {
  /** The hash tag of the ring, if it has one. */
  readonly hashTag?: string;
  /** Whether the shards restart, since they get the user of the Jobs. */
  readonly restarts: boolean;
  readonly cluster: {
    readonly statefulSet: string;
    /** The file with its objects. */
    readonly file: string;
    /** `host:port` of nodes, for the configuration of clients. */
    readonly seeds: readonly string[];
    readonly masters: number;
    readonly nodes: number;
    /** TLS of its nodes: the Secret with the authorities, and whether and where clients may also connect without. */
    readonly tls?: { readonly caSecret: string; readonly plainPort?: number };
  };
}
