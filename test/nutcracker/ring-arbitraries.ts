// Arbitrary pools, for properties of all rings.

import fc from 'fast-check';
import { Distribution, HashType, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';

const servers = fc
  .uniqueArray(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((name) => name.replace(/[\s\p{C}]/gu, '_')),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .chain((names) =>
    fc
      .array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1000 })), {
        minLength: names.length,
        maxLength: names.length,
      })
      .map((weights) =>
        names.map((name, i) => new NutcrackerServer({ address: `10.0.0.${i}:6379`, name, weight: weights[i] })),
      ),
  );

export function pools(hash: fc.Arbitrary<HashType>): fc.Arbitrary<NutcrackerPool> {
  return fc
    .record({
      servers,
      hash,
      distribution: fc.constantFrom(Distribution.KETAMA, Distribution.MODULA),
      hashTag: fc.constantFrom(undefined, '{}', '$$'),
    })
    .map((props) => new NutcrackerPool({ ...props, name: 'pool', listen: '127.0.0.1:22121' }));
}

export const anyHash = fc.constantFrom(...Object.values(HashType));

/** Random bytes with many hash tag characters. */
export const keys = fc
  .array(fc.oneof(fc.constantFrom(...Buffer.from('{}$')), fc.nat(255)), { maxLength: 40 })
  .map((bytes) => Uint8Array.from(bytes));
