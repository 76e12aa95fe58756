// Where bytes stop being text.

import { isUtf8 } from 'node:buffer';

/** The offset of the first byte that is no UTF-8; nothing where all of them are. */
export function badByteIn(bytes: Uint8Array): number | undefined {
  if (isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  let offset = 0;
  for (const part of text.split('\ufffd')) {
    offset += Buffer.byteLength(part);
    // The character may stand in the file as well.
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset;
    offset += 3;
  }
  return offset;
}
