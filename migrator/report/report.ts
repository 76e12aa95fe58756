// The output of a running command: a live table on a terminal, a line for each change in a log, or JSON.

/** The progress of a shard. */
export interface Progress {
  readonly shard: number;
  /** One or two words. */
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
  /** The state or the progress of a shard changed. */
  progress(progress: Progress): void;
  /** A message that is not about a single shard, or that must not be missed. */
  note(text: string): void;
  /** A number that only metrics show. */
  measure?(gauge: Gauge): void;
  /** Ends the output with a summary, as text or as JSON. */
  end(summary: Summary): void;
}

/** A number of the run. */
export interface Gauge {
  /** With its unit, as Prometheus names metrics. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
}

export interface Summary {
  readonly text: readonly string[];
  readonly json: object;
}
