// Measures whether keys spread as evenly as arcs: some hashes put similar keys side by side on the circle.

import { documentAt } from '../common/documents';
import { countPairs, ONE_ARC } from './arcs';
import { type ConfigWarning } from './config-warnings';
import type { HashRing } from './hash-ring';
import { percent } from './percent';

/**
 * How uneven the key counts are, as a clump size: keys placed on the circle at random in clumps of this size would on
 * average be as uneven. A hash that spreads the keys well has about 1.
 *
 * It is the squared distance of the counts from the servers' parts of the circle, divided by its expected value for keys
 * placed one by one (an index of dispersion; with equal parts, chi-squared per degree of freedom). So it depends neither
 * on the number of servers nor on how unequal their parts are. Parts are of the circle, not of the hash values: a hash
 * that reaches only a part of the circle is uneven too.
 */
export function clumpSize(ring: HashRing, counts: ArrayLike<number>): number {
  return clumpsOn(partsOfCircle(ring), counts);
}

/**
 * A warning if keys such as `user:0`, `user:1`, ... spread unevenly, as they do with ketama and the hashes fnv1_32,
 * fnv1_64, fnv1a_64, crc16 and crc32.
 *
 * The sample is a thousand numbered keys for each of eight prefixes; it is uneven if the mean clump size of the prefixes
 * is over 5. Rings of 3 to 400 servers, with and without weights, measured 10 or more with ketama and fnv1a_64 or
 * crc32, and at most 2.5 with md5, murmur, jenkins or hsieh.
 */
export function unevenSample(ring: HashRing): ConfigWarning | undefined {
  const parts = partsOfCircle(ring);
  const samples = PREFIXES.map((prefix) => sampleOf(ring, parts, prefix));
  const mean = sum(samples.map(({ clumps }) => clumps)) / samples.length;
  if (mean <= LARGEST_EVEN_CLUMPS) return undefined;
  const worst = samples.reduce((a, b) => (b.clumps > a.clumps ? b : a));
  return { code: 'uneven-keys', pool: ring.pool.name, message: messageFor(ring, parts, worst) };
}

const PREFIXES = ['account:', 'cart:', 'device:', 'item:', 'order:', 'session:', 'token:', 'user:'];
const KEYS_PER_PREFIX = 1000;
const LARGEST_EVEN_CLUMPS = 5;

interface Sample {
  readonly prefix: string;
  readonly counts: readonly number[];
  readonly clumps: number;
}

function sampleOf(ring: HashRing, parts: readonly number[], prefix: string): Sample {
  const counts = ring.pool.servers.map(() => 0);
  for (let i = 0; i < KEYS_PER_PREFIX; i++) counts[ring._indexOf(Buffer.from(`${prefix}${i}`))]++;
  return { prefix, counts, clumps: clumpsOn(parts, counts) };
}

function messageFor(ring: HashRing, parts: readonly number[], { prefix, counts }: Sample): string {
  const most = Math.max(...counts);
  const busiest = counts.indexOf(most);
  const { ringName } = ring.pool.servers[busiest];
  const without = counts.filter((count) => count === 0).length;
  const rest = without === 0 ? '' : `, and ${without} of ${counts.length} servers get none`;
  return (
    `${ring.pool.hash} puts keys that differ only in their last characters on the same few servers: of ` +
    `${prefix}0 to ${prefix}${KEYS_PER_PREFIX - 1}, ${percent(most / KEYS_PER_PREFIX)} are on '${ringName}', which has ` +
    `${percent(parts[busiest])} of the circle${rest}; size each shard by what it holds, not by the ` +
    `mean: ${documentAt('docs/ring.md#why-arcs-are-even-and-keys-are-not')}`
  );
}

function clumpsOn(parts: readonly number[], counts: ArrayLike<number>): number {
  const keys = sum(parts.map((_, i) => counts[i]));
  const distance = sum(parts.map((part, i) => (counts[i] - keys * part) ** 2));
  const expected = keys * (1 - sum(parts.map((part) => part ** 2)));
  return expected === 0 ? 1 : distance / expected;
}

/** Each server's part of the circle, 0 to 1. */
function partsOfCircle({ _arcs, pool }: HashRing): number[] {
  const counts = countPairs(_arcs, ONE_ARC, _arcs.period);
  return pool.servers.map((_, i) => counts.of(i, 0) / _arcs.period);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
