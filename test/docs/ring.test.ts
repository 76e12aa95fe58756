// The figures in docs/ring.md match the rings.

import { HashRing, HashType, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import { percent } from '../../lib/nutcracker/percent';
import { resizedPool } from '../../lib/nutcracker/resize';
import { HASH_FUNCTIONS } from '../../lib/nutcracker/hashes';
import { FLEETS, KEYS } from '../nutcracker/placement-cases';
import { read } from './documents';

const text = read('docs/ring.md').replaceAll(/\s+/g, ' ');

function ringOf(count: number, hash = HashType.FNV1A_64, name = (n: number): string => `server${n}`): HashRing {
  const servers = Array.from({ length: count }, (_, n) => {
    return new NutcrackerServer({ address: `10.0.0.${n}:6379`, name: name(n) });
  });
  return HashRing.of(new NutcrackerPool({ name: 'alpha', listen: '127.0.0.1:22121', servers, hash }));
}

/** The number of servers that get any of 150 consecutive keys. */
function serversOf(ring: HashRing, prefix: string): number {
  return new Set(Array.from({ length: 150 }, (_, n) => ring.serverFor(`${prefix}${n}`).ringName)).size;
}

test('equal weights give 160 points among 108 servers, and 156 among 25, 107 or 109', () => {
  expect(text).toContain('equal weights give 160 points among 108 servers but 156 among 25, 107 or 109');
  const points = [108, 25, 107, 109].map((count) => Math.floor(ringOf(count)._arcs.lasts.length / count));
  expect(points).toEqual([160, 156, 156, 156]);
});

test("each server's arcs are 0.8 to 1.2 times the mean", () => {
  expect(text).toContain('0.8 to 1.2 times the mean');
  const shares = ringOf(108).keyShare().map(({ share }) => share * 108); // prettier-ignore
  expect([Math.min(...shares).toFixed(1), Math.max(...shares).toFixed(1)]).toEqual(['0.8', '1.2']);
});

test('consecutive keys are on 11 of 108 servers with fnv1a_64, on 6 to 13 with other names, on about 80 with other hashes', () => {
  expect(text).toContain('on 11 of 108 servers, on 6 to 13 with other names of keys and servers');
  expect(serversOf(ringOf(108), 'key:')).toBe(11);
  const names = ['server', 'redis-', 'shard-', 'n', 'cache', '10.0.0.'];
  const counts = names.flatMap((name) => {
    const ring = ringOf(108, HashType.FNV1A_64, (n) => `${name}${n}${name === '10.0.0.' ? ':6379' : ''}`);
    return ['key:', 'user:', 'item:', 'session:', 'cart:', 'order:', 'product:'].map((prefix) =>
      serversOf(ring, prefix),
    );
  });
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(6);
  expect(Math.max(...counts)).toBeLessThanOrEqual(13);
  const spread = [HashType.MURMUR, HashType.MD5, HashType.JENKINS, HashType.FNV1A_32];
  for (const hash of spread) expect(Math.abs(serversOf(ringOf(108, hash), 'key:') - 80)).toBeLessThan(5);
  expect(serversOf(ringOf(108, HashType.CRC32), 'key:')).toBe(1);
});

/** A row of the table of resizes: 108 servers of equal weight become `count`. */
function resizeRow(count: number): string {
  const before = ringOf(108);
  const equal = ringOf(count);
  const gone = before.pool.servers.slice(count).map(({ ringName }) => ringName);
  const proposed = HashRing.of(resizedPool(before.pool, gone, equal.pool.servers.slice(108)));
  const { movedShare, moves, removed, added } = before.diff(proposed);
  const sum = (shares: readonly { readonly share: number }[]): number =>
    shares.reduce((all, one) => all + one.share, 0);
  const leaving = sum(before.keyShare().filter(({ server }) => gone.includes(server.ringName)));
  const between = sum(moves.filter(({ from, to }) => !removed.includes(from) && !added.includes(to)));
  const weights = [...new Set(proposed.pool.servers.map(({ weight }) => weight))].sort((a, b) => b - a);
  const ideal = Math.max(leaving, (count - 108) / count);
  const cells = [percent(before.diff(equal).movedShare), percent(ideal), weights.join(', '), percent(movedShare)];
  return `| 108 to ${count} | ${cells.join(' | ')} | ${percent(between)} |`;
}

test('the table of resizes is right', () => {
  for (const count of [107, 109, 110, 120, 216]) expect(text).toContain(resizeRow(count));
});

test('the numbers of cases compared with nutcracker are right', () => {
  expect(text).toContain('twelve hashes, both distributions, three hash tags, ten fleets');
  expect(text).toContain('265 keys');
  expect([Object.keys(HASH_FUNCTIONS), Object.keys(FLEETS), KEYS].map(({ length }) => length)).toEqual([12, 10, 265]);
});
