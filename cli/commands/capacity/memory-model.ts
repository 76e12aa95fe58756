// How much memory a shard needs with a given maxmemory: what the cgroup of its pod counts at most, during a fork.

import { type ServerMemory } from './server-memory';

const MEBIBYTE = 2 ** 20;

/** A process without data, its allocator, and the child of a fork. */
const PROCESS_BYTES = 6 * MEBIBYTE;

/** The page tables of both processes: 8 bytes for each page of 4 KiB. */
const PAGE_TABLES = (2 * 8) / 4096;

/** How fast a save writes at least, as `preflight` estimates it. */
const SAVE_BYTES_PER_SECOND = 50 * MEBIBYTE;

/** Redis delays its replies when an fsync takes longer than this, so no more waits for the disk. */
const FSYNC_SECONDS = 2;

/** `repl-backlog-size` of a new server, if its redis.conf sets none. */
const BACKLOG = { share: 1 / 8, least: MEBIBYTE, most: 64 * MEBIBYTE };

/** The smallest share of the data that a proposal lets a fork copy: the last save may have run in a quiet hour. */
const LEAST_COPY_ON_WRITE = 0.25;

/** The predictions of the model are within 10 % of what a server uses (test/cli/commands/capacity/peak.long.test.ts). */
const MARGIN = 1.1;

/** The synth refuses a larger maxmemory. */
const MOST_OF_MEMORY = 0.9;

/** The parts of the peak, in bytes. */
export interface Peak {
  readonly maxmemory: number;
  readonly fragmentation: number;
  /** Pages that parent and child have once each. */
  readonly copyOnWrite: number;
  /** The processes themselves, and their page tables. */
  readonly processes: number;
  readonly total: number;
}

/**
 * The peak during a fork while the data fills maxmemory, and no replica lags. A fork copies the same share of more data: it takes
 * longer in proportion.
 *
 * @param copyOnWrite the share that a fork copies; defaults to what the server reports
 */
export function peakAt(server: ServerMemory, maxmemory: number, copyOnWrite = server.copyOnWrite): Peak {
  const resident = maxmemory * server.fragmentation;
  const parts = {
    maxmemory,
    fragmentation: resident - maxmemory,
    copyOnWrite: Math.min(resident, maxmemory * copyOnWrite),
    processes: PROCESS_BYTES + resident * PAGE_TABLES,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

/**
 * What can wait for a replica and for the disk, and does not count for maxmemory: the stream of an initial synchronization beyond
 * the backlog, which Redis 7.0 shares with it, and what the AOF has not written.
 */
export function buffersAt({ used, saveSeconds, inputRate, replicaLimit }: ServerMemory, maxmemory: number): number {
  const seconds = Math.max(maxmemory / SAVE_BYTES_PER_SECOND, saveSeconds * (maxmemory / Math.max(used, 1)));
  const waiting = Math.min(replicaLimit, inputRate * seconds);
  return Math.max(0, waiting - backlogAt(maxmemory)) + inputRate * FSYNC_SECONDS;
}

/** The replication backlog, as the library sets it. It counts for maxmemory. */
export function backlogAt(maxmemory: number): number {
  return Math.min(BACKLOG.most, Math.max(BACKLOG.least, maxmemory * BACKLOG.share));
}

/** The memory that a shard should have: the peak and the buffers, with a margin. */
export function memoryFor(server: ServerMemory, maxmemory: number, copyOnWrite?: number): number {
  const share = copyOnWrite ?? Math.max(server.copyOnWrite, LEAST_COPY_ON_WRITE);
  const bytes = peakAt(server, maxmemory, share).total + buffersAt(server, maxmemory);
  return Math.max(bytes * MARGIN, maxmemory / MOST_OF_MEMORY);
}

/** The largest maxmemory, a multiple of `step`, for which that memory is enough; 0 if none is. */
export function largestMaxmemory(server: ServerMemory, memory: number, step: number, copyOnWrite?: number): number {
  let [fits, tooLarge] = [0, Math.ceil(memory / step)];
  while (tooLarge - fits > 1) {
    const middle = Math.floor((fits + tooLarge) / 2);
    if (memoryFor(server, middle * step, copyOnWrite) <= memory) fits = middle;
    else tooLarge = middle;
  }
  return fits * step;
}
