// Backs up the shards, a few at a time, and completes the backup when every shard is in it.

import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { eachShard } from '../../migrator/program/each-shard';
import { ExitCode, type Outcome } from '../../migrator/program/outcome';
import { size } from '../../migrator/report/fleet-progress';
import { reached } from '../../migrator/shard/fault-points';
import { AbortedError } from '../../migrator/shard/hand-over';
import { backUpShard } from '../shard/shard-backup';
import { type BackupDirectory, type RunId } from '../store/backup-directory';
import { type Retention } from '../store/destination';
import { type Manifest, MANIFEST_VERSION, type ShardRecord } from '../store/manifest';
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
  const outcomes = await eachShard(context, options, async (shard) => {
    const known = done.get(shard.shard);
    const record = known ?? (await backedUp(shard, context, options, into));
    done.set(shard.shard, record);
    return `${text(record)}${known ? ', by an earlier try' : ''}`;
  });
  return { outcomes, name: into.name, ...(await completed(context, options, into, done)) };
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
  const records = plan.shards.flatMap(({ shard }) => done.get(shard) ?? []);
  if (records.length < plan.shards.length) return {};
  const manifest: Manifest = {
    version: MANIFEST_VERSION,
    fleet: plan.fleet,
    ring: plan.ring,
    started: records.map(({ started }) => started).sort()[0],
    finished: records.map(({ finished }) => finished).sort()[records.length - 1],
    shards: records,
  };
  try {
    reached('backup.complete');
    await into.complete(manifest);
  } catch (error) {
    return { problem: ofFileSystem(error).message };
  }
  try {
    reached('backup.pruning');
    for (const name of await destination.prune(retention)) report.note(`removed ${name}`);
    return { manifest };
  } catch (error) {
    return { manifest, problem: `old backups were not removed: ${ofFileSystem(error).message}` };
  }
}

function text({ role, server, bytes, keys, finished }: ShardRecord): string {
  const counted = keys === undefined ? '' : `, ${keys} ${keys === 1 ? 'key' : 'keys'}`;
  return `${size(bytes)}${counted} of the ${role} ${server} at ${finished}`;
}

/** An error of the file system, with the remedy; the program can be run again. */
function ofFileSystem(error: unknown): Error {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || code === undefined) return error as Error;
  const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code);
  const remedy = isFull ? 'free space there, or keep fewer backups (keep)' : 'check the backup volume';
  return new AbortedError(`${message}; ${remedy}, and run this again: earlier backups are unchanged`);
}
