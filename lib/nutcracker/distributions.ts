// nutcracker's two distributions (its src/hashkit/nc_ketama.c and nc_modula.c): from a pool's servers to arcs.

import { type Arcs } from './arcs';
import { md5Digest } from './hashes/md5';
import { type NutcrackerServer } from './nutcracker-server';

/** The circle of ketama: all 32-bit numbers. */
export const KETAMA_PERIOD = 2 ** 32;

const POINTS_PER_SERVER = 160;
const POINTS_PER_DIGEST = 4;
/** KETAMA_MAX_HOSTLEN without the terminating NUL: nutcracker 0.5.0 truncates longer strings. */
const MAX_POINT_NAME_BYTES = 272;

/**
 * A server has points on the circle, four from the MD5 of each of `<ring name>-0`, `<ring name>-1`, ..., and owns the
 * positions from the previous point up to each of them. The number of points depends on its weight.
 */
export function ketamaArcs(servers: readonly NutcrackerServer[]): Arcs {
  const order = sortOrder(servers);
  const points = sortedPoints(order.map((place) => servers[place]));
  const lasts = new Uint32Array(points.length + 1);
  const owners = new Uint32Array(points.length + 1);
  points.forEach((point, i) => {
    lasts[i] = Math.floor(point / RANKS);
    owners[i] = order[point % RANKS];
  });
  lasts[points.length] = KETAMA_PERIOD - 1;
  owners[points.length] = owners[0];
  return { period: KETAMA_PERIOD, lasts, owners, servers: servers.length };
}

/** The servers in their sort order, each with as many positions as its weight. */
export function modulaArcs(servers: readonly NutcrackerServer[]): Arcs {
  const owners = Uint32Array.from(sortOrder(servers));
  let period = 0;
  const lasts = owners.map((place) => (period += servers[place].weight) - 1);
  return { period, lasts, owners, servers: servers.length };
}

/**
 * The number of MD5 digests that a server's points come from. Every step is rounded to a 32-bit float as in nutcracker,
 * so equal weights give 40 or 39 depending on the number of servers. (The 1e-10 that nutcracker adds last is lost in
 * the rounding.)
 */
export function ketamaDigests(weight: number, totalWeight: number, servers: number): number {
  const { fround } = Math;
  const share = fround(fround(weight) / fround(totalWeight));
  const points = fround(fround(share * POINTS_PER_SERVER) / POINTS_PER_DIGEST);
  return Math.floor(fround(points * fround(servers)));
}

/** The indexes of the servers in nutcracker's order: shorter ring names first, then by bytes. */
function sortOrder(servers: readonly NutcrackerServer[]): number[] {
  const names = servers.map((server) => Buffer.from(server.ringName));
  return names
    .map((_, place) => place)
    .sort((a, b) => names[a].length - names[b].length || Buffer.compare(names[a], names[b]));
}

/** More ranks than a ring can have servers; a point times this, plus a rank, is still exact below 2^53. */
const RANKS = 2 ** 21;

/** Every point of the circle, combined with its server's rank: among equal points the lowest rank gets the keys. */
function sortedPoints(ranked: readonly NutcrackerServer[]): Float64Array {
  const totalWeight = ranked.reduce((sum, server) => sum + server.weight, 0);
  const points: number[] = [];
  ranked.forEach((server, rank) => {
    const digests = ketamaDigests(server.weight, totalWeight, ranked.length);
    for (let i = 0; i < digests; i++) {
      const pointName = Buffer.from(`${server.ringName}-${i}`).subarray(0, MAX_POINT_NAME_BYTES);
      for (const word of md5Digest(pointName)) points.push((word >>> 0) * RANKS + rank);
    }
  });
  return Float64Array.from(points).sort();
}
