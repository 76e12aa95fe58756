// Which directory has the files of which shard. Every shard has exactly one, and no directory with files is left.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { RefusedError } from '../../migrator/program/outcome';
import { UsageError } from '../../migrator/program/usage-error';
import { hasData, type OldData, oldDataIn } from './old-data';

/** What was found in the directory of the old files. */
export interface Survey {
  readonly found: ReadonlyMap<number, OldData>;
  /** Why nothing can be imported, each with its remedy. */
  readonly problems: readonly string[];
}

/** The host and the port of a server can be two levels of directories, below one for a data center. */
const MAX_DEPTH = 3;

/** Looks for the files of `wanted` shards; directories of the other shards are known. Throws a UsageError. */
export async function survey(
  root: string,
  wanted: readonly BackedUpShard[],
  all: readonly BackedUpShard[],
  appendOnly?: boolean,
): Promise<Survey> {
  const present = await directoriesIn(root, '', MAX_DEPTH).catch((error: unknown) => {
    const user = process.getuid?.() ?? 999;
    throw new UsageError(
      `--files: ${(error as Error).message}; it must exist, and user ${user} must be able to read it`,
    );
  });
  const found = new Map<number, OldData>();
  const problems: string[] = [];
  for (const shard of wanted) {
    try {
      found.set(shard.shard, await oldDataIn(root, directoryOf(shard, root, present), appendOnly));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      problems.push(`shard ${shard.shard} (${shard.names.join(', ')}): ${error.message}`);
    }
  }
  const known = new Set(all.flatMap(({ directories = [] }) => directories));
  for (const { directory, isUsed } of present) {
    if (!isUsed || known.has(directory)) continue;
    problems.push(
      `${directory} has files of a Redis server, but no shard has this directory; name it for its server, or remove it`,
    );
  }
  return { found, problems };
}

/** A directory below the root, and whether it has files of a server. */
interface Directory {
  readonly directory: string;
  readonly isUsed: boolean;
}

async function directoriesIn(root: string, below: string, depth: number): Promise<Directory[]> {
  const directories: Directory[] = [];
  for (const name of (await fs.readdir(path.join(root, below))).sort()) {
    const directory = path.join(below, name);
    if (name.startsWith('.') || name === 'lost+found') continue;
    if (!(await fs.stat(path.join(root, directory))).isDirectory()) continue;
    const isUsed = await hasData(path.join(root, directory));
    directories.push({ directory, isUsed });
    if (!isUsed && depth > 1) directories.push(...(await directoriesIn(root, directory, depth - 1)));
  }
  return directories;
}

function directoryOf({ directories = [] }: BackedUpShard, root: string, present: readonly Directory[]): string {
  const own = present.filter(({ directory }) => directories.includes(directory));
  const used = own.filter(({ isUsed }) => isUsed);
  const [first, ...others] = (used.length > 0 ? used : own).map(({ directory }) => directory) as [string?, ...string[]];
  if (first === undefined) {
    throw new RefusedError(`has no directory in ${root}; copy the files of its server to ${directories.join(' or ')}`);
  }
  if (others.length > 0) {
    throw new RefusedError(`has several directories: ${[first, ...others].join(', ')}; leave only one of them`);
  }
  return first;
}
