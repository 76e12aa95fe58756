// The backups of a fleet: directories that are named by the time at which they were begun.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { RefusedError } from '../../migrator/program/outcome';
import { UsageError } from '../../migrator/program/usage-error';
import { BackupDirectory, type RunId } from './backup-directory';

/** `2026-11-26T03-17-00Z` */
const NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/;

const DAY_MS = 86_400_000;

/** A run that has written nothing for so long has ended. */
const ABANDONED_MS = 3_600_000;

/** How many backups are kept. */
export interface Retention {
  /** The newest of them, from 1. */
  readonly keep: number;
  /** And of those only the ones that are not older. */
  readonly keepDays?: number;
}

export class Destination {
  /** Throws a RefusedError if the directory cannot be used. */
  static async open(root: string, fleet: string): Promise<Destination> {
    const directory = path.join(root, fleet);
    try {
      await fs.mkdir(directory, { recursive: true, mode: 0o700 });
      const probe = path.join(directory, '.writable');
      await fs.writeFile(probe, '');
      await fs.rm(probe);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // A full disk still has the previous backups, and space may become free.
      if (code === 'ENOSPC' || code === 'EDQUOT') return new Destination(directory);
      const owner = `${process.getuid?.() ?? 999}:${process.getgid?.() ?? 999}`;
      throw new RefusedError(`${message}; make ${owner} the owner of the root directory of the backup volume`);
    }
    return new Destination(directory);
  }

  private constructor(readonly directory: string) {}

  /** A backup by its name. Throws a UsageError if it is none. */
  backup(name: string): BackupDirectory {
    if (!/^[\w-][\w.-]*$/.test(name)) throw new UsageError(`${JSON.stringify(name)} is not the name of a backup`);
    return new BackupDirectory(path.join(this.directory, name));
  }

  /** All backups, the newest first. */
  async backups(): Promise<BackupDirectory[]> {
    const names = (await fs.readdir(this.directory)).filter((name) => NAME.test(name));
    return names
      .sort()
      .reverse()
      .map((name) => new BackupDirectory(path.join(this.directory, name)));
  }

  /** The complete backups, the newest first. */
  async complete(): Promise<BackupDirectory[]> {
    return (await this.split()).complete;
  }

  /** When the newest complete backup was begun, in milliseconds since 1970; undefined if there is none. */
  async newest(): Promise<number | undefined> {
    const newest = (await this.complete()).at(0);
    return newest && timeOf(newest.name);
  }

  /** The incomplete backup of this run, or of any run with this plan if there is no Job; otherwise a new one. */
  async begin(run: RunId, resumesAny: boolean): Promise<BackupDirectory> {
    for (const backup of (await this.split()).incomplete) {
      const other = await backup.run().catch(() => undefined);
      if (other?.plan !== run.plan || !(resumesAny || (run.job !== '' && other.job === run.job))) continue;
      await backup.removeTemporaries();
      return backup;
    }
    for (let now = Date.now(); ; now += 1000) {
      const backup = new BackupDirectory(path.join(this.directory, nameAt(now)));
      try {
        await backup.create(run);
        return backup;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  /**
   * Removes complete backups beyond the limits, and abandoned incomplete ones, if a newer one is complete or there are more than
   * `keep`. The newest complete one is never removed. Returns the names.
   */
  async prune({ keep, keepDays = Infinity }: Retention, now = Date.now()): Promise<string[]> {
    const { complete, incomplete } = await this.split();
    const newest = complete.at(0)?.name ?? '';
    const isOld = ({ name }: BackupDirectory): boolean => now - timeOf(name) > keepDays * DAY_MS;
    const removed = complete.filter((backup, i) => i > 0 && (i >= keep || isOld(backup)));
    for (const [i, backup] of incomplete.entries()) {
      const isUseless = backup.name < newest || i >= keep;
      if (isUseless && now - (await backup.changedAt()) > ABANDONED_MS) removed.push(backup);
    }
    for (const backup of removed) await backup.remove();
    return removed.map(({ name }) => name);
  }

  private async split(): Promise<{ complete: BackupDirectory[]; incomplete: BackupDirectory[] }> {
    const all = await this.backups();
    const isComplete = await Promise.all(all.map((backup) => backup.isComplete()));
    return { complete: all.filter((_, i) => isComplete[i]), incomplete: all.filter((_, i) => !isComplete[i]) };
  }
}

function nameAt(time: number): string {
  return new Date(time)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
}

function timeOf(name: string): number {
  return Date.parse(name.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));
}
