// How a command ends, for a shard and as a whole.

/** Exit codes; docs/migrator.md says what to do about each. */
export enum ExitCode {
  /** Everything is where the command takes it. */
  DONE = 0,
  /** The program, or something it has no better word for. */
  FAULT = 1,
  /** The command line or the plan is wrong; nothing was done. */
  USAGE = 2,
  /** What was found does not allow it: differences, unexpected clients, a loss that was not accepted. */
  REFUSED = 3,
  /** Some shards are not where the command takes them; run it again. */
  INCOMPLETE = 4,
  /** Another migrator is working on the skipped shards. */
  BUSY = 5,
}

/** How one shard ended. */
export interface Outcome {
  readonly shard: number;
  readonly code: ExitCode;
  /** What was done, or why it was not. */
  readonly message: string;
}

/** Throw it to refuse a shard, with the remedy. */
export class RefusedError extends Error {}

/**
 * As a whole: a refusal first, since Kubernetes runs a Job again by itself for any other code, and that would do what was
 * refused as soon as its reason is gone, without anybody who decided it.
 */
export function exitCodeOf(outcomes: readonly Outcome[]): ExitCode {
  const order = [ExitCode.REFUSED, ExitCode.FAULT, ExitCode.INCOMPLETE, ExitCode.BUSY];
  return order.find((code) => outcomes.some((outcome) => outcome.code === code)) ?? ExitCode.DONE;
}
