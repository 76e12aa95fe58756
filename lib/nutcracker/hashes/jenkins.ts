// Bob Jenkins' "one-at-a-time" (https://burtleburtle.net/bob/hash/doobs.html) and lookup3
// (https://burtleburtle.net/bob/c/lookup3.c).

export function oneAtATime(key: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) {
    hash = (hash + ((key[i] << 24) >> 24)) | 0;
    hash = (hash + (hash << 10)) | 0;
    hash ^= hash >>> 6;
  }
  hash = (hash + (hash << 3)) | 0;
  hash ^= hash >>> 11;
  return (hash + (hash << 15)) | 0;
}

/** What libmemcached passes to lookup3 as its `initval`. */
const INITVAL = 13;
const BLOCK = 12;

/** lookup3's hashlittle(). */
export function jenkins(key: Uint8Array, start: number, end: number): number {
  const init = (0xdeadbeef + (end - start) + INITVAL) | 0;
  let a = init;
  let b = init;
  let c = init;
  let i = start;
  for (; end - i > BLOCK; i += BLOCK) {
    a = (a + word(key, i, end)) | 0;
    b = (b + word(key, i + 4, end)) | 0;
    c = (c + word(key, i + 8, end)) | 0;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
  }
  a = (a + word(key, i, end)) | 0;
  b = (b + word(key, i + 4, end)) | 0;
  c = (c + word(key, i + 8, end)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  return ((c ^ b) - rotate(b, 24)) | 0;
}

/** Four bytes, little-endian; bytes past the end of the key count as zero. */
function word(key: Uint8Array, at: number, end: number): number {
  if (at + 4 <= end) return key[at] | (key[at + 1] << 8) | (key[at + 2] << 16) | (key[at + 3] << 24);
  let value = 0;
  for (let shift = 0; at < end; at++, shift += 8) value |= key[at] << shift;
  return value;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
