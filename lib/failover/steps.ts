// The commands of the failover program that have a Job.

import { type Program } from '../jobs/program';
import { type Step } from '../jobs/step';

const STEPS: readonly Step[] = [
  { name: 'status', number: 57, suspended: false, retries: 0 },
  { name: 'switchover', number: 85, suspended: true, retries: 6 },
  { name: 'failover', number: 95, suspended: true, retries: 6 },
];

/** The program that shows and changes which server of a shard is the master. */
export const FAILOVER: Program = {
  name: 'failover',
  steps: STEPS,
  planFile: 'replicas.json',
  planDirectory: '/etc/failover',
};

/** The name of a step in file names and the runbook: a migration has a `status` as well. */
export function fileOfStep({ name }: Pick<Step, 'name'>): string {
  return name === 'status' ? 'failover-status' : name;
}
