// Repeats an event on every shard of a fleet with replicas under a checked load, and measures the gap of each shard.

import { type Side } from '../../lib/failover/replica-plan';
import { Lab } from '../../test/lab/lab';
import { LabReplicas } from '../../test/lab/replicas';
import { median, ms, quantile, row, sleep } from '../table';

const SHARDS = 8;
/** As much as two cores handle with all servers of the fleet. */
export const LOAD = { clients: 4 * SHARDS, clientsPerShard: 4, operationsPerSecond: 2000 };

/** Milliseconds between the events of two shards, so that they do not wait for the same processor. */
const STAGGER_MS = 2500;

/** What happens to a fleet in a round, once to each shard. */
export type Round = (fleet: LabReplicas) => Promise<unknown>;

/** The columns of `measure`. */
export const COLUMNS = ['events', 'median', 'p90', 'p99', 'longest', 'keys lost', 'violations'];

export async function startFleet(lab: Lab): Promise<LabReplicas> {
  return LabReplicas.start(lab, { servers: SHARDS });
}

/** Measures a round with a bridge that checks the role only, and with the bridge of a fleet with replicas. */
export async function compare(lab: Lab, round: Round, floorRounds: number, rounds: number): Promise<void> {
  const floorLab = new Lab();
  try {
    const floor = await LabReplicas.start(floorLab, { servers: SHARDS, asksRoleOnly: true });
    await measure(floor, 'the bridge checks role:master only (floor)', floorRounds, round);
  } finally {
    await floorLab.close();
  }
  await measure(await startFleet(lab), 'the bridge of a fleet with replicas', rounds, round);
}

/** Prints a row with the gaps of all rounds. Each round waits until every shard has a replica that can take over. */
export async function measure(fleet: LabReplicas, what: string, rounds: number, round: Round): Promise<void> {
  const load = await fleet.load(LOAD);
  const gaps: number[] = [];
  for (let n = 0; n < rounds; n++) {
    load.takeGaps();
    await round(fleet);
    await fleet.untilEligible();
    gaps.push(...load.takeGaps());
  }
  const { lost, violations } = await load.stop();
  const figures = [median(gaps), quantile(gaps, 0.9), quantile(gaps, 0.99), Math.max(...gaps)];
  row(`  ${what}`, String(gaps.length), ...figures.map(ms), String(lost.length), String(violations.length));
}

/** A round in which something happens to one master after the other. */
export function eachMaster(event: (fleet: LabReplicas, shard: number, master: Side) => Promise<unknown>): Round {
  return (fleet) =>
    Promise.all(
      fleet.ordinals.map(async (shard) => {
        await sleep(shard * STAGGER_MS);
        const master = await fleet.masterOf(shard);
        if (master === undefined) throw new Error(`shard ${shard} has no master`);
        await event(fleet, shard, master);
      }),
    );
}
