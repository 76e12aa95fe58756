// The content of a key as a digest: equal for equal data, in whatever encoding or version of Redis it is kept. Each kind
// reads a piece at a time, so that no key costs much memory or holds up its server for long.

import { ElementDigest, SequenceDigest } from './digest';
import { type CommandLine } from '../redis/server';

/** Yields commands, is given their answers in bytes, and ends with the digest. */
export type Reading = Generator<CommandLine, string, unknown>;

/** How much a command reads at first, when nothing is known of a value, and how much then. */
const FIRST_BYTES = 2 * 1024;
const CHUNK_BYTES = 32 * 1024;

/** The same in elements. */
const FIRST = 16;
const MOST = 256;

/** How to read a key of a type that every version knows; nothing for types of modules, and of the future. */
export function readingOf(type: string, key: Buffer): Reading | undefined {
  return KINDS[type]?.(key);
}

/** Any value in the server's own format, which another server writes in the same way only by chance of its encodings. */
export function* dumped(key: Buffer): Reading {
  const digest = new SequenceDigest();
  digest.add([(yield ['DUMP', key]) as Buffer]);
  return digest.end();
}

const KINDS: Record<string, ((key: Buffer) => Reading) | undefined> = {
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
    const facts = (yield ['XINFO', 'STREAM', key]) as unknown[];
    digest.add([valueOf(facts, 'last-generated-id')]);
    yield* entries(key, digest);
    for (const group of (yield ['XINFO', 'GROUPS', key]) as unknown[][]) {
      const name = valueOf(group, 'name');
      digest.add([name, valueOf(group, 'last-delivered-id')]);
      yield* pending(key, name, digest);
    }
    return digest.end();
  },
};

/** Sets and hashes have no order; while their table grows or shrinks, a scan may give an element twice. */
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
 * Who has taken what and not confirmed it. How long ago and how often is omitted: reading one's own pending entries
 * again counts on the master alone. So are consumers who have nothing: before 6.2 they exist on the master alone.
 */
function* pending(key: Buffer, group: Buffer, digest: SequenceDigest): Generator<CommandLine, void, unknown> {
  for (let start = '-'; ;) {
    const found = (yield ['XPENDING', key, group, start, '+', MOST]) as [Buffer, Buffer][];
    for (const [id, consumer] of found) digest.add([id, consumer]);
    if (found.length < MOST) return;
    start = after(found[found.length - 1][0]);
  }
}

/** How many elements to read next, if they are as large as these, which have so many parts each. */
function countAfter(parts: readonly Buffer[], size = 1): number {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const elements = Math.max(1, parts.length / size);
  return Math.max(1, Math.min(MOST, Math.floor((elements * CHUNK_BYTES) / Math.max(1, bytes))));
}

/** The next possible id in a stream. */
function after(id: Buffer): string {
  const [ms, count] = id.toString().split('-');
  return `${ms}-${BigInt(count) + 1n}`;
}

/** A value of a flat list of names and values. */
function valueOf(flat: readonly unknown[], name: string): Buffer {
  const at = flat.findIndex((it, i) => i % 2 === 0 && String(it) === name);
  return at < 0 ? Buffer.alloc(0) : (flat[at + 1] as Buffer);
}

/** The double itself: versions differ in how they write it. 0 and -0 are the same score. */
function scoreOf(text: Buffer): Buffer {
  const written = text.toString();
  const score = written.endsWith('inf') ? (written.startsWith('-') ? -Infinity : Infinity) : Number(written);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(score === 0 ? 0 : score);
  return bytes;
}
