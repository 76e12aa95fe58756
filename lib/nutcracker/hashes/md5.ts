// MD5 (RFC 1321). Node's own allocates for every key, takes several times as long for messages this short, and is missing
// if Node runs in FIPS mode.

const BLOCK_BYTES = 64;
/** The length of the message is in the last eight bytes of the last block. */
const LENGTH_AT = 56;

/** For each of the 64 steps, in four rounds: the constant to add, the word of the block, and the rotation. */
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));
const WORDS = Uint8Array.from({ length: 64 }, (_, i) => [i, 5 * i + 1, 3 * i + 5, 7 * i][i >> 4] & 15);
const ROTATIONS = Uint8Array.from(
  { length: 64 },
  (_, i) => [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21][((i >> 4) << 2) | (i & 3)],
);

const block = new Int32Array(BLOCK_BYTES / 4);
const digest = new Int32Array(4);

/** The digest's first four bytes, little-endian. */
export function md5(key: Uint8Array, start: number, end: number): number {
  return md5Digest(key, start, end)[0];
}

/** The digest as four little-endian words, valid until the next call. */
export function md5Digest(bytes: Uint8Array, start = 0, end = bytes.length): Int32Array {
  digest[0] = 0x67452301;
  digest[1] = 0xefcdab89;
  digest[2] = 0x98badcfe;
  digest[3] = 0x10325476;
  let at = start;
  for (; end - at >= BLOCK_BYTES; at += BLOCK_BYTES) {
    load(bytes, at, at + BLOCK_BYTES);
    mix();
  }
  const rest = end - at;
  load(bytes, at, end);
  block[rest >> 2] |= 0x80 << ((rest & 3) << 3);
  if (rest >= LENGTH_AT) {
    mix();
    block.fill(0);
  }
  const length = end - start;
  block[LENGTH_AT / 4] = length << 3;
  block[LENGTH_AT / 4 + 1] = length / 2 ** 29;
  mix();
  return digest;
}

/** Little-endian, with zeros after the end. */
function load(bytes: Uint8Array, start: number, end: number): void {
  block.fill(0);
  for (let i = 0; start + i < end; i++) block[i >> 2] |= bytes[start + i] << ((i & 3) << 3);
}

/** Mixes the block into the digest. */
function mix(): void {
  let a = digest[0];
  let b = digest[1];
  let c = digest[2];
  let d = digest[3];
  for (let i = 0; i < 64; i++) {
    const sum = (a + mixed(i, b, c, d) + SINES[i] + block[WORDS[i]]) | 0;
    const by = ROTATIONS[i];
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << by) | (sum >>> (32 - by)))) | 0;
  }
  digest[0] += a;
  digest[1] += b;
  digest[2] += c;
  digest[3] += d;
}

/** Each of the four rounds has its own function. */
function mixed(i: number, b: number, c: number, d: number): number {
  if (i < 16) return d ^ (b & (c ^ d));
  if (i < 32) return c ^ (d & (b ^ c));
  if (i < 48) return b ^ c ^ d;
  return c ^ (b | ~d);
}
