// The settings of a Redis server as typed props.

import { Duration, Size } from 'cdk8s';

/** When the append-only file is forced to disk. */
export enum AppendFsync {
  /** After every write; no acknowledged write is lost when a node dies, at the price of one fsync each. */
  ALWAYS = 'always',
  /** Once a second. */
  EVERYSEC = 'everysec',
  /** When the kernel likes. */
  NO = 'no',
}

/** What Redis does when it reaches `maxmemory`. */
export enum MaxmemoryPolicy {
  /** Refuse writes, and lose nothing. */
  NOEVICTION = 'noeviction',
  /** Evict the least recently used keys. */
  ALLKEYS_LRU = 'allkeys-lru',
  /** Evict the least frequently used keys. */
  ALLKEYS_LFU = 'allkeys-lfu',
  /** Evict any keys. */
  ALLKEYS_RANDOM = 'allkeys-random',
  /** Evict the least recently used of the keys that expire. */
  VOLATILE_LRU = 'volatile-lru',
  /** Evict the least frequently used of the keys that expire. */
  VOLATILE_LFU = 'volatile-lfu',
  /** Evict any of the keys that expire. */
  VOLATILE_RANDOM = 'volatile-random',
  /** Evict the keys that expire soonest. */
  VOLATILE_TTL = 'volatile-ttl',
}

/** A snapshot is taken `after` this long if at least so many keys changed. */
export interface SavePoint {
  /** Whole seconds, at least one. */
  readonly after: Duration;
  /** Changes since the last snapshot. */
  readonly changes: number;
}

/** Settings of redis-server; what is not given stays as it was, or as Redis has it. */
export interface RedisConfigProps {
  /**
   * Whether every write is appended to a file.
   * @default true - or what the old file says
   */
  readonly appendonly?: boolean;

  /**
   * When what was appended is made to reach the disk.
   * @default AppendFsync.EVERYSEC - or what the old file says, as for all of the following
   */
  readonly appendfsync?: AppendFsync;

  /**
   * When snapshots are taken; an empty list for never.
   * @default - after 1 hour for 1 change, 5 minutes for 100, 1 minute for 10000
   */
  readonly save?: SavePoint[];

  /**
   * What happens when `maxmemory` is reached.
   * @default MaxmemoryPolicy.NOEVICTION
   */
  readonly maxmemoryPolicy?: MaxmemoryPolicy;

  /**
   * How many databases there are; clients of the proxies see only the first.
   * @default 16
   */
  readonly databases?: number;

  /**
   * Idle clients are disconnected after this, in whole seconds.
   * @default - never
   */
  readonly timeout?: Duration;

  /**
   * How often idle connections are probed, in whole seconds.
   * @default Duration.seconds(300)
   */
  readonly tcpKeepalive?: Duration;

  /**
   * Connections at a time.
   * @default 10000
   */
  readonly maxclients?: number;

  /**
   * How often a second Redis does its background work.
   * @default 10
   */
  readonly hz?: number;

  /**
   * Whether Redis moves values together while it runs. Debian's redis-server does not start with it.
   * @default false
   */
  readonly activedefrag?: boolean;

  /**
   * Whether evictions, expiries, overwrites, DEL and FLUSHALL free their memory in the background (the five `lazyfree-lazy-*`).
   * @default false
   */
  readonly lazyfree?: boolean;

  /**
   * Commands that take longer are logged, in whole milliseconds; zero logs all.
   * @default Duration.millis(10)
   */
  readonly slowlogLogSlowerThan?: Duration;

  /**
   * Entries that the slow log holds.
   * @default 128
   */
  readonly slowlogMaxLen?: number;

  /**
   * Events that take longer are recorded for LATENCY, in whole milliseconds.
   * @default - none are
   */
  readonly latencyMonitorThreshold?: Duration;

  /**
   * What a master keeps of its stream for replicas that come back. Redis' own 1 MiB is a fraction of a second of a busy shard: a replica
   * whose link breaks while a shard moves would start over with a full copy. It is filled as the stream flows, and only once a replica was there.
   * It counts as data for `maxmemory`.
   * @default - an eighth of the shard's `maxmemory`, from 1 MiB to 64 MiB
   */
  readonly replBacklogSize?: Size;

  /**
   * Whether fsync waits while a snapshot or a rewrite runs: faster then, and up to 30 seconds of writes at risk.
   * @default false
   */
  readonly noAppendfsyncOnRewrite?: boolean;

  /**
   * The append-only file is rewritten when it grew by so many percent; 0 for never.
   * @default 100
   */
  readonly autoAofRewritePercentage?: number;

  /**
   * The append-only file is not rewritten below this size.
   * @default Size.mebibytes(64)
   */
  readonly autoAofRewriteMinSize?: Size;

  /**
   * New names of commands by their old names, an empty one to disable. They must be the same as on the old servers: replication sends the new names.
   * @default - none
   */
  readonly renameCommand?: Record<string, string>;

  /**
   * Directives that have no prop, with their arguments as they stand in redis.conf. One that this library does not know is taken as it
   * is: this is the way to use a setting of a later version.
   * @default - none
   */
  readonly raw?: Record<string, string>;
}
