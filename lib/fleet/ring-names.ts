// The names of each shard on the rings of the pools that it serves.

import { type ServedPool } from './fleet-pools';

/** By ordinal, each as `pool/name`. */
export function ringNamesOfShards(served: readonly ServedPool[], count: number): string[][] {
  const names = Array.from({ length: count }, (): string[] => []);
  for (const { pool, ordinals } of served) {
    pool.servers.forEach(({ ringName }, i) => names[ordinals[i]].push(`${pool.name}/${ringName}`));
  }
  return names;
}
