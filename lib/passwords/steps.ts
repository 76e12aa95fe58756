// The commands of the passwords program that have a Job.

import { type Program } from '../jobs/program';
import { type Step } from '../jobs/step';

const STEPS: readonly Step[] = [
  { name: 'status', number: 58, suspended: false, retries: 0 },
  { name: 'apply', number: 86, suspended: true, retries: 6 },
  { name: 'retire', number: 96, suspended: true, retries: 6 },
];

/** The program that changes the password of running servers. */
export const PASSWORDS: Program = {
  name: 'passwords',
  steps: STEPS,
  planFile: 'passwords.json',
  planDirectory: '/etc/passwords',
};

/** The name of a step in file names. */
export function fileOfPasswordStep({ name }: Pick<Step, 'name'>): string {
  return `passwords-${name}`;
}
