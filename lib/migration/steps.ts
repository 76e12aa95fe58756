// The commands of the migrator that have a Job, in the order of a migration.

import { type Program } from '../jobs/program';
import { type Step } from '../jobs/step';

export const STEPS: readonly Step[] = [
  { name: 'preflight', number: 50, suspended: false, retries: 0 },
  { name: 'status', number: 55, suspended: false, retries: 0 },
  { name: 'sync', number: 60, suspended: false, retries: 6 },
  { name: 'verify', number: 70, suspended: false, retries: 0 },
  { name: 'cutover', number: 80, suspended: true, retries: 6 },
  { name: 'rollback', number: 90, suspended: true, retries: 6 },
];

/** The migrator. */
export const MIGRATOR: Program = {
  name: 'migrator',
  steps: STEPS,
  planFile: 'plan.json',
  planDirectory: '/etc/migration',
};
