// How far the clocks of the servers are apart: a key expires by the clock of its server.

import { clockOf } from '../../migrator/data/key-snapshot';
import { type RedisServer } from '../../migrator/redis/server';

/** More than this changes how long keys live. */
const MOST_APART_MS = 500;

/** A quick reply tells more than a slow one. */
const READINGS = 3;

/** By how many milliseconds a clock is ahead of that of this machine: a reply takes time, so this is a range. */
export interface Clock {
  readonly address: string;
  readonly least: number;
  readonly most: number;
}

/** Throws a ServerError. */
export async function readClock(redis: RedisServer): Promise<Clock> {
  let [least, most] = [-Infinity, Infinity];
  for (let i = 0; i < READINGS; i++) {
    const before = Date.now();
    const [reply] = await redis.eachInBytes([['TIME']]);
    const after = Date.now();
    const time = clockOf(reply);
    least = Math.max(least, time - after);
    most = Math.min(most, time - before);
  }
  return { address: redis.address, least, most };
}

/** Whether two clocks are certainly too far apart, with the remedy. */
export function clockProblems(clocks: readonly Clock[]): string[] {
  const ahead = clocks.reduce((one, other) => (other.least > one.least ? other : one));
  const behind = clocks.reduce((one, other) => (other.most < one.most ? other : one));
  const apart = Math.round(ahead.least - behind.most);
  if (apart <= MOST_APART_MS) return [];
  return [
    `the clock of ${ahead.address} is ${apart} ms ahead of that of ${behind.address}, and keys with an expiry would live longer or shorter; synchronize the clocks`,
  ];
}
