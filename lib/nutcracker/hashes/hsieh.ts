// Paul Hsieh's "SuperFastHash" (http://www.azillionmonkeys.com/qed/hash.html).

export function hsieh(key: Uint8Array, start: number, end: number): number {
  let hash = 0;
  let i = start;
  for (; end - i >= 4; i += 4) {
    hash = (hash + pair(key, i)) | 0;
    hash = (hash << 16) ^ (pair(key, i + 2) << 11) ^ hash;
    hash = (hash + (hash >>> 11)) | 0;
  }
  return avalanche(mixTail(hash, key, i, end - i));
}

/** Two bytes, little-endian. */
function pair(key: Uint8Array, at: number): number {
  return key[at] | (key[at + 1] << 8);
}

/** Only the third byte of a tail is read as signed. */
function mixTail(hash: number, key: Uint8Array, at: number, length: number): number {
  switch (length) {
    case 3:
      hash = (hash + pair(key, at)) | 0;
      hash ^= hash << 16;
      hash ^= ((key[at + 2] << 24) >> 24) << 18;
      return (hash + (hash >>> 11)) | 0;
    case 2:
      hash = (hash + pair(key, at)) | 0;
      hash ^= hash << 11;
      return (hash + (hash >>> 17)) | 0;
    case 1:
      hash = (hash + key[at]) | 0;
      hash ^= hash << 10;
      return (hash + (hash >>> 1)) | 0;
    default:
      return hash;
  }
}

function avalanche(hash: number): number {
  hash ^= hash << 3;
  hash = (hash + (hash >>> 5)) | 0;
  hash ^= hash << 4;
  hash = (hash + (hash >>> 17)) | 0;
  hash ^= hash << 25;
  return (hash + (hash >>> 6)) | 0;
}
