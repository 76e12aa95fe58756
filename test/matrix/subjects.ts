// What the faults of the matrix hit.

import { otherSide, type Side } from '../../lib/failover/replica-plan';
import { type LabPod } from '../lab/pod';
import { type LabReplicas } from '../lab/replicas';

/** Containers of a pod. */
export interface Target {
  readonly pod: LabPod;
  readonly containers: readonly string[];
}

const sentinel = (fleet: LabReplicas, n: number): Target => ({
  pod: fleet.sentinel(n),
  containers: ['sentinel', 'monitor'],
});
const server = (fleet: LabReplicas, side: Side): Target => ({ pod: fleet.server(0, side), containers: ['redis'] });

/** The pods that a fault hits, in groups: the pods of a group are on one node. */
export const SUBJECTS = {
  'the master': (fleet, master) => [[server(fleet, master)]],
  'the replica': (fleet, master) => [[server(fleet, otherSide(master))]],
  'one Sentinel': (fleet) => [[sentinel(fleet, 0)]],
  'two Sentinels': (fleet) => [0, 1].map((n) => [sentinel(fleet, n)]),
  'all Sentinels': (fleet) => [0, 1, 2].map((n) => [sentinel(fleet, n)]),
  'a bridge': ({ proxies: [{ pod }] }) => [[{ pod, containers: ['bridge'] }]],
  'the node of the master, a Sentinel and a proxy': (fleet, master) => [
    [server(fleet, master), sentinel(fleet, 0), { pod: fleet.proxies[0].pod, containers: ['bridge', 'nutcracker'] }],
  ],
} satisfies Record<string, (fleet: LabReplicas, master: Side) => Target[][]>;

export type Subject = keyof typeof SUBJECTS;
