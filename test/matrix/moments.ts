// When the faults of the matrix happen.

import { setTimeout as sleep } from 'node:timers/promises';
import { SIDES } from '../../lib/failover/replica-plan';
import { type Incident } from './incident';

async function duringFailover(incident: Incident, afterMs: number): Promise<void> {
  await incident.killMaster();
  await sleep(afterMs);
  await incident.strike();
}

/** Lines of hand-over.sh. */
const HELD = '  demoted=yes\n';
const PROMOTED = '  # The bridges trust the new master';

async function duringPlannedStop(incident: Incident, line: string): Promise<void> {
  await incident.plannedStop(line, () => incident.strike());
}

export const MOMENTS = {
  'while nothing else happens': (incident) => incident.strike(),
  'before a failover': async (incident) => {
    const { lastsMs, heal } = await incident.begin();
    await sleep(Math.min(500, lastsMs));
    await incident.killMaster();
    await sleep(Math.max(0, lastsMs - 500));
    await heal();
  },
  'a second after the master was killed': (incident) => duringFailover(incident, 1000),
  'while Sentinel fails over': (incident) => duringFailover(incident, 4500),
  'after a failover': async (incident) => {
    await incident.killMaster();
    await incident.replaced();
    await incident.strike();
  },
  'while a planned stop holds writes': (incident) => duringPlannedStop(incident, HELD),
  'after a planned stop has promoted the replica': (incident) => duringPlannedStop(incident, PROMOTED),
  'during a rollout': async (incident) => {
    const { fleet } = incident.it;
    const rollout = SIDES.map(async (side) => {
      await fleet.server(0, side).stop();
      await fleet.startServer(0, side);
    });
    await sleep(1000);
    await Promise.all([incident.strike(), ...rollout]);
  },
} satisfies Record<string, (incident: Incident) => Promise<void>>;

export type Moment = keyof typeof MOMENTS;
