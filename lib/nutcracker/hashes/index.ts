// nutcracker's twelve hashes (its src/hashkit), bit for bit as its x86-64 builds compute them.

import { HashType } from '../algorithms';
import { crc16, crc32, crc32a } from './crc';
import { fnv1_32, fnv1_64, fnv1a_32, fnv1a_64 } from './fnv';
import { hsieh } from './hsieh';
import { jenkins, oneAtATime } from './jenkins';
import { md5 } from './md5';
import { murmur } from './murmur';

/**
 * The hash of `key[start]` to `key[end - 1]`, at least one byte, as a signed 32-bit integer: V8 keeps those in a
 * register, and would box an unsigned one.
 */
export type KeyHash = (key: Uint8Array, start: number, end: number) => number;

/** A hash and its properties. */
export interface HashFunction {
  readonly hash: KeyHash;

  /** The hash is one of 0 to `values - 1`. */
  readonly values: number;

  /** Whether it reads bytes as C's `char`, signed on x86-64 and unsigned on arm64, so that the results differ. */
  readonly readsSignedBytes: boolean;
}

const ALL_32_BITS = 2 ** 32;

const unsigned = (hash: KeyHash): HashFunction => ({ hash, values: ALL_32_BITS, readsSignedBytes: false });
const signed = (hash: KeyHash): HashFunction => ({ hash, values: ALL_32_BITS, readsSignedBytes: true });

export const HASH_FUNCTIONS: Readonly<Record<HashType, HashFunction>> = {
  [HashType.ONE_AT_A_TIME]: signed(oneAtATime),
  [HashType.MD5]: unsigned(md5),
  [HashType.CRC16]: unsigned(crc16),
  [HashType.CRC32]: { hash: crc32, values: 2 ** 15, readsSignedBytes: false },
  [HashType.CRC32A]: unsigned(crc32a),
  [HashType.FNV1_64]: signed(fnv1_64),
  [HashType.FNV1A_64]: signed(fnv1a_64),
  [HashType.FNV1_32]: signed(fnv1_32),
  [HashType.FNV1A_32]: signed(fnv1a_32),
  [HashType.HSIEH]: signed(hsieh),
  [HashType.MURMUR]: unsigned(murmur),
  [HashType.JENKINS]: unsigned(jenkins),
};
