// What a server reports about its memory, from INFO of any version since 2.8. A field that a version lacks is replaced by a
// stated assumption.

import { type ServerInfo } from '../../input/server-info';

const MEBIBYTE = 2 ** 20;

/** Below this, the fixed part of the memory hides the ratios. */
const TOO_SMALL = 32 * MEBIBYTE;

/** Fragmentation without a usable measurement. */
const USUAL_FRAGMENTATION = 1.1;

/** What jemalloc uses for itself, and what a process maps of its executable and libraries (Redis 7.0 on Debian). */
const ALLOCATOR_BYTES = 6 * MEBIBYTE;
const MAPPED_BYTES = 12 * MEBIBYTE;

/** The part of the data that a fork copies, if a server reports none. */
const UNKNOWN_COPY_ON_WRITE = 0.5;

/** What a fork copies without any write (Redis 7.0). */
const LEAST_COPIED = MEBIBYTE;

/** Bytes per second that clients send, if a server does not report it (before 2.8.18). */
const UNKNOWN_INPUT = MEBIBYTE;

/** `client-output-buffer-limit` of replicas in Redis. */
const DEFAULT_REPLICA_LIMIT = 256 * MEBIBYTE;

/** `auto-aof-rewrite-percentage` in Redis. */
const DEFAULT_AOF_GROWTH = 100;

export interface ServerMemory {
  /** `used_memory`, now and at its peak, in bytes. */
  readonly used: number;
  readonly peak: number;
  /** `maxmemory`; undefined if there is no limit, or an old version does not report it. */
  readonly maxmemory?: number;
  /** Whether it evicts keys, so that it is always full. */
  readonly evicts: boolean;
  /** The part of `used` that is not data: the replication backlog and the buffers of clients. */
  readonly notData: number;
  /** Resident bytes for each byte that Redis allocates. */
  readonly fragmentation: number;
  /** The part of the data that a fork copied, 0 to 1. */
  readonly copyOnWrite: number;
  /** Bytes per second that clients send at most: the replication stream is a part of it. */
  readonly inputRate: number;
  /** How long its last save took, in seconds. */
  readonly saveSeconds: number;
  /** The hard limit of what may wait for a replica. */
  readonly replicaLimit: number;
  /** By how much an AOF may grow before it is rewritten, as a share of its base; Infinity if it never is. */
  readonly aofGrowth: number;
  /** What is assumed rather than measured. */
  readonly assumptions: readonly string[];
}

export function memoryOf(server: ServerInfo): ServerMemory {
  const used = server.required('used_memory');
  const fragmentation = fragmentationOf(server, used);
  const copyOnWrite = copyOnWriteOf(server, used);
  const limit = Number(server.setting('maxmemory') ?? server.number('maxmemory') ?? 0);
  return {
    used,
    peak: Math.max(used, server.number('used_memory_peak') ?? 0),
    maxmemory: limit > 0 ? limit : undefined,
    evicts: (server.number('evicted_keys') ?? 0) > 0,
    notData: notDataOf(server),
    fragmentation: fragmentation ?? USUAL_FRAGMENTATION,
    copyOnWrite: copyOnWrite ?? UNKNOWN_COPY_ON_WRITE,
    inputRate: inputRateOf(server),
    saveSeconds: Math.max(1, ...SAVE_SECONDS.map((field) => server.number(field) ?? 0)),
    replicaLimit: replicaLimitOf(server),
    aofGrowth: aofGrowthOf(server),
    assumptions: [
      ...(fragmentation === undefined ? [`fragmentation of ${USUAL_FRAGMENTATION}`] : []),
      ...(copyOnWrite === undefined ? [`a fork that copies ${UNKNOWN_COPY_ON_WRITE * 100} %`] : []),
    ],
  };
}

/** From 5.0 on, what the allocator reports; before, the resident memory. Undefined for a small or swapped server. */
function fragmentationOf(server: ServerInfo, used: number): number | undefined {
  const [allocated = 0, active = 0, resident = 0] = ['allocated', 'active', 'resident'].map((kind) =>
    server.number(`allocator_${kind}`),
  );
  if (used < TOO_SMALL) return undefined;
  if (allocated > 0) return Math.max(1, active / allocated, (resident - ALLOCATOR_BYTES) / allocated);
  const rss = server.required('used_memory_rss') - MAPPED_BYTES;
  return rss < used ? undefined : rss / used;
}

const SAVE_SECONDS = ['rdb_last_bgsave_time_sec', 'aof_last_rewrite_time_sec'];

/** From 4.0 on, what the last save or rewrite copied; undefined if there was none since the start. */
function copyOnWriteOf(server: ServerInfo, used: number): number | undefined {
  const copied = Math.max(...COPIED.map((field) => server.number(field) ?? 0));
  return copied > 0 ? Math.min(1, Math.max(0, copied - LEAST_COPIED) / used) : undefined;
}

/** The last one is that of a running save (7.0). */
const COPIED = ['rdb_last_cow_size', 'aof_last_cow_size', 'current_cow_peak'];

function notDataOf(server: ServerInfo): number {
  const backlog = server.text('repl_backlog_active') === '1' ? server.number('repl_backlog_size') : 0;
  const parts = [
    server.number('mem_replication_backlog') ?? backlog,
    server.number('mem_clients_normal'),
    server.number('mem_clients_slaves'),
    server.number('mem_aof_buffer'),
  ];
  return parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
}

/** The mean since the start, or the current rate if that is higher. */
function inputRateOf(server: ServerInfo): number {
  const total = server.number('total_net_input_bytes');
  if (total === undefined) return UNKNOWN_INPUT;
  const current = Number(server.text('instantaneous_input_kbps')) * 1024;
  return Math.max(total / Math.max(1, server.required('uptime_in_seconds')), Number.isFinite(current) ? current : 0);
}

/** `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60`; 0 is no limit. */
function replicaLimitOf(server: ServerInfo): number {
  const value = server.setting('client-output-buffer-limit') ?? '';
  const limit = /(?:slave|replica) (\d+)/.exec(value)?.[1];
  if (limit === undefined) return DEFAULT_REPLICA_LIMIT;
  return Number(limit) || Infinity;
}

function aofGrowthOf(server: ServerInfo): number {
  const percentage = Number(server.setting('auto-aof-rewrite-percentage') ?? DEFAULT_AOF_GROWTH);
  return percentage > 0 ? percentage / 100 : Infinity;
}

/** The bytes of the data, with the key tables. */
export function dataOf({ used, notData }: Pick<ServerMemory, 'used' | 'notData'>): number {
  return Math.max(0, used - notData);
}
