// What a change would move: every key is looked at, so the numbers are exact as long as clients write no more.

import { allKeys, printable } from '../../migrator/data/key-scan';
import { ServerError } from '../../migrator/redis/server';
import { duration, size } from '../../migrator/report/fleet-progress';
import { keysOf } from '../move/pace';
import { type Rings } from '../plan/rings';
import { type Fleet } from '../server/fleet';
import { type FleetServer } from '../server/server';

/** A larger value blocks its server for tens of milliseconds while it is read or written. */
const LARGE_BYTES = 1024 * 1024;

/** The largest keys that are reported. */
const REPORTED = 3;

/** A key that was used in the last so many seconds may change while servers are fenced. */
const HOT_SECONDS = 60;

/** Values that one process copies in a second (bench/reshard.ts), and the milliseconds that DUMP and RESTORE of a MiB take. */
const KEYS_PER_SECOND = 40_000;
const MS_PER_MIB = 17;

/** Round trips of a change: the fence, the barrier, the last keys, the replicas, and the first and the other servers. */
const ROUND_TRIPS = 6;

/** How many round trips are measured. */
const PINGS = 5;

interface LargeKey {
  readonly key: Buffer;
  readonly bytes: number;
  readonly isHot: boolean;
  readonly address: string;
}

interface Moving {
  keys: number;
  bytes: number;
  streamBytes: number;
  readonly large: LargeKey[];
}

export class Prediction {
  /** Throws a ServerError. */
  static async of(fleet: Fleet, rings: Rings): Promise<Prediction> {
    const incoming = new Map<number, number>();
    const found = await Promise.all(fleet.masters.map((server) => movingFrom(server, rings, incoming)));
    const trips = await Promise.all(fleet.masters.map(roundTripMs));
    const sum = (of: (one: Moving) => number): number => found.reduce((total, one) => total + of(one), 0);
    const moving = {
      keys: sum(({ keys }) => keys),
      bytes: sum(({ bytes }) => bytes),
      streamBytes: sum(({ streamBytes }) => streamBytes),
      large: largest(found.flatMap(({ large }) => large)),
    };
    return new Prediction(moving, incoming, Math.max(...trips));
  }

  private constructor(
    private readonly moving: Moving,
    private readonly incoming: ReadonlyMap<number, number>,
    private readonly roundTripMs: number,
  ) {}

  /** The bytes that a server receives. */
  incomingBytes(ordinal: number): number {
    return this.incoming.get(ordinal) ?? 0;
  }

  /** For how long nobody is served, in milliseconds, if no other value changes in the last moment than the largest one that is used. */
  get holdMs(): number {
    const last = Math.max(0, ...this.moving.large.filter(({ isHot }) => isHot).map(({ bytes }) => bytes));
    return Math.ceil(ROUND_TRIPS * this.roundTripMs + msFor(last) + msFor(this.moving.streamBytes));
  }

  /** What cannot end well. @param deadlineMs how long nobody may be served */
  problems(deadlineMs: number): string[] {
    if (this.holdMs < deadlineMs) return [];
    const { streamBytes, large } = this.moving;
    const hot = large.find(({ isHot }) => isHot);
    return [
      `servers would be fenced for about ${this.holdMs} ms, longer than the ${deadlineMs} ms of --deadline: ` +
        [
          ...(hot ? [`${printable(hot.key)} on ${hot.address} is used, and has ${size(hot.bytes)}`] : []),
          ...(streamBytes > 0 ? [`streams with ${size(streamBytes)} are copied in that time`] : []),
          `a round trip takes ${this.roundTripMs.toFixed(1)} ms`,
        ].join(', ') +
        '; split or delete large values, trim streams, or raise --deadline',
    ];
  }

  /** @param rate how many keys a second are to be copied */
  text(rate: number): string[] {
    const { keys, bytes, large } = this.moving;
    const seconds = Math.max(1, keys / KEYS_PER_SECOND, msFor(bytes) / 1000, keysOf(keys, bytes) / rate);
    return [
      `${keys} keys with ${size(bytes)} would move, in about ${duration(seconds)}; servers would be fenced for about ${this.holdMs} ms`,
      ...large.map(
        (one) =>
          `${printable(one.key)} on ${one.address} has ${size(one.bytes)}${one.isHot ? ' and is used' : ''}: it blocks its servers for about ${Math.ceil(msFor(one.bytes))} ms while it is copied`,
      ),
    ];
  }
}

function msFor(bytes: number): number {
  return (MS_PER_MIB * bytes) / (1024 * 1024);
}

function largest(keys: readonly LargeKey[]): LargeKey[] {
  return [...keys].sort((one, other) => other.bytes - one.bytes).slice(0, REPORTED);
}

async function movingFrom(
  { redis, ordinal }: FleetServer,
  rings: Rings,
  incoming: Map<number, number>,
): Promise<Moving> {
  const moving: Moving = { keys: 0, bytes: 0, streamBytes: 0, large: [] };
  for await (const keys of allKeys((commands) => redis.eachInBytes(commands))) {
    const own = keys.filter((key) => rings.ownerOf(key, 'a') === ordinal && rings.ownerOf(key, 'b') !== ordinal);
    if (own.length === 0) continue;
    const results = await redis.each(own.flatMap((key) => [['MEMORY', 'USAGE', key] as const, ['TYPE', key] as const]));
    for (const [i, key] of own.entries()) {
      const [bytes, type] = results.slice(2 * i);
      if (bytes instanceof ServerError) throw bytes;
      if (typeof bytes !== 'number') continue; // it has expired
      moving.keys++;
      moving.bytes += bytes;
      if (type === 'stream') moving.streamBytes += bytes;
      const to = rings.ownerOf(key, 'b');
      incoming.set(to, (incoming.get(to) ?? 0) + bytes);
      if (bytes > LARGE_BYTES) moving.large.push({ key, bytes, isHot: false, address: redis.address });
    }
  }
  const large = largest(moving.large);
  const idle = large.length === 0 ? [] : await redis.each(large.map(({ key }) => ['OBJECT', 'IDLETIME', key]));
  // With an LFU policy, there is no idle time: it may be hot.
  const isHot = (seconds: unknown): boolean => typeof seconds !== 'number' || seconds < HOT_SECONDS;
  return { ...moving, large: large.map((one, i) => ({ ...one, isHot: isHot(idle[i]) })) };
}

async function roundTripMs({ redis }: FleetServer): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < PINGS; i++) {
    const start = performance.now();
    await redis.call('PING');
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}
