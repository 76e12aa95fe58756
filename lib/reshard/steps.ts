// The commands of the reshard program that have a Job, in the order of a change of the ring.

import { type Program } from '../jobs/program';
import { type Step } from '../jobs/step';
import { ReshardPhase } from './reshard-options';

const STEPS: readonly Step[] = [
  { name: 'preflight', number: 50, suspended: false, retries: 0 },
  { name: 'status', number: 55, suspended: false, retries: 0 },
  // It ends only if it is stopped, and servers may be fenced when it dies.
  { name: 'copy', number: 60, suspended: false, retries: 6 },
  { name: 'verify', number: 70, suspended: false, retries: 0 },
  { name: 'switch', number: 80, suspended: true, retries: 6 },
  { name: 'return', number: 90, suspended: true, retries: 6 },
  { name: 'purge', number: 98, suspended: true, retries: 6 },
];

/** Before a change to a Redis Cluster: whether clients use what it refuses. */
const COMPATIBILITY: Step = { name: 'compatibility', number: 51, suspended: false, retries: 0 };

/** The program that moves keys to another ring. */
export const RESHARD: Program = {
  name: 'reshard',
  steps: STEPS,
  planFile: 'reshard.json',
  planDirectory: '/etc/reshard',
};

/** The program with the commands of a phase: once the proxies know the new ring only, or are to go, nothing may switch any more. */
export function reshardProgram(phase: ReshardPhase, toCluster: boolean): Program {
  if (phase === ReshardPhase.RESHARDING) return toCluster ? { ...RESHARD, steps: [COMPATIBILITY, ...STEPS] } : RESHARD;
  return { ...RESHARD, steps: STEPS.filter(({ name }) => name === 'status' || name === 'purge') };
}

/** The name of a step in file names and the runbook. */
export function fileOfReshardStep({ name }: Pick<Step, 'name'>): string {
  return `reshard-${name}`;
}
