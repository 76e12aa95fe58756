// The commands of the migrator that a fleet has a Job for, in the order of a move.

/** One Job. */
export interface Step {
  /** The command, and the component in its labels. */
  readonly name: string;
  /** The number of its file. */
  readonly number: number;
  /** Whether a person starts it: it comes suspended. */
  readonly suspended: boolean;
  /** How often Kubernetes runs it again when it fails for a reason that may pass. */
  readonly retries: number;
}

export const STEPS: readonly Step[] = [
  { name: 'preflight', number: 50, suspended: false, retries: 0 },
  { name: 'status', number: 55, suspended: false, retries: 0 },
  { name: 'sync', number: 60, suspended: false, retries: 6 },
  { name: 'verify', number: 70, suspended: false, retries: 0 },
  { name: 'cutover', number: 80, suspended: true, retries: 6 },
  { name: 'rollback', number: 90, suspended: true, retries: 6 },
];

/** Exit codes that no repetition changes: bad usage or plan, and a refusal. */
export const FINAL_EXIT_CODES = [2, 3];
