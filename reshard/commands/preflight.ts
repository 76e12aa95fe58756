// preflight: whether the servers allow the change, and what would move.

import { type Result } from '../../migrator/program/run';
import { RefusedError } from '../../migrator/program/outcome';
import { checkPlacement } from '../move/foreign-keys';
import { type FleetServer } from '../server/server';
import { clockProblems, readClock } from './clocks';
import { type Context, forFleet } from './context';
import { Prediction } from './prediction';
import { type Seen, serverProblems } from './server-problems';
import { TargetMemory } from './target-memory';

/** The receiving servers that are reported, those whose memory is fullest. */
const REPORTED = 3;

/**
 * @param deadlineMs how long nobody may be served during a change
 * @param rate how many keys a second are to be copied
 */
export function preflight(context: Context, deadlineMs: number, rate: number): Promise<Result> {
  return forFleet(context, async (fleet, rings) => {
    await fleet.checkCluster();
    const seen = await Promise.all(fleet.masters.map(see));
    const state = await fleet.state();
    const prediction = await Prediction.of(fleet, rings);
    const memories = seen.map(
      ({ server, info }) => new TargetMemory(server.redis.address, info, prediction.incomingBytes(server.ordinal)),
    );
    const ofServers = seen.map((one, i) => {
      const { ordinal, replicas } = fleet.shards[i];
      const expected = { memory: memories[i], replicas, isNode: fleet.isInCluster(ordinal) };
      return serverProblems(one, expected, context.plan);
    });
    const problems = [
      ...(state === 'serves A' ? [] : [`the state is ${state}, not serves A; see status`]),
      ...clockProblems(seen.map(({ clock }) => clock)),
      ...(await Promise.all(ofServers)).flat(),
      ...prediction.problems(deadlineMs),
    ];
    if (state === 'serves A') await checkPlacement(fleet, rings, 'a', false);
    const predicted = [...prediction.text(rate), ...fullest(memories)];
    if (problems.length > 0) throw new RefusedError([...problems, ...predicted].join('\n'));
    return predicted.join('\n');
  });
}

async function see(server: FleetServer): Promise<Seen> {
  return { server, clock: await readClock(server.redis), info: await server.redis.info() };
}

function fullest(memories: readonly TargetMemory[]): string[] {
  const receiving = memories.filter(({ receives }) => receives > 0);
  return receiving
    .sort((one, other) => other.usedPart - one.usedPart)
    .slice(0, REPORTED)
    .map(({ text }) => text);
}
