// The notes of a RedisConfig about each directive.

/** What happens to a directive of an old file. */
export enum RedisConfigAction {
  /** Kept as it is. */
  KEPT = 'kept',
  /** Kept under its name in Redis 7.0 and later. */
  RENAMED = 'renamed',
  /** Ignored: the pod decides it, or Redis no longer has it. */
  IGNORED = 'ignored',
  /** Moved to the Secret, since it is a password. `RedisConfig` has it as a property. */
  MOVED_TO_SECRET = 'moved to the Secret',
  /** Computed for each shard. `RedisConfig` has the old value as a property (`maxmemory`). */
  COMPUTED = 'computed',
  /** Overridden by a prop. */
  OVERRIDDEN = 'overridden',
  /** An `include`, replaced by the lines of that file. */
  INCLUDED = 'included',
  /** Not in the file; a prop or a default of this library sets it. */
  ADDED = 'added',
}

/** One directive of an old file, and how it was handled. Contains no password. */
export interface RedisConfigNote {
  /**
   * The file of the directive.
   * @default - not in a file: it was added
   */
  readonly file?: string;
  /**
   * The line in that file, counted from 1.
   * @default - not in a file
   */
  readonly line?: number;
  /** The directive, as it was written. */
  readonly directive: string;
  /** How it was handled. */
  readonly action: RedisConfigAction;
  /** Why, and what applies instead; may be empty if it was kept. */
  readonly message: string;
  /** Whether the operator should read this before the migration. */
  readonly attention: boolean;
}

/** A directive as it goes into the configuration. */
export interface RedisDirective {
  /** Its name, in lower case. */
  readonly name: string;
  /** Its arguments, without quotes. */
  readonly args: string[];
}
