// preflight: whether the servers allow the change, and what would move.

import { type Result } from '../../migrator/program/run';
import { RefusedError } from '../../migrator/program/outcome';
import { directSender } from '../../migrator/redis/command-sender';
import { size } from '../../migrator/report/fleet-progress';
import { randomKeys } from '../../migrator/data/key-scan';
import { clockOf } from '../../migrator/data/key-snapshot';
import { checkPlacement } from '../move/foreign-keys';
import { type Rings } from '../plan/rings';
import { type Fleet } from '../server/fleet';
import { type FleetServer } from '../server/server';
import { type Context, forFleet } from './context';
import { type Seen, serverProblems } from './server-problems';

/** Keys that are drawn on each server to predict what moves. */
const DRAWS = 1000;

/** A larger value blocks its server for tens of milliseconds while it is read or written. */
const LARGE_BYTES = 1024 * 1024;

/** How far the clocks of servers may be apart: a key expires by the clock of its server. */
const CLOCK_MS = 500;

/** What would move, from a sample. */
interface Predicted {
  readonly keys: number;
  readonly bytes: number;
  /** The largest value among the sampled keys that move, in bytes. */
  readonly largest: number;
}

export function preflight(context: Context): Promise<Result> {
  return forFleet(context, async (fleet, rings) => {
    const seen = await Promise.all(fleet.all.map(see));
    const state = await fleet.state();
    const predicted = await Promise.all(seen.map((one) => predict(one, rings)));
    const incoming = incomingBytes(fleet, rings, predicted);
    const problems = [
      ...(state === 'serves A' ? [] : [`the state is ${state}, not serves A; see status`]),
      ...clockProblems(seen),
      ...(await Promise.all(seen.map((one, i) => serverProblems(one, rings, incoming[i])))).flat(),
    ];
    const text = predictionText(predicted);
    if (state === 'serves A') await checkPlacement(fleet, rings, 'a', false);
    if (problems.length > 0) throw new RefusedError([...problems, text].join('\n'));
    return text;
  });
}

async function see(server: FleetServer): Promise<Seen> {
  const before = Date.now();
  const [time] = await server.redis.eachInBytes([['TIME']]);
  const ahead = clockOf(time) - (before + Date.now()) / 2;
  return { server, info: await server.redis.info(), ahead };
}

function clockProblems(seen: readonly Seen[]): string[] {
  const sorted = [...seen].sort((one, other) => one.ahead - other.ahead);
  const [first, last] = [sorted[0], sorted[sorted.length - 1]];
  const apart = Math.round(last.ahead - first.ahead);
  if (apart <= CLOCK_MS) return [];
  return [
    `the clock of ${last.server.redis.address} is ${apart} ms ahead of that of ${first.server.redis.address}, and keys with an expiry would live longer or shorter; synchronize the clocks`,
  ];
}

async function predict({ server: { redis, ordinal }, info }: Seen, rings: Rings): Promise<Predicted> {
  const keys = await randomKeys(directSender(redis), DRAWS);
  const moving = keys.filter((key) => rings.ownerOf(key, 'a') === ordinal && rings.ownerOf(key, 'b') !== ordinal);
  if (moving.length === 0) return { keys: 0, bytes: 0, largest: 0 };
  const usages = await redis.each(moving.map((key) => ['MEMORY', 'USAGE', key]));
  const bytes = usages.map((usage) => (typeof usage === 'number' ? usage : 0));
  const number = (info.keys * moving.length) / keys.length;
  const mean = bytes.reduce((sum, one) => sum + one, 0) / moving.length;
  return { keys: number, bytes: number * mean, largest: Math.max(...bytes) };
}

/** The bytes that each server is expected to receive, assuming that all senders send it the same share. */
function incomingBytes(fleet: Fleet, rings: Rings, predicted: readonly Predicted[]): number[] {
  const all = predicted.reduce((sum, { bytes }) => sum + bytes, 0);
  return fleet.all.map(({ ordinal }) => all * rings.incomingShare(ordinal));
}

function predictionText(predicted: readonly Predicted[]): string {
  const sum = (of: (one: Predicted) => number): number => predicted.reduce((total, one) => total + of(one), 0);
  const largest = Math.max(...predicted.map((one) => one.largest));
  const warning =
    largest > LARGE_BYTES
      ? `; the largest one sampled has ${size(largest)}, and blocks its servers while it is copied`
      : '';
  return `about ${Math.round(sum(({ keys }) => keys))} keys with ${size(Math.round(sum(({ bytes }) => bytes)))} would move${warning}`;
}
