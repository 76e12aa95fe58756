import { createHash } from 'node:crypto';
import { HASH_FUNCTIONS } from '../../lib/nutcracker/hashes';
import { md5Digest } from '../../lib/nutcracker/hashes/md5';
import { HashType } from '../../lib/nutcracker';

const hash = (type: HashType, key: string | Uint8Array): number => {
  const bytes = Buffer.from(key);
  return HASH_FUNCTIONS[type].hash(bytes, 0, bytes.length) >>> 0;
};

// placement.test.ts compares with nutcracker itself. These are the values published by the authors.
test.each([
  [HashType.FNV1_32, 'foobar', 0x31f0b262],
  [HashType.FNV1A_32, 'foobar', 0xbf9cf968],
  [HashType.FNV1_64, 'foobar', 0xa4dda9c2],
  [HashType.FNV1A_64, 'foobar', 0xf73967e8],
  [HashType.CRC32A, '123456789', 0xcbf43926],
  [HashType.CRC32, '123456789', (0xcbf43926 >>> 16) & 0x7fff],
  [HashType.MD5, '123456789', 0x94e7f925],
  [HashType.ONE_AT_A_TIME, 'The quick brown fox jumps over the lazy dog', 0x519e91f5],
])('%s has the published value for %s', (type, key, value) => {
  expect(hash(type, key)).toBe(value);
});

test('crc16 has the published value of CRC-16/XMODEM in its low half', () => {
  expect(hash(HashType.CRC16, '123456789') & 0xffff).toBe(0x31c3);
});

describe('32-bit arithmetic gives the low half of 64-bit FNV', () => {
  const PRIME = 0x100000001b3n;
  const INIT = 0xcbf29ce484222325n;
  const signed = (byte: number): bigint => BigInt.asUintN(64, BigInt.asIntN(8, BigInt(byte)));
  const key = Uint8Array.from({ length: 256 }, (_, byte) => byte);

  test.each([
    [HashType.FNV1_64, (h: bigint, byte: number) => BigInt.asUintN(64, h * PRIME) ^ signed(byte)],
    [HashType.FNV1A_64, (h: bigint, byte: number) => BigInt.asUintN(64, (h ^ signed(byte)) * PRIME)],
  ])('%s', (type, step) => {
    expect(hash(type, key)).toBe(Number(BigInt.asUintN(32, key.reduce(step, INIT))));
  });
});

test('md5 equals that of OpenSSL, for every message length around its block size', () => {
  const bytes = Buffer.from(Array.from({ length: 200 }, (_, i) => (i * 151) & 0xff));
  for (let end = 1; end <= bytes.length; end++) {
    const digest = createHash('md5').update(bytes.subarray(1, end)).digest();
    expect(Array.from(md5Digest(bytes, 1, end))).toEqual([0, 4, 8, 12].map((at) => digest.readInt32LE(at)));
  }
});
