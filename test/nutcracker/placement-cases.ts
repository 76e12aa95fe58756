// The fleets, hashes, distributions, hash tags and keys on which HashRing is compared with the real nutcracker.

import { createHash } from 'node:crypto';
import * as path from 'node:path';
import {
  Distribution,
  HashRing,
  HashType,
  NutcrackerPool,
  NutcrackerServer,
  type NutcrackerServerProps,
} from '../../lib/nutcracker';
import { type PoolUnderTest } from '../lab/placement';

/** Recorded from Debian's nutcracker 0.5.0 for amd64. */
export const GOLDEN_FILE = path.join(__dirname, 'placement.golden.json');

/** A subset, recorded from Debian's nutcracker 0.5.0 for arm64 under qemu-user. */
export const GOLDEN_FILE_OF_ARM64 = path.join(__dirname, 'placement-arm64.golden.json');

/** The contents of a golden file. */
export interface Golden {
  readonly recordedFrom: string;
  /** In base64. */
  readonly keys: string[];
  readonly fleets: Record<string, { readonly servers: NutcrackerServerProps[]; readonly placements: Placements }>;
}

/** Servers at addresses of one block, such as `127.9.8`, so that two runs on a machine do not collide. */
export type Fleet = (block: string) => NutcrackerServer[];

const PORT = 7379;
const PORT_OMITTED_FROM_RING_NAME = 11211;

function fleet(count: number, rest: (i: number) => { weight?: number; name?: string } = () => ({})): Fleet {
  return (block) =>
    Array.from({ length: count }, (_, i) => new NutcrackerServer({ address: `${block}.${i + 1}:${PORT}`, ...rest(i) }));
}

/** Any weights from 1 to 100 000, most of them small. */
const wild = (i: number): number => Math.ceil(10 ** (((i * 37) % 51) / 10));

/** Longer than the part of a name that nutcracker 0.5.0 hashes, so both servers have the same points. */
const LONG_NAME = 'long-'.repeat(56);
const ODD_NAMES = [
  'a',
  'Z',
  'aa',
  'é',
  '分片-1',
  '100%',
  '%s%n',
  '"quoted"',
  "it's",
  '#1',
  'a:b:c',
  '-',
  '-0',
  '10.0.0.1:6379',
  `${LONG_NAME}b`,
  `${LONG_NAME}a`,
];

export const FLEETS: Readonly<Record<string, Fleet>> = {
  'one server': fleet(1),
  'four servers': fleet(4),
  'four named servers of wild weights': fleet(4, (i) => ({ name: `shard-${i}`, weight: [1, 7, 50, 1000][i] })),
  'odd names': fleet(ODD_NAMES.length, (i) => ({ name: ODD_NAMES[i], weight: 1 + (i % 3) })),
  'named and unnamed, over TCP and Unix sockets': (block) => [
    ...fleet(3, (i) => (i === 1 ? { name: 'second', weight: 2 } : {}))(block),
    new NutcrackerServer({ address: `${block}.4:${PORT_OMITTED_FROM_RING_NAME}` }),
    new NutcrackerServer({ address: `/tmp/${block}.unnamed.sock` }),
    new NutcrackerServer({ address: `/tmp/${block}.named.sock`, name: 'socket', weight: 3 }),
  ],
  '25 servers, where float32 takes four points from each': fleet(25),
  '108 servers': fleet(108),
  '108 named servers': fleet(108, (i) => ({ name: `redis-${107 - i}` })),
  '108 named servers of wild weights': fleet(108, (i) => ({ name: `redis-${i}`, weight: wild(i) })),
  'four servers of weights that float32 cannot hold': fleet(4, (i) => ({
    weight: [24_715_491, 24_715_491, 24_715_493, 24_715_496][i],
  })),
};

const TAGS = [undefined, '{}', '$$'];

/** modula needs eight bytes of memory per unit of weight. */
const MAX_WEIGHT_FOR_MODULA = 10_000_000;

