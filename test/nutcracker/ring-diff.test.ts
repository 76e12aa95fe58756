import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  Distribution,
  HashRing,
  HashType,
  NutcrackerPool,
  type NutcrackerPoolProps,
  NutcrackerServer,
} from '../../lib/nutcracker';
import { arcAt } from '../../lib/nutcracker/arcs';
import { anyHash, pools } from './ring-arbitraries';

const { KETAMA, MODULA } = Distribution;
const { MD5, MURMUR, CRC32 } = HashType;

function ring(weights: Record<string, number>, props: Partial<NutcrackerPoolProps> = {}): HashRing {
  const servers = Object.entries(weights).map(
    ([name, weight], i) => new NutcrackerServer({ address: `10.0.0.${i}:6379`, name, weight }),
  );
  return HashRing.of(new NutcrackerPool({ name: 'alpha', listen: '127.0.0.1:22121', servers, ...props }));
}

const equal = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`redis-${i}`, 1]));

describe('a ring and itself', () => {
  test('are the same, for any pool', () => {
    fc.assert(
      fc.property(pools(anyHash), (pool) => {
        expect(HashRing.of(pool).diff(HashRing.of(pool))).toEqual({
          isSame: true,
          isExact: true,
          movedShare: 0,
          moves: [],
          added: [],
          removed: [],
          reweighted: [],
        });
      }),
    );
  });

  test('are the same in any order of the servers', () => {
    const fleet = equal(108);
    const reversed = Object.fromEntries(Object.entries(fleet).reverse());
    for (const distribution of [KETAMA, MODULA]) {
      expect(ring(fleet, { distribution }).diff(ring(reversed, { distribution })).isSame).toBe(true);
    }
  });
});

describe('two rings', () => {
  test('differ by exactly the values that a full scan finds', () => {
    // crc32 has so few values that each can be looked up.
    const owner = ({ _arcs: { lasts, owners, period }, pool }: HashRing, value: number): string =>
      pool.servers[owners[arcAt(lasts, value % period)]].ringName;
    const crc32 = pools(fc.constant(CRC32));
    fc.assert(
      fc.property(crc32, crc32, (one, other) => {
        const [before, after] = [one, other].map((pool) =>
          HashRing.of(new NutcrackerPool({ ...pool.settings, hashTag: undefined })),
        );
        const moves = new Map<string, number>();
        for (let value = 0; value < 2 ** 15; value++) {
          const [from, to] = [owner(before, value), owner(after, value)];
          if (from !== to) moves.set(`${from} ${to}`, (moves.get(`${from} ${to}`) ?? 0) + 2 ** -15);
        }
        const diff = before.diff(after);
        expect(new Map(diff.moves.map(({ from, to, share }) => [`${from} ${to}`, share]))).toEqual(moves);
        expect(diff.movedShare).toBe([...moves.values()].reduce((sum, share) => sum + share, 0));
      }),
      { numRuns: 50 },
    );
  });

  test('differ by the same share in both directions', () => {
    const murmur = pools(fc.constant(MURMUR));
    fc.assert(
      fc.property(murmur, murmur, (one, other) => {
        const [before, after] = [HashRing.of(one), HashRing.of(other)];
        expect(after.diff(before).movedShare).toBe(before.diff(after).movedShare);
      }),
    );
  });

  test.each([
    [KETAMA, KETAMA],
    [KETAMA, MODULA],
    [MODULA, KETAMA],
    [MODULA, MODULA],
  ])('differ from %s to %s by the share of keys that change server', (from, to) => {
    const before = ring({ ...equal(20), heavy: 30 }, { hash: MD5, distribution: from });
    const after = ring({ ...equal(17), heavy: 20, new: 3 }, { hash: MD5, distribution: to });
    const random = Array.from({ length: 20_000 }, (_, i) => createHash('sha1').update(String(i)).digest('hex'));
    const moved = random.filter((key) => before.serverFor(key).ringName !== after.serverFor(key).ringName);
    const { movedShare } = before.diff(after);
    const standardDeviation = Math.sqrt((movedShare * (1 - movedShare)) / random.length);
    expect(Math.abs(moved.length / random.length - movedShare)).toBeLessThan(4 * standardDeviation);
  });
});

describe('a fleet that changes', () => {
  test('moves keys only to a new server, and only from a removed one', () => {
    const grown = ring(equal(4)).diff(ring(equal(5)));
    expect(grown.added).toEqual(['redis-4']);
    expect(new Set(grown.moves.map(({ to }) => to))).toEqual(new Set(['redis-4']));
    expect(grown.movedShare).toBe(ring(equal(5)).keyShare()[4].share);

    const shrunk = ring(equal(5)).diff(ring(equal(4)));
    expect(shrunk.removed).toEqual(['redis-4']);
    expect(shrunk.movedShare).toBe(grown.movedShare);
  });

  test('moves every key if all its names change', () => {
    const moved = ring(Object.fromEntries(Object.keys(equal(108)).map((name) => [`${name}.example.:6379`, 1])));
    const diff = ring(equal(108)).diff(moved);
    expect([diff.movedShare, diff.added.length, diff.removed.length]).toEqual([1, 108, 108]);
  });

  test('lists the servers whose weight changes, and the largest moves first', () => {
    const { reweighted, moves } = ring({ a: 1, b: 1, c: 1 }).diff(ring({ a: 1, b: 5, c: 1 }));
    expect(reweighted).toEqual(['b']);
    expect(moves.map(({ share }) => share)).toEqual(moves.map(({ share }) => share).sort((x, y) => y - x));
  });

  test('by one unit of a huge weight, a share of 2^-31, is detected', () => {
    const modula = { distribution: MODULA };
    const diff = ring({ a: 2 ** 30, b: 2 ** 30 }, modula).diff(ring({ a: 2 ** 30 + 1, b: 2 ** 30 - 1 }, modula));
    expect(diff.moves).toEqual([{ from: 'b', to: 'a', share: 2 ** -31 }]);
    expect(diff.isSame).toBe(false);
  });
});

describe('pools that hash keys differently', () => {
  test('are not compared value by value, and the explanation says so', () => {
    const diff = ring(equal(4), { hash: MD5 }).diff(ring(equal(4), { hash: MURMUR }));
    expect(diff.isExact).toBe(false);
    expect(diff.isSame).toBe(false);
    expect(diff.explanation).toMatch(/^hash changes from md5 to murmur, so every key has a different value/);
    expect(diff.movedShare).toBeCloseTo(0.75, 2);
  });

  test('with different hash tags distinguish keys with and without a tag', () => {
    const diff = ring(equal(4)).diff(ring(equal(4), { hashTag: '{}' }));
    expect([diff.isExact, diff.isSame]).toEqual([false, false]);
    expect(diff.explanation).toMatch(/^hash_tag changes from none to '{}'.*of the others 0 % move$/);
  });

  test('are the same if both have only the same server', () => {
    const other = { hash: MURMUR, hashTag: '{}', distribution: MODULA };
    expect(ring({ only: 1 }).diff(ring({ only: 7 }, other))).toMatchObject({ isSame: true, isExact: true });
  });

  test('are compared exactly if one has a single server', () => {
    const fleet = ring(equal(4), { hash: MURMUR });
    const diff = ring({ 'redis-1': 1 }, { hash: MD5 }).diff(fleet);
    expect(diff.isExact).toBe(true);
    expect(diff.movedShare).toBe(1 - fleet.keyShare()[1].share);
  });
});
