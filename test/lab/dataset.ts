// Data of every type, the same in every run, and how to read it back.

import { type Redis } from 'ioredis';

/** The commands that write and read a key; n is the number of the key. */
interface Kind {
  readonly write: (key: string, n: number) => string[][];
  readonly read: (key: string) => string[];
  /** Whether the server returns the elements in any order. */
  readonly unordered?: boolean;
}

const get = (key: string): string[] => ['GET', key];

const KINDS: Record<string, Kind> = {
  string: { write: (key, n) => [['SET', key, `värde "${n}"\r\n\u0000`]], read: get },
  number: { write: (key, n) => [['SET', key, String(n)]], read: get },
  big: { write: (key, n) => [['SET', key, `${n},`.repeat(20_000)]], read: get },
  list: { write: (key, n) => [['RPUSH', key, ...some(n)]], read: (key) => ['LRANGE', key, '0', '-1'] },
  set: { write: (key, n) => [['SADD', key, ...some(n)]], read: (key) => ['SMEMBERS', key], unordered: true },
  intset: {
    write: (key, n) => [['SADD', key, '1', '-7', String(n)]],
    read: (key) => ['SMEMBERS', key],
    unordered: true,
  },
  hash: { write: (key, n) => [['HMSET', key, ...pairs(n).flat()]], read: (key) => ['HGETALL', key], unordered: true },
  zset: {
    write: (key, n) => [['ZADD', key, ...pairs(n).flatMap(([member], i) => [String(i / 8 - n), member])]],
    read: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
  },
  stream: {
    write: (key, n) => pairs(n).map(([field, value], i) => ['XADD', key, `${n + 1}-${i}`, field, value]),
    read: (key) => ['XRANGE', key, '-', '+'],
  },
  expiring: {
    write: (key, n) => [
      ['SET', key, `until ${n}`],
      ['PEXPIREAT', key, String(FAR + n)],
    ],
    read: get,
  },
  // Expires at once or soon: its value cannot be compared.
  fleeting: {
    write: (key, n) => [['PSETEX', key, String(1 + (n % 3000)), 'soon gone']],
    read: (key) => ['EXISTS', key],
  },
};

/** 1 January 2100. */
const FAR = 4_102_444_800_000;

/** Short and long values, so that every encoding of Redis occurs. */
function some(n: number): string[] {
  return Array.from({ length: n % 5 === 0 ? 700 : 1 + (n % 7) }, (_, i) =>
    i % 50 === 3 ? `${'x'.repeat(90)}${i}` : `${n}/${i}`,
  );
}

function pairs(n: number): [string, string][] {
  return some(n).map((text, i) => [text, `${i * n}`]);
}

/** The given number of wanted keys, of every kind in turn. */
export function keysWhere(wanted: (key: string) => boolean, count: number): string[] {
  const kinds = Object.keys(KINDS);
  const keys: string[] = [];
  for (let n = 0; keys.length < count; n++) {
    const key = `${kinds[keys.length % kinds.length]}:${n}`;
    if (wanted(key)) keys.push(key);
  }
  return keys;
}

/** Whether a key is a stream, which needs Redis 5.0, and which nutcracker does not support. */
export function isStream(key: string): boolean {
  return kindOf(key) === KINDS.stream;
}

export async function writeDataset(client: Redis, keys: readonly string[]): Promise<void> {
  const commands = keys.flatMap((key) => kindOf(key).write(key, numberOf(key)));
  for (let i = 0; i < commands.length; i += 1000) {
    await Promise.all(commands.slice(i, i + 1000).map(([command, ...args]) => client.call(command, ...args)));
  }
}

/** The contents of the keys, and whether they expire; without the fleeting ones. */
export async function readDataset(client: Redis, keys: readonly string[]): Promise<Record<string, unknown>> {
  const read = keys.filter((key) => kindOf(key) !== KINDS.fleeting);
  const contents: [string, unknown][] = [];
  for (let i = 0; i < read.length; i += 1000) {
    contents.push(...(await Promise.all(read.slice(i, i + 1000).map((key) => readOne(client, key)))));
  }
  return Object.fromEntries(contents);
}

async function readOne(client: Redis, key: string): Promise<[string, unknown]> {
  const { read, unordered = false } = kindOf(key);
  const [command, ...args] = read(key);
  const [content, ttl] = await Promise.all([client.call(command, ...args), client.pttl(key)]);
  const elements = unordered ? inOrder(content as string[], kindOf(key) === KINDS.hash ? 2 : 1) : content;
  return [key, { content: elements, expires: ttl > 0 ? Math.abs(Date.now() + ttl - expiryOf(key)) < 60_000 : false }];
}

/** The elements sorted, or the pairs of a hash. */
function inOrder(flat: readonly string[], size: number): string[] {
  const elements = flat.flatMap((_, i) => (i % size === 0 ? [JSON.stringify(flat.slice(i, i + size))] : []));
  return elements.sort();
}

function kindOf(key: string): Kind {
  return KINDS[key.split(':')[0]];
}

function numberOf(key: string): number {
  return Number(key.split(':')[1]);
}

function expiryOf(key: string): number {
  return FAR + numberOf(key);
}
