// The cost of placing a key, on one core: npx tsx bench/ring.ts

import { randomBytes } from 'node:crypto';
import * as os from 'node:os';
import {
  Distribution,
  HashRing,
  HashType,
  NutcrackerPool,
  type NutcrackerPoolProps,
  NutcrackerServer,
} from '../lib/nutcracker';
import { HASH_FUNCTIONS } from '../lib/nutcracker/hashes';
import { BigintRing } from '../test/lab/bigint-ring';

/** Enough keys that the branch predictor cannot learn them. */
const KEYS = 200_000;
const KEY_BYTES = 20;
const ROUNDS = 9;

/** All keys in one buffer, as in the reply of a server. */
const keys = randomBytes(KEYS * KEY_BYTES);
const keyBuffers = Array.from({ length: KEYS }, (_, i) =>
  Buffer.from(keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES)),
);

function pool(props: Partial<NutcrackerPoolProps> = {}, servers = 108): NutcrackerPool {
  return new NutcrackerPool({
    name: 'alpha',
    listen: '127.0.0.1:22121',
    servers: Array.from({ length: servers }, (_, i) => new NutcrackerServer({ address: `10.0.0.${i}:6379` })),
    ...props,
  });
}

/** The median of all rounds except the first, in which the code is compiled. */
function median(measure: () => number): number {
  measure();
  return Array.from({ length: ROUNDS }, measure).sort((a, b) => a - b)[(ROUNDS - 1) / 2];
}

function milliseconds(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Uses the results, so that the optimizer cannot drop lookups. */
let sum = 0;

/** Million keys per second. */
function rate(place: (bytes: Uint8Array, start: number, end: number) => number): number {
  const ms = median(() =>
    milliseconds(() => {
      for (let at = 0; at < keys.length; at += KEY_BYTES) sum += place(keys, at, at + KEY_BYTES);
    }),
  );
  return KEYS / ms / 1000;
}

/** The same for a function that takes a buffer per key. */
function rateOfBuffers(place: (key: Uint8Array) => number): number {
  const ms = median(() =>
    milliseconds(() => {
      for (const key of keyBuffers) sum += place(key);
    }),
  );
  return KEYS / ms / 1000;
}

/** Bytes that a lookup leaves on the heap, with few enough lookups that garbage collection is rare. */
function bytesLeft(place: (bytes: Uint8Array, start: number, end: number) => number): number {
  const lookups = KEYS / 10;
  return median(() => {
    const before = process.memoryUsage().heapUsed;
    let own = 0;
    for (let i = 0; i < lookups; i++) own ^= place(keys, i * KEY_BYTES, (i + 1) * KEY_BYTES);
    const left = process.memoryUsage().heapUsed - before;
    sum += own;
    return left / lookups;
  });
}

function row(what: string, ...cells: string[]): void {
  console.log([what.padEnd(44), ...cells.map((cell) => cell.padStart(14))].join(''));
}

const ms = (figure: number) => `${figure.toFixed(1)} ms`;
const millions = (figure: number) => `${figure.toFixed(2)} M/s`;

row(`${os.cpus()[0].model}, ${os.cpus().length} cores, Node ${process.version}`);

console.log('\nBuilding a ring of 108 servers');
row('  the first one of a process', ms(milliseconds(() => HashRing.of(pool()))));
row('  another one', ms(median(() => milliseconds(() => HashRing.of(pool())))));

console.log(`\nfnv1a_64, ketama, 108 servers, keys of ${KEY_BYTES} bytes`);
const ring = HashRing.of(pool());
const bigintRing = new BigintRing(pool());
const inOneBuffer = rate((bytes, start, end) => ring._indexOf(bytes, start, end));
const inOwnBuffers = rateOfBuffers((key) => ring._indexOf(key));
const bigint = rateOfBuffers((key) => bigintRing.indexOf(key));
row('  the hash alone (the floor)', millions(rate(HASH_FUNCTIONS[HashType.FNV1A_64].hash)));
row('  HashRing, keys in one buffer', millions(inOneBuffer));
row('  HashRing, each key in a buffer of its own', millions(inOwnBuffers));
row('  plainly with BigInt, likewise', millions(bigint), `1/${(inOwnBuffers / bigint).toFixed(1)} of it`);
row(
  '  left on the heap by a lookup of HashRing',
  `${bytesLeft((bytes, start, end) => ring._indexOf(bytes, start, end)).toFixed(2)} bytes`,
);

console.log('\nEvery hash');
row('', 'ketama', 'modula', 'hash alone');
for (const hash of Object.values(HashType)) {
  const rates = [Distribution.KETAMA, Distribution.MODULA].map((distribution) => {
    const other = HashRing.of(pool({ hash, distribution }));
    return rate((bytes, start, end) => other._indexOf(bytes, start, end));
  });
  row(`  ${hash}`, ...[...rates, rate(HASH_FUNCTIONS[hash].hash)].map(millions));
}

console.log('\nComparing two rings');
const modula = { distribution: Distribution.MODULA };
const pairs: [string, NutcrackerPool, NutcrackerPool][] = [
  ['ketama of 108 and ketama of 109', pool(), pool({}, 109)],
  ['ketama of 108 and modula of 108', pool(), pool(modula)],
  ['modula of 108 and modula of 109', pool(modula), pool(modula, 109)],
];
for (const [what, ...both] of pairs) {
  const [before, after] = both.map((one) => HashRing.of(one));
  row(`  ${what}`, ms(median(() => milliseconds(() => before.diff(after)))));
}

if (Number.isNaN(sum)) throw new Error('a key was not placed');
