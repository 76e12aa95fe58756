// Finds bytes that are not UTF-8.

import { isUtf8 } from 'node:buffer';

/** The offset of the first byte that is not UTF-8; undefined if all bytes are. */
export function badByteIn(bytes: Uint8Array): number | undefined {
  if (isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  let offset = 0;
  for (const part of text.split('\ufffd')) {
    offset += Buffer.byteLength(part);
    // The file itself may contain this character.
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset;
    offset += 3;
  }
  return offset;
}
