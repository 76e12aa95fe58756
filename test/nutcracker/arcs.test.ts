import fc from 'fast-check';
import { arcAt, type Arcs, countPairs, ONE_ARC } from '../../lib/nutcracker/arcs';

const SERVERS = 4;

/** Circles of up to 40 positions. Lengths of 0 give arcs that end at one position. */
const circles: fc.Arbitrary<Arcs> = fc
  .array(fc.tuple(fc.nat(7), fc.nat(SERVERS - 1)), { minLength: 1, maxLength: 6 })
  .map(([[length, owner], ...rest]) => {
    let period = 0;
    const arcs: [number, number][] = [[length + 1, owner], ...rest];
    const lasts = Uint32Array.from(arcs, ([positions]) => (period += positions) - 1);
    return { period, lasts, owners: Uint32Array.from(arcs, ([, server]) => server), servers: SERVERS };
  });

const ownerOf = ({ lasts, owners, period }: Arcs, value: number): number => owners[arcAt(lasts, value % period)];

test('the counts of pairs equal those of a value-by-value count', () => {
  fc.assert(
    fc.property(circles, circles, fc.integer({ min: 1, max: 3000 }), (one, other, values) => {
      const expected = new Array<number>(SERVERS * SERVERS).fill(0);
      for (let value = 0; value < values; value++) expected[ownerOf(one, value) * SERVERS + ownerOf(other, value)]++;
      const pairs = countPairs(one, other, values);
      expect(expected.map((_, i) => pairs.of(Math.floor(i / SERVERS), i % SERVERS))).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

test('every value is counted, however large the common period of the circles', () => {
  const circle = (...lengths: number[]): Arcs => {
    let period = 0;
    const lasts = Uint32Array.from(lengths, (length) => (period += length) - 1);
    return { period, lasts, owners: Uint32Array.from(lengths, (_, i) => i), servers: lengths.length };
  };
  const one = circle(2_147_483_647, 1);
  const other = circle(1, 4_294_967_200);
  const pairs = countPairs(one, other, 2 ** 32);
  expect([pairs.of(0, 0), pairs.of(0, 1), pairs.of(1, 0), pairs.of(1, 1)]).toEqual([2, 2 ** 32 - 4, 0, 2]);
  expect(countPairs(one, ONE_ARC, 2 ** 32).of(0, 0)).toBe(2 ** 32 - 2);
});

test('the search finds the first of several arcs that end at one position', () => {
  expect([0, 1, 2, 3].map((position) => arcAt(Uint32Array.of(1, 1, 3), position))).toEqual([0, 0, 2, 2]);
});
