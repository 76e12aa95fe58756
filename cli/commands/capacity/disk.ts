// How much a shard has on its disk at most.

const MEBIBYTE = 2 ** 20;

/** `auto-aof-rewrite-min-size`: a smaller AOF is not rewritten. */
const LEAST_GROWTH = 64 * MEBIBYTE;

/**
 * The snapshot, the base of the AOF, what was appended to it, and the next version of snapshot or base while it is written. Each of
 * them is at most as large as the data: files have the same values in a denser form.
 */
export function diskBytes(maxmemory: number, aofGrowth: number): number {
  return 3 * maxmemory + Math.max(LEAST_GROWTH, maxmemory * aofGrowth);
}
