// The cyclic redundancy checks, with nutcracker's two departures from the standards.

/** The remainder of each byte for CRC-16/XMODEM, most significant bit first. */
const REMAINDERS_16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 8;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 0x8000 ? (remainder << 1) ^ 0x1021 : remainder << 1;
  return remainder;
});

/** The remainder of each byte for CRC-32/ISO-HDLC (zlib's), least significant bit first. */
const REMAINDERS_32 = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

/** Not truncated to 16 bits: bits that leave the low half stay in the high half. */
export function crc16(key: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let i = start; i < end; i++) crc = (crc << 8) ^ REMAINDERS_16[((crc >>> 8) ^ key[i]) & 0xff];
  return crc;
}

/** The standard CRC-32. */
export function crc32a(key: Uint8Array, start: number, end: number): number {
  let crc = -1;
  for (let i = start; i < end; i++) crc = (crc >>> 8) ^ REMAINDERS_32[(crc ^ key[i]) & 0xff];
  return ~crc;
}

/** libmemcached's variant: 15 bits from the upper half of the standard CRC-32. */
export function crc32(key: Uint8Array, start: number, end: number): number {
  return (crc32a(key, start, end) >>> 16) & 0x7fff;
}
