// A command of a program that has a Job.

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

/** Exit codes that a retry would not change: a usage error or wrong plan, and a refusal. */
export const FINAL_EXIT_CODES = [2, 3];
