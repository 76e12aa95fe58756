// What is said while a command runs: a live table on a terminal, a line for each change in a log, JSON for programs.

/** How far a shard is. */
export interface Progress {
  readonly shard: number;
  /** A word or two. */
  readonly state: string;
  readonly detail?: string;
  /** Bytes of the initial synchronization. */
  readonly bytes?: number;
  readonly bytesInAll?: number;
  /** Bytes of history that the new server lacks. */
  readonly lag?: number;
  /** Whether this shard is finished for this command. */
  readonly isDone?: boolean;
}

export interface Report {
  /** A shard changed, or is further. */
  progress(progress: Progress): void;
  /** Something that is about no single shard, or that must not be missed. */
  note(text: string): void;
  /** The end: rows of a table, or facts for a program. */
  end(summary: Summary): void;
}

export interface Summary {
  readonly text: readonly string[];
  readonly json: object;
}
