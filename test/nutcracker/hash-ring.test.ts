import fc from 'fast-check';
import {
  Distribution,
  HashRing,
  HashType,
  NutcrackerPool,
  type NutcrackerPoolProps,
  NutcrackerServer,
  type NutcrackerServerProps,
} from '../../lib/nutcracker';
import { BigintRing } from '../lab/bigint-ring';
import { anyHash, keys, pools } from './ring-arbitraries';

function ring(servers: readonly Partial<NutcrackerServerProps>[], props: Partial<NutcrackerPoolProps> = {}): HashRing {
  return HashRing.of(
    new NutcrackerPool({
      name: 'alpha',
      listen: '127.0.0.1:22121',
      servers: servers.map((server, i) => new NutcrackerServer({ address: `10.0.0.${i}:6379`, ...server })),
      ...props,
    }),
  );
}

const equal = (count: number) => Array.from({ length: count }, () => ({}));

describe('placement', () => {
  test('equals that of a naive ring, for any pool and any key', () => {
    fc.assert(
      fc.property(pools(fc.constant(HashType.FNV1A_64)), fc.array(keys, { minLength: 20 }), (pool, some) => {
        const naive = new BigintRing(pool);
        const fast = HashRing.of(pool);
        expect(some.map((key) => fast._indexOf(key))).toEqual(some.map((key) => naive.indexOf(key)));
      }),
    );
  });

  test('of a key does not depend on the rest of its buffer', () => {
    fc.assert(
      fc.property(pools(anyHash), keys, keys, keys, (pool, before, key, after) => {
        const buffer = Buffer.concat([before, key, after]);
        const start = before.length;
        const fast = HashRing.of(pool);
        expect(fast._indexOf(buffer, start, start + key.length)).toBe(fast._indexOf(key));
      }),
    );
  });

  test('of a string uses its UTF-8 bytes', () => {
    const fleet = ring(equal(108));
    const key = 'ключ:1';
    expect(fleet.serverFor(key)).toBe(fleet.pool.servers[fleet._indexOf(new TextEncoder().encode(key))]);
  });

  test('depends on ring names, not on addresses', () => {
    const servers = equal(108).map((_, i) => new NutcrackerServer({ address: `10.0.0.${i}:6379` }));
    const moved = servers.map((server, i) => server.movedTo(`shard-${i}.example.:6379`));
    expect(ring(servers).diff(ring(moved)).isSame).toBe(true);
    expect(ring(moved).serverFor('key').ringName).toBe(ring(servers).serverFor('key').address);
  });
});

describe('key shares', () => {
  test('add up to exactly the whole key space, for any pool', () => {
    fc.assert(
      fc.property(pools(anyHash), (pool) => {
        const shares = HashRing.of(pool).keyShare();
        expect(shares.reduce((sum, { share }) => sum + share, 0)).toBe(1);
        expect(shares.map(({ server, index }) => pool.servers[index] === server)).not.toContain(false);
      }),
    );
  });

  test('of equal servers are similar with ketama', () => {
    for (const { share } of ring(equal(108)).keyShare()) {
      expect(share * 108).toBeGreaterThan(0.7);
      expect(share * 108).toBeLessThan(1.3);
    }
  });

  test('follow the weights with modula, exact to one of the 2^32 values', () => {
    const [light, heavy] = ring([{ weight: 1 }, { weight: 2 }], { distribution: Distribution.MODULA }).keyShare();
    expect(light.share).toBe(1_431_655_766 / 2 ** 32);
    expect(heavy.share).toBe(2_863_311_530 / 2 ** 32);
  });

  test('are of the 32768 values of crc32', () => {
    const shares = ring(equal(3), { hash: HashType.CRC32, distribution: Distribution.MODULA }).keyShare();
    expect(shares.map(({ share }) => share * 32768)).toEqual([10923, 10923, 10922]);
  });
});

describe('a pool without a ring is refused', () => {
  test('random, because keys have no place', () => {
    expect(() => ring(equal(2), { distribution: Distribution.RANDOM })).toThrow(
      /^pool "alpha": distribution: "random" sends each command to any server.*; only ketama and modula can hold data/,
    );
  });

  test('weights whose sum overflows in nutcracker', () => {
    const heavy = [{ weight: 2 ** 31 - 1 }, { weight: 2 ** 31 - 1 }, { weight: 1 }];
    expect(() => ring(heavy)).not.toThrow();
    expect(() => ring([...heavy, {}])).toThrow('the weights add up to 4294967296');
    expect(() => ring(heavy, { distribution: Distribution.MODULA })).toThrow('above 4294967285');
  });
});

describe('caveats', () => {
  const { MURMUR, CRC32 } = HashType;

  test('are empty for a plain fleet whose hash reads unsigned bytes', () => {
    expect(ring(equal(4), { hash: MURMUR }).caveats).toEqual([]);
  });

  test('are empty for one server, whatever the other settings', () => {
    expect(ring([{ name: 'n'.repeat(90) }], { hash: CRC32 }).caveats).toEqual([]);
  });

  test('mention arm64 if bytes are read as signed', () => {
    expect(ring(equal(4)).caveats).toEqual([expect.stringContaining('unsigned on arm64')]);
  });

  test('mention common points, whose owner depends on the C library', () => {
    const prefix = 'n'.repeat(272);
    const tied = ring([{ name: `${prefix}1` }, { name: `${prefix}2` }, {}], { hash: MURMUR });
    const [one, , other] = tied.keyShare();
    expect(tied.caveats[0]).toContain(
      `servers have points in common: ${Number((one.share * 100).toPrecision(3))} % of the circle`,
    );
    expect(one.share + other.share).toBe(1);
  });

  test('mention names that are too long for nutcracker 0.4.1', () => {
    const [fits, tooLong] = [82, 83].map((length) => 'n'.repeat(length));
    expect(ring([{ name: fits }, {}], { hash: MURMUR }).caveats).toEqual([]);
    expect(ring([{ name: tooLong }, {}], { hash: MURMUR }).caveats).toEqual([
      expect.stringContaining(`the names of '${tooLong}' are too long for nutcracker 0.4.1`),
    ]);
  });

  test('mention servers that never get a key', () => {
    expect(ring([{ weight: 1 }, { weight: 1000 }], { hash: MURMUR }).caveats).toEqual([
      expect.stringContaining("'10.0.0.0:6379' never get a key"),
    ]);
    expect(ring(equal(108), { hash: CRC32 }).caveats).toEqual([expect.stringMatching(/and 104 more never get a key/)]);
  });
});
