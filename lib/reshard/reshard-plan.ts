// The servers of a fleet, and the two rings, or the ring and the Redis Cluster, between which its keys move. The library writes it
// to reshard.json, and the reshard program reads it. Plain data without cdk8s.

import { type Distribution, type HashType } from '../nutcracker';

/** The version of the format; the program refuses any other. */
export const RESHARD_PLAN_VERSION = 2;

/** reshard.json. */
export interface ReshardPlan {
  readonly version: number;
  readonly fleet: string;
  /** The ACL user of this program on every server, who may do everything with every key. */
  readonly user: string;
  /** Networks of the proxies; `preflight` refuses other clients. @default - it does not look at clients */
  readonly proxyNetworks?: readonly string[];
  /** Every shard of either ring; not those of a Redis Cluster. */
  readonly shards: readonly ReshardServer[];
  /** Where keys are now. */
  readonly a: PlannedRing;
  /** Where keys are to be: on a ring, or in the slots of a Redis Cluster. */
  readonly b: PlannedRing | PlannedCluster;
}

/** A Redis Cluster. Its clients log in to it as `default`. */
export interface PlannedCluster {
  /** Some of its nodes, of which one that can be reached names all others. */
  readonly cluster: readonly ReshardAddress[];
}

export function isCluster(ring: PlannedRing | PlannedCluster): ring is PlannedCluster {
  return 'cluster' in ring;
}

/** Where a server listens. */
export interface ReshardAddress {
  readonly host: string;
  readonly port: number;
}

/** A shard: a server, and its partner in a fleet with replicas. Either of them may be the master. */
export interface ReshardServer extends ReshardAddress {
  readonly shard: number;
  readonly replica?: ReshardAddress;
}

/** The two users as which proxies log in: those of one ring as the first, those of the other one as the second. */
export const RING_USERS = ['default', 'ring-2'] as const;
export type RingUser = (typeof RING_USERS)[number];

export function otherUser(user: RingUser): RingUser {
  return RING_USERS[user === RING_USERS[0] ? 1 : 0];
}

/**
 * A key that nobody has. The first user may read it in every epoch: as this user, the checks of a bridge with replicas wait for it in a
 * server, which tells them at once when its role changes.
 */
export const WAIT_KEY = 'cdk8s-twemproxy-wait';

/**
 * A user as whom nobody can log in. If B is a Redis Cluster, no client of A uses its nodes, and none of B the other servers: this user
 * has the keys of a server as long as it serves nobody, which tells such a server from one that is closed by mistake.
 */
export const NOBODY_USER = 'cdk8s-twemproxy-nobody';

/** A ring, as in nutcracker.yml. */
export interface PlannedRing {
  /** The user as which the proxies of this ring log in; the other ring has the other one. */
  readonly user: RingUser;
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
