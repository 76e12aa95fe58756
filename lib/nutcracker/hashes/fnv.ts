// The four hashes of Fowler, Noll and Vo (http://www.isthe.com/chongo/tech/comp/fnv/), as nutcracker truncates them.
//
// nutcracker truncates the 64-bit ones to 32 bits. The low half of a product or of an XOR depends only on the low halves
// of its operands, so the low halves of the 64-bit constants and 32-bit arithmetic are enough.

const INIT_32 = 0x811c9dc5;
const PRIME_32 = 0x01000193;
/** The low halves of 0xcbf29ce484222325 and 0x100000001b3. */
const INIT_64_LOW = 0x84222325;
const PRIME_64_LOW = 0x000001b3;

/** Multiplies, then mixes in the byte. */
function fnv1(key: Uint8Array, start: number, end: number, init: number, prime: number): number {
  let hash = init;
  for (let i = start; i < end; i++) hash = Math.imul(hash, prime) ^ ((key[i] << 24) >> 24);
  return hash;
}

/** Mixes in the byte, then multiplies. */
function fnv1a(key: Uint8Array, start: number, end: number, init: number, prime: number): number {
  let hash = init;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ ((key[i] << 24) >> 24), prime);
  return hash;
}

export function fnv1_32(key: Uint8Array, start: number, end: number): number {
  return fnv1(key, start, end, INIT_32 | 0, PRIME_32);
}

export function fnv1a_32(key: Uint8Array, start: number, end: number): number {
  return fnv1a(key, start, end, INIT_32 | 0, PRIME_32);
}

export function fnv1_64(key: Uint8Array, start: number, end: number): number {
  return fnv1(key, start, end, INIT_64_LOW | 0, PRIME_64_LOW);
}

export function fnv1a_64(key: Uint8Array, start: number, end: number): number {
  return fnv1a(key, start, end, INIT_64_LOW | 0, PRIME_64_LOW);
}