/** A fleet's servers with every hash, distribution and hash tag. */
export function poolsOf(servers: NutcrackerServer[]): PoolUnderTest[] {
  const weight = servers.reduce((sum, server) => sum + server.weight, 0);
  const distributions = [Distribution.KETAMA, ...(weight <= MAX_WEIGHT_FOR_MODULA ? [Distribution.MODULA] : [])];
  return Object.values(HashType).flatMap((hash) =>
    distributions.flatMap((distribution) => TAGS.map((hashTag) => ({ servers, hash, distribution, hashTag }))),
  );
}

/** The server index of each key, as one digit, or as two from 37 servers on; by the name of the pool. */
export type Placements = Record<string, string>;

/** Encodes the placements of nutcracker or of a ring, to compare and store them. */
export function placements(pools: readonly PoolUnderTest[], places: readonly (readonly number[])[]): Placements {
  return Object.fromEntries(
    pools.map(({ servers, hash, distribution, hashTag = 'no tag' }, i) => {
      const digits = (servers.length - 1).toString(36).length;
      const encoded = places[i].map((place) => place.toString(36).padStart(digits, '0'));
      return [`${String(hash)} ${String(distribution)} ${hashTag}`, encoded.join('')];
    }),
  );
}

/** Decodes the placements of a pool's keys. */
export function placesIn(encoded: string, keys: number): number[] {
  const digits = encoded.length / keys;
  return Array.from({ length: keys }, (_, i) => parseInt(encoded.slice(i * digits, (i + 1) * digits), 36));
}

/** The placements computed by HashRing. */
export function computed(pools: readonly PoolUnderTest[], keys: readonly Buffer[]): Placements {
  const rings = pools.map((pool) => HashRing.of(new NutcrackerPool({ ...pool, name: 'pool', listen: '127.0.0.1:1' })));
  return placements(
    pools,
    rings.map((ring) => keys.map((key) => ring._indexOf(key))),
  );
}

/** Realistic keys, and unusual ones. */
export const KEYS: readonly Buffer[] = [
  ...range(60, (i) => `key:${i}`),
  ...range(40, (i) => `user:${i * 7919}:profile`),
  ...[
    '{user1}:a',
    '{user1}:b',
    'cart:{user1}',
    'cart:{user2}:{user1}',
    '{a}{b}',
    '{{a}}',
    '{a{b}c}',
    '{}',
    '{}a',
    'a{}{b}',
  ],
  ...[
    '{',
    '}',
    '}{',
    '{a',
    'a}',
    'a}b{c}',
    '{a}}',
    '{}}',
    '{ключ}:1',
    '{a b}',
    '{\r\n}',
    '$',
    '$$',
    '$$a',
    'a$b$c$d',
    '$b$$b',
  ],
  ...['', ' ', 'ключ:1', 'clé', '鍵', '🔑:1', 'a b', 'a\r\nb', '*2\r\n$3\r\nGET\r\n', '\0', 'a\0b', "it's", '"quoted"'],
  // Every tail length of the hashes that read four or twelve bytes at once, in ASCII and in bytes above 127.
  ...range(40, (length) => 'abcdefghij'.repeat(5).slice(0, length + 1)),
  ...range(40, (length) => bytes(`high ${length}`, length + 1).map((byte) => byte | 0x80)),
  ...range(40, (i) => bytes(`any ${i}`, 1 + (i % 33))),
  ...[250, 1000, 8000].flatMap((length) => ['x'.repeat(length), bytes(`long ${length}`, length)]),
].map((key) => Buffer.from(key));

function range<T>(count: number, item: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => item(i));
}

/** Pseudorandom bytes, the same in every run. */
function bytes(seed: string, length: number): Uint8Array {
  const blocks = range(Math.ceil(length / 32), (i) => createHash('sha256').update(`${seed} ${i}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
