// The commands of the migrator that have a Job, in the order of a migration.

/** The Job of a command. */
export interface Step {
  /** The command, which is also the component in the labels. */
  readonly name: string;
  /** The number in the name of its file. */
  readonly number: number;
  /** Whether it is created suspended, for a person to start. */
  readonly suspended: boolean;
  /** How often Kubernetes retries it after a transient failure. */
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

/** Exit codes that a retry would not change: a usage error or wrong plan, and a refusal. */
export const FINAL_EXIT_CODES = [2, 3];
