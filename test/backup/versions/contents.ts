// Data of every type that old versions have, in every encoding of their files, and what a server with it returns.

import { type Redis } from 'ioredis';

/** A key, or a function: the commands that write it, and queries with their replies. Each character is a byte. */
export interface Entry {
  readonly key: string;
  /** The first version that has it. */
  readonly since?: string;
  /** Whether it is no key. */
  readonly isLibrary?: boolean;
  readonly write: readonly (readonly string[])[];
  readonly read: readonly Query[];
}

interface Query {
  readonly command: readonly string[];
  readonly reply: unknown;
  /** Whether the server returns the elements in any order, each of so many strings. */
  readonly groupsOf?: number;
}

/** Small limits, so that a short value has the encoding of a long one; each version knows some of the names. */
export const LIMITS: readonly (readonly [name: string, value: string])[] = [
  ...['list-max-ziplist-entries', 'hash-max-ziplist-entries', 'hash-max-listpack-entries', 'set-max-intset-entries'],
  ...['zset-max-ziplist-entries', 'zset-max-listpack-entries', 'set-max-listpack-entries', 'stream-node-max-entries'],
  ...['list-max-ziplist-size', 'list-max-listpack-size'],
].map((name) => [name, '8']);

/** 1 January 2100. */
const FAR = '4102444800000';

const LONG = 20;

const numbered = (count: number, text: (n: number) => string): string[] =>
  Array.from({ length: count }, (_, n) => text(n));

/** Strings, integers of each size, and one that is too long for a compact encoding. */
const MIXED = ['', '1', '-2', '12', '-300', '70000', '-8388609', '9007199254740993', 'två\r\n\0ÿ'];
const elements = [...MIXED, 'x'.repeat(300), ...numbered(LONG, (n) => `element ${n}`)];

function string(key: string, value: string): Entry {
  return { key, write: [['SET', key, value]], read: [{ command: ['GET', key], reply: value }] };
}

function list(key: string, values: readonly string[]): Entry {
  return { key, write: [['RPUSH', key, ...values]], read: [{ command: ['LRANGE', key, '0', '-1'], reply: values }] };
}

function set(key: string, values: readonly string[]): Entry {
  return {
    key,
    write: [['SADD', key, ...values]],
    read: [{ command: ['SMEMBERS', key], reply: inOrder(values, 1), groupsOf: 1 }],
  };
}

function hash(key: string, names: readonly string[]): Entry {
  const pairs = names.flatMap((name, n) => [name, `${name}=${n}`]);
  return {
    key,
    write: [['HMSET', key, ...pairs]],
    read: [{ command: ['HGETALL', key], reply: inOrder(pairs, 2), groupsOf: 2 }],
  };
}

function sortedSet(key: string, scores: readonly string[]): Entry {
  const pairs = scores.map((score, n) => [`member ${n}`, score]);
  return {
    key,
    write: [['ZADD', key, ...pairs.flatMap(([member, score]) => [score, member])]],
    read: [{ command: ['ZRANGE', key, '0', '-1', 'WITHSCORES'], reply: pairs.flat() }],
  };
}

/** Two groups; of the first one, a consumer has acknowledged one of its two entries, and another one has one. */
function stream(key: string, count: number): Entry {
  const ids = numbered(count, (n) => `${n + 1}-${n}`);
  const read = (consumer: string, entries: string): string[] => [
    ...['XREADGROUP', 'GROUP', 'workers', consumer, 'COUNT', entries, 'STREAMS', key, '>'],
  ];
  const group = (name: string, consumers: number, pending: number, last: string): Record<string, unknown> => ({
    ...{ name, consumers, pending, 'last-delivered-id': last },
  });
  return {
    key,
    since: '5.0.0',
    write: [
      ...ids.map((id, n) => ['XADD', key, id, 'field', `value ${n}`, ...(n % 3 === 0 ? ['another', 'é'] : [])]),
      ['XDEL', key, ids[3]],
      ['XGROUP', 'CREATE', key, 'workers', '0'],
      ['XGROUP', 'CREATE', key, 'idle', '$'],
      read('one', '2'),
      read('two', '1'),
      ['XACK', key, 'workers', ids[0]],
    ],
    read: [
      {
        command: ['XRANGE', key, '-', '+'],
        reply: ids
          .map((id, n) => [id, ['field', `value ${n}`, ...(n % 3 === 0 ? ['another', 'é'] : [])]])
          .filter((_, n) => n !== 3),
      },
      {
        command: ['XPENDING', key, 'workers'],
        reply: [
          2,
          ids[1],
          ids[2],
          [
            ['one', '1'],
            ['two', '1'],
          ],
        ],
      },
      {
        command: ['XINFO', 'GROUPS', key],
        reply: [group('idle', 0, 0, ids[count - 1]), group('workers', 2, 2, ids[2])],
      },
    ],
  };
}

const LIBRARY = "#!lua name=old\nredis.register_function('twice', function(keys, args) return args[1] * 2 end)";

