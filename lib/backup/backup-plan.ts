// The servers of every shard, and the ring that places keys on them. The library writes it to backup.json, and the backup program
// reads it. Plain data without cdk8s.

import { type PlannedPool, type PlannedServer } from '../migration/plan';

/** The version of the format; the program refuses any other. */
export const BACKUP_PLAN_VERSION = 1;

/** backup.json. */
export interface BackupPlan {
  readonly version: typeof BACKUP_PLAN_VERSION;
  /** The fleet's name. */
  readonly fleet: string;
  /** The fingerprint of the rings: a backup is restored only to a fleet with the same one. */
  readonly ring: string;
  /** `host:port` of each Sentinel; none without replicas. */
  readonly sentinels: readonly string[];
  /** The pools that placed the keys of the old servers, if there is an import. */
  readonly pools?: readonly PlannedPool[];
  /** The shards, by ordinal. */
  readonly shards: readonly BackedUpShard[];
}

/** A shard, and its servers. */
export interface BackedUpShard {
  /** The ordinal of the shard. */
  readonly shard: number;
  /** Its names on the rings, each as `pool/name`. */
  readonly names: readonly string[];
  /** `host:port` of its server, or of server a. */
  readonly a: string;
  /** `host:port` of server b, if it has two. */
  readonly b?: string;
  /** Its place on the rings of `pools`. */
  readonly servers?: readonly PlannedServer[];
  /** The names that the directory with the files of its old server may have. */
  readonly directories?: readonly string[];
}
