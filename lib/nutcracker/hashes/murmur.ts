// Austin Appleby's MurmurHash2 (https://github.com/aappleby/smhasher), seeded with a multiple of the key's length.

const M = 0x5bd1e995;
const SEED_FACTOR = 0xdeadbeef;

export function murmur(key: Uint8Array, start: number, end: number): number {
  const length = end - start;
  let hash = Math.imul(SEED_FACTOR, length) ^ length;
  let i = start;
  for (; end - i >= 4; i += 4) {
    let word = key[i] | (key[i + 1] << 8) | (key[i + 2] << 16) | (key[i + 3] << 24);
    word = Math.imul(word, M);
    word = Math.imul(word ^ (word >>> 24), M);
    hash = Math.imul(hash, M) ^ word;
  }
  if (i < end) {
    for (let shift = 0; i < end; i++, shift += 8) hash ^= key[i] << shift;
    hash = Math.imul(hash, M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