export const ENTRIES: readonly Entry[] = [
  ...MIXED.map((value, n) => string(`string:${n}`, value)),
  string('key with\r\n\0 and ÿ', 'x'),
  string('string:raw', numbered(30, (n) => String.fromCharCode((n * 37) % 256)).join('')),
  string('string:compressed', 'ab'.repeat(100)),
  string('string:big', 'a big value, '.repeat(1500)),
  list('list:short', MIXED),
  list('list:long', elements),
  set('set:16-bit', ['1', '-7', '300']),
  set('set:32-bit', ['1', '70000']),
  set('set:64-bit', ['1', '9007199254740993']),
  set('set:short', ['a', 'b', '3']),
  set('set:long', elements),
  hash('hash:short', ['a', 'b', '']),
  hash(
    'hash:long',
    numbered(LONG, (n) => `field ${n}`),
  ),
  // Every version prints these numbers with the same digits.
  sortedSet('zset:short', ['-inf', '-1.5', '0', '0.30000000000000004', '3', '1000000000000000', 'inf']),
  sortedSet(
    'zset:long',
    numbered(LONG, (n) => String(n / 8)),
  ),
  {
    key: 'expiring',
    write: [
      ['SET', 'expiring', 'x'],
      ['PEXPIREAT', 'expiring', FAR],
    ],
    read: [{ command: ['PEXPIRETIME', 'expiring'], reply: Number(FAR) }],
  },
  {
    key: 'expiring:hash',
    write: [
      ['HSET', 'expiring:hash', 'a', 'b'],
      ['PEXPIREAT', 'expiring:hash', FAR],
    ],
    read: [{ command: ['PEXPIRETIME', 'expiring:hash'], reply: Number(FAR) }],
  },
  {
    key: 'hyperloglog',
    write: [['PFADD', 'hyperloglog', 'a', 'b', 'c']],
    read: [{ command: ['PFCOUNT', 'hyperloglog'], reply: 3 }],
  },
  {
    key: 'geo',
    since: '3.2.0',
    write: [['GEOADD', 'geo', '13.361389', '38.115556', 'Palermo']],
    read: [{ command: ['GEOHASH', 'geo', 'Palermo'], reply: ['sqc8b49rny0'] }],
  },
  stream('stream:short', 5),
  stream('stream:long', LONG),
  {
    key: 'library',
    since: '7.0.0',
    isLibrary: true,
    write: [['FUNCTION', 'LOAD', LIBRARY]],
    read: [{ command: ['FCALL', 'twice', '0', '21'], reply: 42 }],
  },
];

/** A key that has expired when the file is loaded: no server returns it. */
export const EXPIRED = ['PSETEX', 'expired', '60000', 'x'] as const;

/** What a version has. */
export function entriesOf(version: string): Entry[] {
  const numbers = (text: string): number[] => text.split('.').map(Number);
  const [major, minor] = numbers(version);
  return ENTRIES.filter(({ since = '0.0.0' }) => {
    const [first, second] = numbers(since);
    return major > first || (major === first && minor >= second);
  });
}

/** Each character is a byte. */
export async function send(client: Redis, [command, ...words]: readonly string[]): Promise<unknown> {
  return text(await client.callBuffer(command, ...words.map((word) => Buffer.from(word, 'latin1'))));
}

/** The replies of a server to the queries of the entries, as these have them, by key and command. */
export async function repliesOf(client: Redis, entries: readonly Entry[]): Promise<Record<string, unknown>> {
  const replies: Record<string, unknown> = {};
  for (const { key, read } of entries) {
    for (const { command, groupsOf } of read) {
      const reply = await send(client, command);
      replies[nameOf(key, command)] =
        command[0] === 'XINFO'
          ? groupsIn(reply)
          : groupsOf === undefined
            ? reply
            : inOrder(reply as string[], groupsOf);
    }
  }
  return replies;
}

/** What `repliesOf` should return. */
export function expectedOf(entries: readonly Entry[]): Record<string, unknown> {
  return Object.fromEntries(
    entries.flatMap(({ key, read }) => read.map(({ command, reply }) => [nameOf(key, command), reply])),
  );
}

const nameOf = (key: string, [command]: readonly string[]): string => `${key}: ${command}`;

function text(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString('latin1');
  return Array.isArray(reply) ? reply.map(text) : reply;
}

/** The fields of XINFO GROUPS that every version has. */
function groupsIn(reply: unknown): Record<string, unknown>[] {
  return (reply as unknown[][]).map((flat) => {
    const fields = flat.flatMap((name, i) => (i % 2 === 0 ? [[String(name), flat[i + 1]] as const] : []));
    return Object.fromEntries(
      fields.filter(([name]) => ['name', 'consumers', 'pending', 'last-delivered-id'].includes(name)),
    );
  });
}

/** The groups, sorted. */
function inOrder(flat: readonly string[], size: number): string[] {
  return flat.flatMap((_, i) => (i % size === 0 ? [JSON.stringify(flat.slice(i, i + size))] : [])).sort();
}
