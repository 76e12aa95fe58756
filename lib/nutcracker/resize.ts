// The pool with servers added and removed, with weights for which no key moves between the servers that stay.

import { Distribution } from './algorithms';
import { refuse } from './config-error';
import { quote } from './config-values';
import { ketamaDigests } from './distributions';
import { NutcrackerPool } from './nutcracker-pool';
import { NutcrackerServer } from './nutcracker-server';

/**
 * Removes the servers with these ring names, and appends the others with a weight that this function chooses.
 *
 * ketama gives a server a number of points that depends on the number of all servers, in steps of four, and a change of
 * it moves keys between servers that stay. Their weights are changed so that it does not, or if that is impossible,
 * changes as little as possible. A new server gets about as many points as the mean.
 */
export function resizedPool(pool: NutcrackerPool, removed: readonly string[], added: readonly Place[]): NutcrackerPool {
  const stay = serversWithout(pool, removed);
  if (stay.length + added.length === 0) {
    refuse({ pool: pool.name, because: 'no server would be left', remedy: 'keep one, or add others' });
  }
  const mean = pool.servers.reduce((sum, { weight }) => sum + weight, 0) / pool.servers.length;
  const weights = weightsFor(pool, stay, added.length, mean);
  return new NutcrackerPool({
    ...pool.settings,
    servers: [
      ...stay.map(({ address, name }, i) => new NutcrackerServer({ address, name, weight: weights.stay[i] })),
      ...added.map(({ address, name }) => new NutcrackerServer({ address, name, weight: weights.added })),
    ],
  });
}

/** A server without a weight. */
export type Place = Pick<NutcrackerServer, 'address' | 'name'>;

function serversWithout({ name, servers }: NutcrackerPool, removed: readonly string[]): NutcrackerServer[] {
  for (const ringName of removed) {
    if (servers.some((server) => server.ringName === ringName)) continue;
    refuse({
      pool: name,
      because: `no server has the ring name ${quote(ringName)}`,
      remedy: `name one of ${servers.map((server) => quote(server.ringName)).join(', ')}`,
    });
  }
  return servers.filter(({ ringName }) => !removed.includes(ringName));
}

/** The weight of each server that stays, and that of every new one. */
interface Weights {
  readonly stay: readonly number[];
  readonly added: number;
}

/** The first candidate that changes no number of points, or else the one that changes them least. */
function weightsFor(pool: NutcrackerPool, stay: readonly NutcrackerServer[], added: number, mean: number): Weights {
  const unchanged = scaled(stay, mean, 1, 0);
  // modula moves nearly all keys whatever the weights are, and a single server has no points.
  if (pool.distribution !== Distribution.KETAMA || pool.servers.length === 1) return unchanged;
  const before = digestsOf(
    pool.servers.map(({ weight }) => weight),
    pool.servers.length,
  );
  const wanted = stay.map((server) => before[pool.servers.indexOf(server)]);
  const candidates = [
    unchanged,
    ...SCALES.flatMap((scale) => [scaled(stay, mean, scale, -1), scaled(stay, mean, scale, 1)]),
    ...SCALES.map((scale) => fitted(wanted, added, scale / DIGESTS_PER_SERVER)),
  ].filter((weights) => isAllowed(weights, added));
  const changes = candidates.map((weights) => changedDigests(weights, wanted, added));
  return candidates[changes.indexOf(Math.min(...changes))] ?? unchanged;
}

/** The mean over the servers of a ring: 160 points, four from each. */
const DIGESTS_PER_SERVER = 40;

/** Multiples of the old weights: new servers with one less than the mean leave the others a little above a step. */
const SCALES = [1000, 10_000, 100_000, 1_000_000];

/** The largest sum of weights that is proposed; nutcracker's limit is 2^32 - 1. */
const MAX_TOTAL = 1_000_000_000;

function isAllowed({ stay, added }: Weights, count: number): boolean {
  return stay.reduce((sum, weight) => sum + weight, added * count) <= MAX_TOTAL;
}

function scaled(stay: readonly NutcrackerServer[], mean: number, scale: number, difference: number): Weights {
  return {
    stay: stay.map(({ weight }) => weight * scale),
    added: Math.max(1, Math.round(mean * scale) + difference),
  };
}

/** How far above a step of the number of points a weight has to be, in digests, to be independent of rounding. */
const MARGIN = 0.0005;

/**
 * Weights that give each server the digests that are wanted: all digests are about 40 per server, so what new servers
 * get follows from what the others keep. If there are no new ones, some keep one less, or get one more.
 */
function fitted(wanted: readonly number[], added: number, scale: number): Weights {
  const all = DIGESTS_PER_SERVER * (wanted.length + added);
  const kept = [...wanted];
  const rest = (): number => all - kept.reduce((sum, digests) => sum + digests, 0);
  if (added === 0) {
    const largestFirst = kept.map((_, i) => i).sort((a, b) => kept[b] - kept[a]);
    for (const i of largestFirst) if (kept[i] > 1 && rest() < kept.length * MARGIN) kept[i]--;
    for (const i of largestFirst) if (rest() > kept.length * (1 - MARGIN)) kept[i]++;
  }
  const mean = kept.reduce((sum, digests) => sum + digests, 0) / kept.length;
  const margin = added === 0 ? rest() / kept.length : (rest() - added * (mean + 0.5)) / kept.length;
  const above = Math.min(Math.max(margin, MARGIN), 1 - MARGIN);
  return {
    stay: kept.map((digests) => Math.max(1, Math.round((digests + above) * scale))),
    added: added === 0 ? 1 : Math.max(1, Math.round(((rest() - above * kept.length) / added) * scale)),
  };
}

/** By how many digests the servers that stay differ from what they have. */
function changedDigests({ stay, added }: Weights, wanted: readonly number[], count: number): number {
  if (stay.length + count === 1) return 0;
  const digests = digestsOf([...stay, ...Array<number>(count).fill(added)], stay.length + count);
  return wanted.reduce((sum, before, i) => sum + Math.abs(digests[i] - before), 0);
}

function digestsOf(weights: readonly number[], servers: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => ketamaDigests(weight, total, servers));
}
