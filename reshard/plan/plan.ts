// The format of reshard.json: the servers of a fleet, and the two rings between which its keys move.

import { type Distribution, type HashType } from '../../lib/nutcracker';

/** The version of the format. */
export const RESHARD_PLAN_VERSION = 1;

/** The two rings. The servers decide which of them serves. */
export type RingId = 'a' | 'b';

export function otherRing(ring: RingId): RingId {
  return ring === 'a' ? 'b' : 'a';
}

export interface ReshardPlan {
  readonly version: number;
  readonly fleet: string;
  /** The ACL user of this program on every server; the clients are the default user. */
  readonly user: string;
  /** Every server of either ring. */
  readonly shards: readonly ReshardServer[];
  /** Where keys are now. */
  readonly a: PlannedRing;
  /** Where keys are to be. */
  readonly b: PlannedRing;
}

/** A server, which listens on one of two ports: the proxies of ring A use one of them, those of ring B the other. */
export interface ReshardServer {
  readonly shard: number;
  readonly host: string;
  readonly portA: number;
  readonly portB: number;
}

/** A ring, as in nutcracker.yml. */
export interface PlannedRing {
  readonly hash: HashType;
  readonly distribution: Distribution;
  readonly hashTag?: string;
  readonly servers: readonly PlannedMember[];
}

/** A server of a ring. */
export interface PlannedMember {
  /** The ordinal of the server in `shards`. */
  readonly shard: number;
  readonly name: string;
  readonly weight: number;
}
