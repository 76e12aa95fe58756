// MD5, from Node's own crypto.

import { createHash } from 'node:crypto';

/** The digest's 16 bytes; a ring takes four points from them. */
export function md5Digest(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

/** The digest's first four bytes, little-endian. The one hash that allocates, and the slowest by far. */
export function md5(key: Uint8Array, start: number, end: number): number {
  return md5Digest(key.subarray(start, end)).readInt32LE(0);
}
