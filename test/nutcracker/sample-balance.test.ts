import { Distribution, HashRing, HashType, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import { clumpSize, unevenSample } from '../../lib/nutcracker/sample-balance';

const { KETAMA, MODULA } = Distribution;

interface Fleet {
  readonly servers: number;
  readonly hash?: HashType;
  readonly distribution?: Distribution;
  readonly name?: (i: number) => string;
  readonly weight?: (i: number) => number;
}

function ring({ servers, name = (i) => `server${i}`, weight = () => 1, ...props }: Fleet): HashRing {
  return HashRing.of(
    new NutcrackerPool({
      name: 'alpha',
      listen: '127.0.0.1:22121',
      servers: Array.from(
        { length: servers },
        (_, i) => new NutcrackerServer({ address: `10.0.0.${i}:6379`, name: name(i), weight: weight(i) }),
      ),
      ...props,
    }),
  );
}

describe('the clump size', () => {
  const quarters = ring({ servers: 4, distribution: MODULA });

  test('is the number of keys if one of several servers has them all', () => {
    expect(clumpSize(quarters, [0, 120, 0, 0])).toBe(120);
  });

  test('is 0 if every server has exactly its part, and grows with the clumps', () => {
    expect(clumpSize(quarters, [30, 30, 30, 30])).toBe(0);
    expect(
      clumpSize(
        quarters,
        [2, 5, 3, 2].map((count) => count * 7),
      ),
    ).toBeCloseTo(7 * clumpSize(quarters, [2, 5, 3, 2]));
  });

  test('is measured against weights, not against equal parts', () => {
    const weighted = ring({ servers: 3, distribution: MODULA, weight: (i) => [1, 1, 8][i] });
    expect(clumpSize(weighted, [10, 10, 80])).toBe(0);
    expect(clumpSize(weighted, [33, 33, 34])).toBeGreaterThan(5);
  });

  test('is 1 if there is one server or no key', () => {
    expect(clumpSize(ring({ servers: 1 }), [500])).toBe(1);
    expect(clumpSize(quarters, [0, 0, 0, 0])).toBe(1);
  });
});

describe('keys that differ in their last characters', () => {
  const sizes = [4, 5, 8, 16, 33, 64, 108];
  const names = [(i: number) => `server${i}`, (i: number) => `redis-0${i % 9}.unit-1.example.net:${6379 + i}`];
  const weights = [() => 1, (i: number) => 1 + (i % 3)];
  const fleets = sizes.flatMap((servers) =>
    names.flatMap((name) => weights.map((weight) => ({ servers, name, weight, distribution: KETAMA }))),
  );

  test.each([HashType.FNV1A_64, HashType.FNV1_64, HashType.CRC32])('are uneven with ketama and %s', (hash) => {
    const even = fleets.filter((fleet) => unevenSample(ring({ ...fleet, hash })) === undefined);
    expect(even).toEqual([]);
  });

  test.each([HashType.MD5, HashType.MURMUR, HashType.JENKINS, HashType.HSIEH, HashType.FNV1A_32])(
    'are even with ketama and %s',
    (hash) => {
      const uneven = fleets.filter((fleet) => unevenSample(ring({ ...fleet, hash })) !== undefined);
      expect(uneven).toEqual([]);
    },
  );

  test('give a warning that names the busiest server', () => {
    const fleet = ring({ servers: 108, hash: HashType.CRC32 });
    expect(unevenSample(fleet)).toEqual({
      code: 'uneven-keys',
      pool: 'alpha',
      message: expect.stringMatching(
        /^crc32 puts .*: of \S+:0 to \S+:999, 100 % are on 'server\d+', .* 107 of 108 servers get none; size each shard/,
      ),
    });
  });

  test('give no warning for a pool of one server', () => {
    expect(unevenSample(ring({ servers: 1, hash: HashType.CRC32 }))).toBeUndefined();
  });
});
