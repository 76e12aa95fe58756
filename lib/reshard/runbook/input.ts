// The data that the runbook of a change of the ring is written from.

import { type RingUser } from '../reshard-plan';
import { type ReshardPhase } from '../reshard-options';

export interface ReshardRunbook {
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
  /** The number of shards in this phase. */
  readonly shards: number;
  readonly deployment: string;
  /** The written files by step, such as `30-redis`. */
  readonly files: Readonly<Record<string, string>>;
  /** The names of the Jobs by command, and of `failover-status`. */
  readonly jobs: Readonly<Record<string, string>>;
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
  /** The users as which the proxies of the old and the new ring log in. */
  readonly users: readonly [RingUser, RingUser];
}
