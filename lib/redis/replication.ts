// What the two servers of each shard and the Sentinels know of each other: files of their ConfigMaps.

/** A fleet with replicas. */
export interface Replication {
  /** `host:port` of server a of each shard, by ordinal. */
  readonly a: readonly string[];
  /** `host:port` of server b of each shard, by ordinal. */
  readonly b: readonly string[];
  /** Both with `ORDINAL` as the ordinal. */
  readonly ofShard: readonly [string, string];
  /** The same with the other ports: those of the phases of TLS before or after. */
  readonly others?: Pick<Replication, 'a' | 'b' | 'ofShard'>;
  /** `host:port` of the Sentinels. */
  readonly sentinels: readonly string[];
  /** The labels that select the pods of set a. */
  readonly selectorOfA: Record<string, string>;
}

/** Three, so that one can fail. */
export const SENTINELS = 3;

/** The port that Sentinels listen on by default. */
export const SENTINEL_PORT = 26_379;

/** Stands for the ordinal of a shard. */
export const ORDINAL = '{n}';

/**
 * The addresses of both servers of a shard, in which the scripts replace the ordinal: the pods must not change, and so restart, when shards
 * are added or removed.
 */
export function serversLine({ ofShard, others }: Pick<Replication, 'ofShard' | 'others'>): string {
  return `${[...ofShard, ...(others?.ofShard ?? [])].join(' ')}\n`;
}

/** The addresses of both servers of each shard, in the format that the scripts of the Sentinels read: one line per shard. */
export function shardLines({ a, b, others }: Pick<Replication, 'a' | 'b' | 'others'>): string {
  const known = [a, b, ...(others ? [others.a, others.b] : [])];
  return a.map((_, n) => `${[n, ...known.map((each) => each[n])].join(' ')}\n`).join('');
}

/** One address per line. */
export function sentinelLines({ sentinels }: Pick<Replication, 'sentinels'>): string {
  return sentinels.map((address) => `${address}\n`).join('');
}
