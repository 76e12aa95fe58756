// preflight: whether the servers allow the change, and what would move.

import { type Result } from '../../migrator/program/run';
import { RefusedError } from '../../migrator/program/outcome';
import { clockOf } from '../../migrator/data/key-snapshot';
import { checkPlacement } from '../move/foreign-keys';
import { type FleetServer } from '../server/server';
import { type Context, forFleet } from './context';
import { Prediction } from './prediction';
import { type Seen, serverProblems } from './server-problems';

/** How far the clocks of servers may be apart: a key expires by the clock of its server. */
const CLOCK_MS = 500;

/** @param deadlineMs how long nobody may be served during a change */
export function preflight(context: Context, deadlineMs: number): Promise<Result> {
  return forFleet(context, async (fleet, rings) => {
    const seen = await Promise.all(fleet.masters.map(see));
    const state = await fleet.state();
    const prediction = await Prediction.of(fleet, rings);
    const ofServers = seen.map((one, i) => {
      const { ordinal } = one.server;
      const { replica } = fleet.shards[i].shard;
      const expected = { bytes: prediction.incomingBytes(ordinal), replicas: replica === undefined ? 0 : 1 };
      return serverProblems(one, expected, context.plan);
    });
    const problems = [
      ...(state === 'serves A' ? [] : [`the state is ${state}, not serves A; see status`]),
      ...clockProblems(seen),
      ...(await Promise.all(ofServers)).flat(),
      ...prediction.problems(deadlineMs),
    ];
    if (state === 'serves A') await checkPlacement(fleet, rings, 'a', false);
    if (problems.length > 0) throw new RefusedError([...problems, ...prediction.text].join('\n'));
    return prediction.text.join('\n');
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
