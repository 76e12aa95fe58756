// What a backup contains: manifest.json, which is written last, and before it a file of the same kind for each shard.

/** The version of the format. */
export const MANIFEST_VERSION = 1;

/** manifest.json: the backup is complete. */
export interface Manifest {
  readonly version: typeof MANIFEST_VERSION;
  readonly fleet: string;
  /** The fingerprint of the rings. */
  readonly ring: string;
  /** When the first shard was begun, and when the last one was finished, in UTC. */
  readonly started: string;
  readonly finished: string;
  readonly shards: readonly ShardRecord[];
}

/** The file of a shard. */
export interface ShardRecord {
  readonly shard: number;
  /** Its names on the rings. */
  readonly names: readonly string[];
  /** The name of the RDB file, which contains the beginning of its digest. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The number of keys, if they are all in one database. */
  readonly keys?: number;
  /** The server, and its role at that time; of an import the file, by its path below the old files. */
  readonly server: string;
  readonly role: 'master' | 'replica' | 'file';
  /** The files of the old server, of an import. */
  readonly files?: readonly OldFile[];
  /** The server's version. */
  readonly redis: string;
  /** The point in the history of the shard: exactly the writes up to this offset are in the file. */
  readonly replicationId: string;
  readonly offset: number;
  /** When the file was begun and finished, in UTC. The data is of a moment in between. */
  readonly started: string;
  readonly finished: string;
  /** Keys that did not change meanwhile, as the server returned them. */
  readonly samples: readonly Sample[];
}

/** A file of an old server, at the time of its import. */
export interface OldFile {
  /** Below the directory of the old files. */
  readonly path: string;
  readonly bytes: number;
  /** When it was written, in UTC. */
  readonly modified: string;
}

/** A key, and a digest of its value. */
export interface Sample {
  readonly database: number;
  /** In base64. */
  readonly key: string;
  readonly type: string;
  readonly digest: string;
  /** Milliseconds since 1970, by the server's clock. */
  readonly expiresAt?: number;
}

/** The name of the file of a shard, by its content: programs that write at the same time do not mix their files. */
export function rdbName(shard: number, sha256: string): string {
  return `${ordinal(shard)}-${sha256.slice(0, 16)}.rdb`;
}

export function recordName(shard: number): string {
  return `${ordinal(shard)}.json`;
}

export const RECORD_NAME = /^shard-\d{4,}\.json$/;

function ordinal(shard: number): string {
  return `shard-${String(shard).padStart(4, '0')}`;
}
