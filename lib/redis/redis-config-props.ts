// The settings of a Redis server as typed props.

import { Duration, Size } from 'cdk8s';

/** When the append-only file is synced to disk. */
export enum AppendFsync {
  /** After every write; no acknowledged write is lost if a node dies, at the cost of one fsync per write. */
  ALWAYS = 'always',
  /** Once a second. */
  EVERYSEC = 'everysec',
  /** When the kernel decides. */
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

/** A snapshot is taken `after` this time if there were at least this many changes. */
export interface SavePoint {
  /** Whole seconds, at least one. */
  readonly after: Duration;
  /** Changes since the last snapshot. */
  readonly changes: number;
}

/** Settings of redis-server. Without a value, the old file or the default of Redis applies. */
export interface RedisConfigProps {
  /**
   * Whether every write is appended to a file.
   * @default true - or the value of the old file
   */
  readonly appendonly?: boolean;

  /**
   * When the append-only file is synced to disk.
   * @default AppendFsync.EVERYSEC - or the value of the old file, as for all of the following
   */
  readonly appendfsync?: AppendFsync;

  /**
   * When snapshots are taken; an empty list means never.
   * @default - after 1 hour for 1 change, 5 minutes for 100, 1 minute for 10000
   */
  readonly save?: SavePoint[];

  /**
   * What happens when `maxmemory` is reached.
   * @default MaxmemoryPolicy.NOEVICTION
   */
  readonly maxmemoryPolicy?: MaxmemoryPolicy;

  /**
   * The number of databases; clients of the proxies see only the first.
   * @default 16
   */
  readonly databases?: number;

  /**
   * Time after which idle clients are disconnected, in whole seconds.
   * @default - never
   */
  readonly timeout?: Duration;

  /**
   * How often idle connections are probed, in whole seconds.
   * @default Duration.seconds(300)
   */
  readonly tcpKeepalive?: Duration;

  /**
   * The limit of concurrent connections.
   * @default 10000
   */
  readonly maxclients?: number;

  /**
   * How often per second Redis does its background work.
   * @default 10
   */
  readonly hz?: number;

  /**
   * Whether Redis defragments its memory while it runs. Debian's redis-server does not start with it.
   * @default false
   */
  readonly activedefrag?: boolean;

  /**
   * Whether evictions, expiries, overwrites, DEL and FLUSHALL free their memory in the background (the five `lazyfree-lazy-*`).
   * @default false
   */
  readonly lazyfree?: boolean;

  /**
   * Commands that take longer are logged, in whole milliseconds; zero logs all commands.
   * @default Duration.millis(10)
   */
  readonly slowlogLogSlowerThan?: Duration;

  /**
   * The maximum number of entries in the slow log.
   * @default 128
   */
  readonly slowlogMaxLen?: number;

  /**
   * Events that take longer are recorded for LATENCY, in whole milliseconds.
   * @default - no event is recorded
   */
  readonly latencyMonitorThreshold?: Duration;

  /**
   * What a master keeps of its replication stream for replicas that reconnect. Redis' default of 1 MiB is a fraction of a second of a busy
   * shard: a replica whose link breaks while a shard moves would need another full synchronization. It fills only once a replica has connected.
   * It counts as data for `maxmemory`.
   * @default - an eighth of the shard's `maxmemory`, from 1 MiB to 64 MiB
   */
  readonly replBacklogSize?: Size;

  /**
   * Whether fsync is skipped while a snapshot or a rewrite runs: faster, but up to 30 seconds of writes are at risk.
   * @default false
   */
  readonly noAppendfsyncOnRewrite?: boolean;

  /**
   * Growth in percent after which the append-only file is rewritten; 0 for never.
   * @default 100
   */
  readonly autoAofRewritePercentage?: number;

  /**
   * Size below which the append-only file is not rewritten.
   * @default Size.mebibytes(64)
   */
  readonly autoAofRewriteMinSize?: Size;

  /**
   * New names of commands by their original names; an empty name disables a command. They must be the same as on the old servers: replication sends the new names.
   * @default - none
   */
  readonly renameCommand?: Record<string, string>;

  /**
   * Directives without a prop, with their arguments as in redis.conf. Directives that this library does not know are passed on
   * unchanged: use this for settings of later versions.
   * @default - none
   */
  readonly raw?: Record<string, string>;
}
