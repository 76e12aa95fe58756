// Cases in which the ring of a pool depends on the build of nutcracker, or leaves servers without keys.

import { Distribution } from './algorithms';
import { KETAMA_PERIOD, ketamaDigests } from './distributions';
import { percent } from './percent';
import { type Ring } from './ring';

/** The caveats in words; most pools have none if their keys are ASCII. */
export function caveatsOf(ring: Ring): string[] {
  if (ring.pool.servers.length === 1) return [];
  return [signedBytes(ring), tiedPoints(ring), longNames(ring), unusedServers(ring)].flat();
}

function signedBytes({ pool, _hash }: Ring): string[] {
  if (!_hash.readsSignedBytes) return [];
  return [
    `hash ${pool.hash} reads bytes above 127 as signed on x86-64, as computed here, and as unsigned on arm64: ` +
      'non-ASCII keys can be on other servers there, so do not mix the two architectures',
  ];
}

/** glibc's qsort() keeps equal points in order; musl's, in Alpine's builds, does not. */
function tiedPoints(ring: Ring): string[] {
  const share = tiedShare(ring);
  if (share === 0) return [];
  return [
    `servers have points in common: ${percent(share)} of the circle belongs to the first of them in nutcracker's order ` +
      'with glibc, as computed here, and may belong to another in builds with musl (Alpine)',
  ];
}

function tiedShare({ pool, _arcs: { lasts, owners } }: Ring): number {
  if (pool.distribution !== Distribution.KETAMA) return 0;
  const points = lasts.length - 1;
  let tied = 0;
  let first = 0;
  for (let i = 1; i < points; i++) {
    if (lasts[i] !== lasts[first]) first = i;
    else if (owners[i] !== owners[first]) {
      tied += first === 0 ? lasts[0] + KETAMA_PERIOD - lasts[points - 1] : lasts[first] - lasts[first - 1];
      while (i + 1 < points && lasts[i + 1] === lasts[first]) i++;
    }
  }
  return tied / KETAMA_PERIOD;
}

/** KETAMA_MAX_HOSTLEN of 0.4.1, without the terminating NUL. */
const POINT_NAME_BYTES_OF_0_4_1 = 85;

function longNames({ pool: { servers, distribution } }: Ring): string[] {
  if (distribution !== Distribution.KETAMA) return [];
  const totalWeight = servers.reduce((sum, { weight }) => sum + weight, 0);
  const long = servers.filter(({ ringName, weight }) => {
    const last = ketamaDigests(weight, totalWeight, servers.length) - 1;
    return last >= 0 && Buffer.byteLength(`${ringName}-${last}`) > POINT_NAME_BYTES_OF_0_4_1;
  });
  if (long.length === 0) return [];
  return [
    `the names of ${list(long.map(({ ringName }) => ringName))} are too long for nutcracker 0.4.1 and earlier, which ` +
      'read memory past their end: this ring is right for their keys with 0.5.0 only',
  ];
}

function unusedServers(ring: Ring): string[] {
  const unused = ring.keyShare().filter(({ share }) => share === 0);
  if (unused.length === 0) return [];
  return [
    `${list(unused.map(({ server }) => server.ringName))} never get a key: their weights are too small, or hash ` +
      `${ring.pool.hash} has too few values`,
  ];
}

/** The first few names, and the number of the others. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `'${name}'`);
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ');
}
