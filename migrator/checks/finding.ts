// The findings of preflight.

export interface Finding {
  /** An error prevents the migration; an operator judges a warning. */
  readonly severity: 'error' | 'warning';
  /** For programs; stable across releases. */
  readonly code: string;
  /** The ordinal; undefined if the finding is about the fleet. */
  readonly shard?: number;
  /** Names the server, the value, and the remedy. */
  readonly message: string;
}

/** A finding before the shard is added. */
export type Remark = Omit<Finding, 'shard'>;

export function error(code: string, message: string): Remark {
  return { severity: 'error', code, message };
}

export function warning(code: string, message: string): Remark {
  return { severity: 'warning', code, message };
}
