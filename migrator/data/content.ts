// A digest of a key's content: equal for equal data, regardless of encoding and Redis version. Values are read in pieces,
// so that no key needs much memory or blocks its server for long.

import { ElementDigest, SequenceDigest } from './digest';
import { type CommandLine } from '../redis/server';

/** Yields commands, receives their results in bytes, and returns the digest. */
export type Reading = Generator<CommandLine, string, unknown>;

/** Bytes that the first command reads, before anything is known about the value, and bytes of the others. */
const FIRST_BYTES = 2 * 1024;
const CHUNK_BYTES = 32 * 1024;

/** The same in elements. */
const FIRST = 16;
const MAX_ELEMENTS = 256;

/** Reads a key of a type that every version has; undefined for types of modules and of future versions. */
export function readingOf(type: string, key: Buffer): Reading | undefined {
  return READERS[type]?.(key);
}

/** Any value in the server's own format; another server writes the same bytes only if its encodings are the same. */
export function* dumped(key: Buffer): Reading {
  const digest = new SequenceDigest();
  digest.add([(yield ['DUMP', key]) as Buffer]);
  return digest.end();
}

const READERS: Record<string, ((key: Buffer) => Reading) | undefined> = {
  *string(key) {
    const digest = new SequenceDigest();
    for (let [start, size] = [0, FIRST_BYTES]; ; [start, size] = [start + size, CHUNK_BYTES]) {
      const bytes = (yield ['GETRANGE', key, start, start + size - 1]) as Buffer;
      digest.add([bytes]);
      if (bytes.length < size) return digest.end();
    }
  },
  *list(key) {
    const digest = new SequenceDigest();
    for (let [start, count] = [0, FIRST]; ;) {
      const elements = (yield ['LRANGE', key, start, start + count - 1]) as Buffer[];
      digest.add(elements);
      if (elements.length < count) return digest.end();
      [start, count] = [start + count, countAfter(elements)];
    }
  },
  set: (key) => scanned('SSCAN', key, 1),
  hash: (key) => scanned('HSCAN', key, 2),
  *zset(key) {
    const digest = new SequenceDigest();
    for (let [start, count] = [0, FIRST]; ;) {
      const flat = (yield ['ZRANGE', key, start, start + count - 1, 'WITHSCORES']) as Buffer[];
      digest.add(flat.map((bytes, i) => (i % 2 === 0 ? bytes : scoreOf(bytes))));
      if (flat.length < 2 * count) return digest.end();
      [start, count] = [start + count, countAfter(flat, 2)];
    }
  },
  *stream(key) {
    const digest = new SequenceDigest();
    const info = (yield ['XINFO', 'STREAM', key]) as unknown[];
    digest.add([valueOf(info, 'last-generated-id')]);
    yield* entries(key, digest);
    for (const group of (yield ['XINFO', 'GROUPS', key]) as unknown[][]) {
      const name = valueOf(group, 'name');
      digest.add([name, valueOf(group, 'last-delivered-id')]);
      yield* pending(key, name, digest);
    }
    return digest.end();
  },
};

/** Sets and hashes have no order; a scan may return an element twice while their table is resized. */
function* scanned(command: string, key: Buffer, size: number): Reading {
  const digest = new ElementDigest();
  let cursor = '0';
  let count = FIRST;
  do {
    const [next, flat] = (yield [command, key, cursor, 'COUNT', count]) as [Buffer, Buffer[]];
    for (let i = 0; i < flat.length; i += size) digest.add(flat.slice(i, i + size));
    cursor = next.toString();
    count = countAfter(flat, size);
  } while (cursor !== '0');
  return digest.end();
}

function* entries(key: Buffer, digest: SequenceDigest): Generator<CommandLine, void, unknown> {
  for (let [start, count] = ['-', FIRST]; ;) {
    const found = (yield ['XRANGE', key, start, '+', 'COUNT', count]) as [Buffer, Buffer[]][];
    for (const [id, fields] of found) digest.add([id, ...fields]);
    if (found.length < count) return;
    [start, count] = [
      after(found[found.length - 1][0]),
      countAfter(
        found.flatMap(([, fields]) => fields),
        found[0][1].length,
      ),
    ];
  }
}

/**
 * The pending entries of each consumer. Idle times and delivery counts are omitted: a consumer that reads its pending
 * entries again changes them on the master only. So are consumers without entries: before 6.2 only the master has them.
 */
function* pending(key: Buffer, group: Buffer, digest: SequenceDigest): Generator<CommandLine, void, unknown> {
  for (let start = '-'; ;) {
    const found = (yield ['XPENDING', key, group, start, '+', MAX_ELEMENTS]) as [Buffer, Buffer][];
    for (const [id, consumer] of found) digest.add([id, consumer]);
    if (found.length < MAX_ELEMENTS) return;
    start = after(found[found.length - 1][0]);
  }
}

/** How many elements to read next, if they are as large as these. @param size parts of an element */
function countAfter(parts: readonly Buffer[], size = 1): number {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const elements = Math.max(1, parts.length / size);
  return Math.max(1, Math.min(MAX_ELEMENTS, Math.floor((elements * CHUNK_BYTES) / Math.max(1, bytes))));
}

/** The smallest id in a stream after this one. */
function after(id: Buffer): string {
  const [ms, count] = id.toString().split('-');
  return `${ms}-${BigInt(count) + 1n}`;
}

/** A value in a flat list of names and values. */
function valueOf(flat: readonly unknown[], name: string): Buffer {
  const at = flat.findIndex((it, i) => i % 2 === 0 && String(it) === name);
  return at < 0 ? Buffer.alloc(0) : (flat[at + 1] as Buffer);
}

/** The binary double: versions format it differently. 0 and -0 are the same score. */
function scoreOf(text: Buffer): Buffer {
  const written = text.toString();
  const score = written.endsWith('inf') ? (written.startsWith('-') ? -Infinity : Infinity) : Number(written);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(score === 0 ? 0 : score);
  return bytes;
}
