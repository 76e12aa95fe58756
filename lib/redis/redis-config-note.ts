// What a RedisConfig says about each directive that it read.

/** What happens to a directive of an old file. */
export enum RedisConfigAction {
  /** Taken over as it is. */
  KEPT = 'kept',
  /** Taken over under the name that Redis gives it since 7.0. */
  RENAMED = 'renamed',
  /** Not taken over: the pod decides it, or Redis no longer has it. */
  IGNORED = 'ignored',
  /** Not taken over: a password belongs in the Secret. `RedisConfig` has it as a property. */
  MOVED_TO_SECRET = 'moved to the Secret',
  /** Not taken over: computed for each shard. `RedisConfig` has the old value as a property (`maxmemory`). */
  COMPUTED = 'computed',
  /** Not taken over: a prop sets it. */
  OVERRIDDEN = 'overridden',
  /** An `include`, in whose place the lines of that file were read. */
  INCLUDED = 'included',
  /** Not in the file; a prop or a default of this library sets it. */
  ADDED = 'added',
}

/** One directive of an old file, and what became of it. Holds no password. */
export interface RedisConfigNote {
  /**
   * The file that it stands in.
   * @default - it stands in none: it was added
   */
  readonly file?: string;
  /**
   * The line in that file, from 1.
   * @default - it stands in no file
   */
  readonly line?: number;
  /** The directive, as it was written. */
  readonly directive: string;
  /** What became of it. */
  readonly action: RedisConfigAction;
  /** Why, and what holds instead; may be empty when it was kept. */
  readonly message: string;
  /** Whether someone should read this before the fleet moves. */
  readonly attention: boolean;
}

/** A directive as it goes into the configuration. */
export interface RedisDirective {
  /** Its name, in lower case. */
  readonly name: string;
  /** Its arguments, without quotes. */
  readonly args: string[];
}
