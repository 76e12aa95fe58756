// A short digest of the rings of pools: equal if and only if they place every key on the same shard by the same settings.

import { createHash } from 'node:crypto';
import { type NutcrackerPool } from './nutcracker-pool';

/** A pool, and the ordinal of the shard of each of its servers. */
export interface PlacedPool {
  readonly pool: NutcrackerPool;
  readonly ordinals: readonly number[];
}

/** The number of hexadecimal digits: short enough for a label of Kubernetes. */
const DIGITS = 16;

/** The fingerprint of the pools. It does not depend on addresses, ports, timeouts or passwords. */
export function ringFingerprint(pools: readonly PlacedPool[]): string {
  const inputs = pools.map(({ pool, ordinals }) => [
    pool.name,
    pool.hash,
    pool.distribution,
    pool.hashTag ?? '',
    pool.servers.map(({ ringName, weight }, i) => [ringName, weight, ordinals[i]]),
  ]);
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, DIGITS);
}
