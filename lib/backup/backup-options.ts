// The options of the backups of a fleet.

import { type Duration, type Size } from 'cdk8s';
import { type JobOptions } from '../jobs/job-options';
import { type IShardStorage } from '../storage/i-shard-storage';
import { type BackupCopy } from './backup-copy';
import { type BackupImport } from './backup-import';

/** The options of the backups of a fleet. */
export interface BackupOptions extends JobOptions {
  /**
   * Where the backups are kept: one volume, such as `ShardStorage.nfs` with another export than that of the shards, which is
   * lost together with them.
   * @default - `claimName`
   */
  readonly storage?: IShardStorage;

  /**
   * An existing claim where the backups are kept, instead of `storage`.
   * @default - `storage`
   */
  readonly claimName?: string;

  /**
   * When backups are made, as a cron expression.
   * @default '17 3 * * *', every day at 3:17
   */
  readonly schedule?: string;

  /**
   * The time zone of `schedule`, such as `Europe/Berlin`.
   * @default - that of the controller manager of the cluster, mostly UTC
   */
  readonly timeZone?: string;

  /**
   * How many shards are read at a time. The server of each forks, and needs memory for what is written meanwhile. All of them can
   * be on one node.
   * @default 2
   */
  readonly concurrency?: number;

  /**
   * How many complete backups are kept.
   * @default 7
   */
  readonly keep?: number;

  /**
   * The age beyond which a backup is removed, in whole days. The newest one is never removed.
   * @default - no limit
   */
  readonly keepFor?: Duration;

  /**
   * The age of the newest complete backup from which on the alert BackupTooOld fires, if the fleet has `metrics`.
   * @default Duration.hours(36)
   */
  readonly alertAfter?: Duration;

  /**
   * When the newest backup is tried, as a cron expression: a pod with an empty Redis server loads the file of each shard, one after
   * the other, and compares it with the manifest.
   * @default - never
   */
  readonly drillSchedule?: string;

  /**
   * The memory request and limit of the server of a drill: that of the largest shard.
   * @default - required with `drillSchedule`; `FleetCharts` takes the memory of the shards
   */
  readonly drillMemory?: Size;

  /**
   * The image of the server of a drill.
   * @default - the default of RedisStatefulSet; `FleetCharts` takes the image of the shards
   */
  readonly drillRedisImage?: string;

  /**
   * Copies of the complete backups at another place, such as S3.
   * @default - none
   */
  readonly copyTo?: BackupCopy;

  /**
   * Where the files of the old servers are, to move a fleet that the cluster does not reach: a suspended Job writes a backup from
   * them, which a restore loads into the shards.
   * @default - none
   */
  readonly importFrom?: BackupImport;

  /**
   * Additional arguments, by command, such as `{ backup: ['--samples', '64'] }`. The synth refuses invalid arguments.
   * @default - none
   */
  readonly stepArguments?: { [step: string]: string[] };

  /**
   * Whether `image` contains the backup program, as an image built from images/jobs does. Then there is no ConfigMap with the
   * program, and no file `47-backup-program`.
   * @default false
   */
  readonly programInImage?: boolean;
}
