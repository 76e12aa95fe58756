// Backs up the shards, a few at a time, and completes the backup when every shard is in it.

import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { eachShard } from '../../migrator/program/each-shard';
import { ExitCode, type Outcome } from '../../migrator/program/outcome';
import { size } from '../../migrator/report/fleet-progress';
import { type Report } from '../../migrator/report/report';
import { reached } from '../../migrator/shard/fault-points';
import { backUpShard } from '../shard/shard-backup';
import { type BackupDirectory, type RunId } from '../store/backup-directory';
import { type Retention } from '../store/destination';
import { type Manifest, type ShardRecord } from '../store/manifest';
import { completeBackup, ofFileSystem } from './complete';
import { type Context } from './context';

export interface BackupOptions {
  readonly concurrency: number;
  readonly retention: Retention;
  readonly samples: number;
  readonly run: RunId;
  /** Whether the incomplete backup of any other run is continued. */
  readonly resumesAny: boolean;
}

export interface BackupResult {
  readonly outcomes: Outcome[];
  /** The name of the backup, if there is a directory. */
  readonly name?: string;
  readonly manifest?: Manifest;
  /** Why there is no manifest, although every shard is there; or why old backups could not be removed. */
  readonly problem?: string;
}

export async function backup(context: Context, options: BackupOptions): Promise<BackupResult> {
  const { destination, report, shards } = context;
  let into: BackupDirectory;
  try {
    into = await destination.begin(options.run, options.resumesAny);
  } catch (error) {
    const message = ofFileSystem(error).message;
    return { outcomes: shards.map(({ shard }) => ({ shard, code: ExitCode.INCOMPLETE, message })), problem: message };
  }
  report.note(`writing ${into.path}`);
  reached('backup.begun');
  const done = await into.records();
  measure(report, done, await destination.newest());
  const outcomes = await eachShard(context, options, async (shard) => {
    const known = done.get(shard.shard);
    const record = known ?? (await backedUp(shard, context, options, into));
    done.set(shard.shard, record);
    measure(report, done);
    return `${text(record)}${known ? ', by an earlier try' : ''}`;
  });
  return { outcomes, name: into.name, ...(await completed(context, options, into, done)) };
}

/** For metrics: what the backup has so far, and the age of the newest complete one. */
function measure(report: Report, done: ReadonlyMap<number, ShardRecord>, newest?: number): void {
  const bytes = [...done.values()].reduce((sum, record) => sum + record.bytes, 0);
  report.measure?.({ name: 'backup_bytes', help: 'Bytes of the finished files of this backup.', value: bytes });
  if (newest === undefined) return;
  const help = 'When the newest complete backup was begun.';
  report.measure?.({ name: 'newest_backup_timestamp_seconds', help, value: newest / 1000 });
}

async function backedUp(
  shard: BackedUpShard,
  { password, report }: Context,
  { samples }: BackupOptions,
  into: BackupDirectory,
): Promise<ShardRecord> {
  const onBytes = (bytes: number): void => {
    report.progress({ shard: shard.shard, state: 'reading', bytes });
  };
  // The server may take long to prepare the file.
  onBytes(0);
  try {
    return await backUpShard({ shard, password, into, samples, onBytes });
  } catch (error) {
    throw ofFileSystem(error);
  }
}

/** Writes the manifest if every shard of the plan is there, and removes old backups. */
async function completed(
  { plan, destination, report }: Context,
  { retention }: BackupOptions,
  into: BackupDirectory,
  done: ReadonlyMap<number, ShardRecord>,
): Promise<Pick<BackupResult, 'manifest' | 'problem'>> {
  const complete = await completeBackup(plan, into, done);
  if (complete.manifest === undefined) return complete;
  try {
    reached('backup.pruning');
    for (const name of await destination.prune(retention)) report.note(`removed ${name}`);
    return complete;
  } catch (error) {
    return { ...complete, problem: `old backups were not removed: ${ofFileSystem(error).message}` };
  }
}

function text({ role, server, bytes, keys, finished }: ShardRecord): string {
  const counted = keys === undefined ? '' : `, ${keys} ${keys === 1 ? 'key' : 'keys'}`;
  return `${size(bytes)}${counted} of the ${role} ${server} at ${finished}`;
}
