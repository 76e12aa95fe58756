// What preflight finds.

export interface Finding {
  /** An error keeps the fleet from moving; a warning is for a person to judge. */
  readonly severity: 'error' | 'warning';
  /** A word for programs, the same in every release. */
  readonly code: string;
  /** The ordinal; nothing for what is about the fleet. */
  readonly shard?: number;
  /** Names the server, the value, and the remedy. */
  readonly message: string;
}

/** A finding of a check, which does not know the shard. */
export type Remark = Omit<Finding, 'shard'>;

export function error(code: string, message: string): Remark {
  return { severity: 'error', code, message };
}

export function warning(code: string, message: string): Remark {
  return { severity: 'warning', code, message };
}
