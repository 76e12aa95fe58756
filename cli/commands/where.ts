// where --config FILE [KEY...]: the server of each key.

import { isUtf8 } from 'node:buffer';
import { type HashRing } from '../../lib/nutcracker';
import { type Bytes } from '../input/pools';
import { KeyLines } from '../input/key-lines';

/** Reads keys from a stream, and yields chunks with a line for each key. */
export async function* placeLines(keys: Bytes, placements: Placements): AsyncGenerator<Uint8Array> {
  const lines = new KeyLines((bytes, start, end) => {
    placements.add(bytes, start, end);
  });
  for await (const chunk of keys) {
    lines.push(chunk);
    yield placements.take();
  }
  lines.end();
  yield placements.take();
}

/** Writes a line for each key: the bytes of the key, followed by the prebuilt end of line of its server. */
export class Placements {
  static asText(ring: HashRing): Placements {
    const ends = ring.pool.servers.map(({ ringName, address }) => `\t${ringName}\t${address}\n`);
    return new Placements(ring, ends, copyKey);
  }

  static asJson(ring: HashRing): Placements {
    const ends = ring.pool.servers.map(({ ringName, address }, index) => {
      const fields = JSON.stringify({ server: ringName, address, index });
      return `,${fields.slice(1)}\n`;
    });
    return new Placements(ring, ends, quoteKey);
  }

  private readonly ends: readonly Buffer[];
  private bytes = new GrowingBuffer();

  private constructor(
    private readonly ring: HashRing,
    ends: readonly string[],
    private readonly writeKey: (to: GrowingBuffer, bytes: Uint8Array, start: number, end: number) => void,
  ) {
    this.ends = ends.map((end) => Buffer.from(end));
  }

  add(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const line = this.ends[this.ring._indexOf(bytes, start, end)];
    this.writeKey(this.bytes, bytes, start, end);
    this.bytes.append(line, 0, line.length);
  }

  /** Returns the lines added since the last call. */
  take(): Uint8Array {
    const { written } = this.bytes;
    this.bytes = new GrowingBuffer();
    return written;
  }
}

function copyKey(to: GrowingBuffer, bytes: Uint8Array, start: number, end: number): void {
  to.append(bytes, start, end);
}

/** Writes the start of a JSON object; a key that is not UTF-8 is written in base64. */
function quoteKey(to: GrowingBuffer, bytes: Uint8Array, start: number, end: number): void {
  if (isPlain(bytes, start, end)) {
    to.append(OPENING, 0, OPENING.length);
    to.append(bytes, start, end);
    to.append(QUOTE, 0, QUOTE.length);
    return;
  }
  const key = Buffer.from(bytes.subarray(start, end));
  const field = isUtf8(key) ? { key: key.toString() } : { keyBase64: key.toString('base64') };
  const json = Buffer.from(JSON.stringify(field).slice(0, -1));
  to.append(json, 0, json.length);
}

const OPENING = Buffer.from('{"key":"');
const QUOTE = Buffer.from('"');

/** Whether the bytes need no escaping in a JSON string. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c) return false;
  }
  return true;
}

/** Up to this length, a loop copies bytes faster than TypedArray.set(). */
const SHORT_BYTES = 64;

class GrowingBuffer {
  private bytes = Buffer.allocUnsafe(256 * 1024);
  private length = 0;

  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  append(source: Uint8Array, start: number, end: number): void {
    const length = this.length + end - start;
    if (length > this.bytes.length) this.grow(length);
    if (end - start > SHORT_BYTES) this.bytes.set(source.subarray(start, end), this.length);
    else for (let from = start, to = this.length; from < end; from++, to++) this.bytes[to] = source[from];
    this.length = length;
  }

  private grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.bytes.length));
    larger.set(this.written);
    this.bytes = larger;
  }
}
