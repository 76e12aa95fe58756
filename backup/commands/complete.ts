// Completes a backup: writes its manifest when every shard of the plan is in it.

import { type BackupPlan } from '../../lib/backup/backup-plan';
import { reached } from '../../migrator/shard/fault-points';
import { AbortedError } from '../../migrator/shard/hand-over';
import { type BackupDirectory } from '../store/backup-directory';
import { type Manifest, MANIFEST_VERSION, type ShardRecord } from '../store/manifest';

/** The manifest, or why there is none although every shard is there. */
export interface Completed {
  readonly manifest?: Manifest;
  readonly problem?: string;
}

export async function completeBackup(
  plan: BackupPlan,
  into: BackupDirectory,
  done: ReadonlyMap<number, ShardRecord>,
): Promise<Completed> {
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
    return { manifest };
  } catch (error) {
    return { problem: ofFileSystem(error).message };
  }
}

/** An error of the file system, with the remedy; the program can be run again. */
export function ofFileSystem(error: unknown): Error {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || code === undefined) return error as Error;
  const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code);
  const remedy = isFull ? 'free space there, or keep fewer backups (keep)' : 'check the backup volume';
  return new AbortedError(`${message}; ${remedy}, and run this again: earlier backups are unchanged`);
}
