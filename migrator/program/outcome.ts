// The outcome of a command, for a shard and as a whole.

/** Exit codes; docs/migrator.md has the remedy for each. */
export enum ExitCode {
  /** Every shard is where the command takes it. */
  DONE = 0,
  /** A defect of the program, or an unexpected error. */
  FAULT = 1,
  /** The command line or the plan is wrong; nothing was done. */
  USAGE = 2,
  /** Refused because of what was found: differences, unexpected clients, a loss that was not accepted. */
  REFUSED = 3,
  /** Some shards are not where the command takes them; run it again. */
  INCOMPLETE = 4,
  /** Another migrator is working on the skipped shards. */
  BUSY = 5,
}

/** The outcome for one shard. */
export interface Outcome {
  readonly shard: number;
  readonly code: ExitCode;
  /** What was done, or why it was not. */
  readonly message: string;
}

/** Thrown to refuse a shard, with the remedy. */
export class RefusedError extends Error {}

/**
 * The exit code of a command: a refusal takes precedence. For any other code Kubernetes runs the Job again, which would do
 * what was refused as soon as the reason is gone, without a decision of an operator.
 */
export function exitCodeOf(outcomes: readonly Outcome[]): ExitCode {
  const order = [ExitCode.REFUSED, ExitCode.FAULT, ExitCode.INCOMPLETE, ExitCode.BUSY];
  return order.find((code) => outcomes.some((outcome) => outcome.code === code)) ?? ExitCode.DONE;
}
