// The two servers of every shard, and the Sentinels that decide which one is the master. The library writes it to
// replicas.json, and the failover program reads it. Plain data without cdk8s.

/** The version of the format; the program refuses any other. */
export const REPLICA_PLAN_VERSION = 1;

/** replicas.json. */
export interface ReplicaPlan {
  readonly version: typeof REPLICA_PLAN_VERSION;
  /** The fleet's name. */
  readonly fleet: string;
  /** `host:port` of each Sentinel. */
  readonly sentinels: readonly string[];
  /** The shards, by ordinal. */
  readonly shards: readonly ReplicatedShard[];
}

/** A shard with two servers. */
export interface ReplicatedShard {
  /** The ordinal of the shard. */
  readonly shard: number;
  /** `host:port` of server a. */
  readonly a: string;
  /** `host:port` of server b. */
  readonly b: string;
  /** The other ports by which Sentinels and replicas may name server a and server b, while TLS is turned on or off. */
  readonly otherPorts?: Readonly<Record<Side, number>>;
}

/** One of the two servers of a shard. */
export type Side = 'a' | 'b';

export const SIDES: readonly Side[] = ['a', 'b'];

export function otherSide(side: Side): Side {
  return side === 'a' ? 'b' : 'a';
}

/** Sentinel's name for the master of a shard. */
export function masterName(shard: number): string {
  return `shard-${shard}`;
}

/** How many Sentinels have to agree. */
export function quorumOf(sentinels: number): number {
  return Math.floor(sentinels / 2) + 1;
}

/**
 * The settings of a shard (SENTINEL SET) of a Sentinel, after the password, in the order of monitor.sh. All Sentinels notice at the same
 * moment that the connections of a dead master are closed. If all wait equally long, each votes for itself as the leader of the failover,
 * and they repeat it after twice failover-timeout (by default 6 minutes); so each waits 250 ms longer than the one before. A Sentinel writes
 * its state to disk several times in each failover, and does nothing for 30 seconds after it has stood still for two; so that a lost
 * zone does not begin all failovers at once, they are spread over 280 ms.
 */
export function sentinelSettings(ordinal: number, shard: number): readonly (readonly [name: string, value: string])[] {
  return [
    ['failover-timeout', '5000'],
    ['parallel-syncs', '1'],
    ['down-after-milliseconds', String(3000 + 250 * ordinal + 40 * (shard % 8))],
  ];
}
