// The RDB file in a full synchronization: with its length before it, or with a mark of 40 random bytes after it, if the server
// does not write it to its own disk first.

import { type ByteReader } from './byte-reader';

const MARK_BYTES = 40;

/** The bytes of the file. Throws if the stream ends before the file does. */
export async function* payloadIn(reader: ByteReader): AsyncGenerator<Buffer> {
  const header = await reader.line();
  const mark = /^\$EOF:(.{40})$/.exec(header)?.[1];
  const length = /^\$(\d+)$/.exec(header)?.[1];
  if (mark !== undefined) yield* untilMark(reader, Buffer.from(mark, 'latin1'));
  else if (length !== undefined) yield* ofLength(reader, Number(length));
  else throw new Error(`sent ${JSON.stringify(header)} instead of an RDB file`);
}

/** Nothing follows the mark: the server sends no commands to a replica that wants the file only. */
async function* untilMark(reader: ByteReader, mark: Buffer): AsyncGenerator<Buffer> {
  // The last bytes so far, which may be the beginning of the mark.
  let tail = Buffer.alloc(0);
  for (;;) {
    const chunk = await reader.chunk();
    if (chunk === undefined) throw new Error('ended the RDB file before its end');
    const bytes = Buffer.concat([tail, chunk]);
    const kept = Math.max(0, bytes.length - MARK_BYTES);
    tail = bytes.subarray(kept);
    if (kept > 0) yield bytes.subarray(0, kept);
    if (tail.equals(mark)) return;
  }
}

async function* ofLength(reader: ByteReader, length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0;) {
    const chunk = await reader.chunk();
    if (chunk === undefined) throw new Error(`ended the RDB file ${left} bytes before its end`);
    const bytes = chunk.subarray(0, left);
    left -= bytes.length;
    yield bytes;
  }
}
