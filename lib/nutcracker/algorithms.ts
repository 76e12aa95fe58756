// The names of nutcracker's hashes and distributions (its src/hashkit/nc_hashkit.h).

/** Maps a key to a 32-bit number. The values are those of `hash:`. */
export enum HashType {
  /** Bob Jenkins' one-at-a-time. */
  ONE_AT_A_TIME = 'one_at_a_time',
  /** The first four bytes of the MD5 digest, little-endian. */
  MD5 = 'md5',
  /** CRC-16/XMODEM, not truncated to 16 bits. */
  CRC16 = 'crc16',
  /** 15 bits of the CRC-32, as in libmemcached: 32,768 values, too few for a large fleet. */
  CRC32 = 'crc32',
  /** The whole CRC-32. */
  CRC32A = 'crc32a',
  /** The lower half of the 64-bit FNV-1. */
  FNV1_64 = 'fnv1_64',
  /** The lower half of the 64-bit FNV-1a; nutcracker's default. */
  FNV1A_64 = 'fnv1a_64',
  /** The 32-bit FNV-1. */
  FNV1_32 = 'fnv1_32',
  /** The 32-bit FNV-1a. */
  FNV1A_32 = 'fnv1a_32',
  /** Paul Hsieh's SuperFastHash. */
  HSIEH = 'hsieh',
  /** MurmurHash2. */
  MURMUR = 'murmur',
  /** Bob Jenkins' lookup3. */
  JENKINS = 'jenkins',
}

/** Maps a hash to a server. The values are those of `distribution:`. */
export enum Distribution {
  /** Consistent hashing on a circle of points. */
  KETAMA = 'ketama',
  /** The hash modulo the sum of the weights. */
  MODULA = 'modula',
  /** A random server, whatever the key: stored data cannot be found again. */
  RANDOM = 'random',
}
