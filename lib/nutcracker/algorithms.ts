// The names that nutcracker gives to its hashes and distributions (its src/hashkit/nc_hashkit.h).

/** How a key becomes a 32-bit number; the values are the words of `hash:`. */
export enum HashType {
  ONE_AT_A_TIME = 'one_at_a_time',
  MD5 = 'md5',
  CRC16 = 'crc16',
  CRC32 = 'crc32',
  CRC32A = 'crc32a',
  FNV1_64 = 'fnv1_64',
  FNV1A_64 = 'fnv1a_64',
  FNV1_32 = 'fnv1_32',
  FNV1A_32 = 'fnv1a_32',
  HSIEH = 'hsieh',
  MURMUR = 'murmur',
  JENKINS = 'jenkins',
}

/** How a hash becomes a server; the values are the words of `distribution:`. */
export enum Distribution {
  /** Consistent hashing on a circle of points. */
  KETAMA = 'ketama',
  /** The hash modulo the sum of the weights. */
  MODULA = 'modula',
  /** Any server, whatever the key: nothing stored is found again. */
  RANDOM = 'random',
}
