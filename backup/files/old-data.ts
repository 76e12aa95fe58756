// The files in the directory of an old server that it would load when it starts: its AOF if that was on, otherwise its RDB file.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { splitWords } from '../../lib/redis/config/text';
import { RefusedError } from '../../migrator/program/outcome';
import { type OldFile } from '../store/manifest';
import { type OldSettings, settingsIn } from './old-settings';

/** What is loaded for a shard. All paths are below the root of the old files. */
export interface OldData {
  readonly directory: string;
  /** The RDB file, the AOF, or the manifest of an AOF, for messages. */
  readonly name: string;
  readonly isLog: boolean;
  /** In the order in which they are loaded; with a manifest also that. */
  readonly files: readonly OldFile[];
  /** The files of an AOF, as a manifest of Redis 7 lists them. */
  readonly manifest: readonly string[];
  readonly renamed: readonly string[];
}

/** Whether a directory has files of a Redis server. */
export async function hasData(directory: string): Promise<boolean> {
  const names = await fs.readdir(directory);
  return names.some((name) => /\.(rdb|aof)$/.test(name) || name === 'appendonlydir');
}

/** @param appendOnly whether the AOF of all old servers was on. Throws a RefusedError. */
export async function oldDataIn(root: string, directory: string, appendOnly?: boolean): Promise<OldData> {
  try {
    const settings = await settingsIn(root, directory);
    const isLog = await usesLog(root, directory, settings, appendOnly);
    const common = { directory, isLog, renamed: settings.renamed };
    if (isLog) return { ...common, ...(await logIn(root, directory, settings)) };
    const name = path.join(directory, settings.snapshot);
    return { ...common, name, files: [await fileAt(root, name)], manifest: [] };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const user = `${process.getuid?.() ?? 999}`;
    const remedy = code === 'EACCES' ? `make it readable for user ${user}, as with chmod -R a+rX` : 'copy it again';
    throw new RefusedError(`${directory} cannot be read: ${message}; ${remedy}`);
  }
}

async function usesLog(root: string, directory: string, settings: OldSettings, appendOnly?: boolean): Promise<boolean> {
  const { file, snapshot, log, logDirectory } = settings;
  if (appendOnly !== undefined && settings.appendOnly !== undefined && appendOnly !== settings.appendOnly) {
    const says = settings.appendOnly ? 'yes' : 'no';
    throw new RefusedError(`${file} has appendonly ${says}, and the import has the opposite; correct the wrong one`);
  }
  const isOn = appendOnly ?? settings.appendOnly;
  const at = (name: string): string => path.join(root, directory, name);
  const hasSnapshot = await exists(at(snapshot));
  const logs = [...((await exists(at(logDirectory))) ? [logDirectory] : []), ...((await exists(at(log))) ? [log] : [])];
  if (isOn === true || (isOn === undefined && !hasSnapshot)) {
    if (logs.length === 0)
      throw new RefusedError(missing(directory, isOn ? [logDirectory, log] : [snapshot, logDirectory, log]));
    if (logs.length > 1)
      throw new RefusedError(`${directory} has ${logs.join(' and ')}; leave only the one that the server used`);
    return true;
  }
  if (!hasSnapshot) throw new RefusedError(missing(directory, [snapshot]));
  if (isOn === undefined && logs.length > 0) {
    throw new RefusedError(
      `${directory} has ${snapshot} and ${logs.join(', ')}, and nothing says which of them the server used; with the wrong one, writes are lost: put its redis.conf beside them, or set appendOnly of importFrom (--append-only)`,
    );
  }
  return false;
}

function missing(directory: string, names: readonly string[]): string {
  return `${directory} has no ${names.join(' and no ')}; copy it, or put the redis.conf of the server beside the files if they have other names`;
}

/** The AOF: one file up to Redis 6.2, a directory with a manifest from 7.0 on. */
async function logIn(
  root: string,
  directory: string,
  { log, logDirectory }: OldSettings,
): Promise<Pick<OldData, 'name' | 'files' | 'manifest'>> {
  if (!(await exists(path.join(root, directory, logDirectory)))) {
    const name = path.join(directory, log);
    return { name, files: [await fileAt(root, name)], manifest: [`file "${log}" seq 1 type b`] };
  }
  const inside = path.join(directory, logDirectory);
  const name = path.join(inside, `${log}.manifest`);
  if (!(await exists(path.join(root, name)))) throw new RefusedError(missing(inside, [`${log}.manifest`]));
  const lines = (await fs.readFile(path.join(root, name), 'utf8')).split('\n').filter((line) => /^[^#]/.test(line));
  const entries = lines.map((line) => ({ line, ...entryOf(name, line) })).filter(({ type }) => type !== 'h');
  const files = await Promise.all(entries.map(({ file }) => listedAt(root, path.join(inside, file), name)));
  return { name, files: [await fileAt(root, name), ...files], manifest: entries.map(({ line }) => line) };
}

/** `file "appendonly.aof.1.base.rdb" seq 1 type b` */
function entryOf(manifest: string, line: string): { file: string; type: string } {
  const words = splitWords(line) ?? [];
  const valueOf = (key: string): string => words[words.findIndex((word, i) => i % 2 === 0 && word === key) + 1];
  const [file, type] = [valueOf('file'), valueOf('type')];
  if (!words.includes('file') || !['b', 'i', 'h'].includes(type) || file.includes('/')) {
    throw new RefusedError(
      `${manifest} has the line ${JSON.stringify(line)}, which is no file of an AOF; copy it again`,
    );
  }
  return { file, type };
}

async function listedAt(root: string, file: string, manifest: string): Promise<OldFile> {
  if (await exists(path.join(root, file))) return fileAt(root, file);
  throw new RefusedError(
    `${file} is missing, but ${manifest} lists it: the copy is incomplete; copy the directory again while the server does not run`,
  );
}

/** Throws what the file system reports if it cannot be read. */
async function fileAt(root: string, file: string): Promise<OldFile> {
  await fs.access(path.join(root, file), fs.constants.R_OK);
  const { size, mtime } = await fs.stat(path.join(root, file));
  return { path: file, bytes: size, modified: mtime.toISOString() };
}

async function exists(file: string): Promise<boolean> {
  return fs.stat(file).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** Whether the files are those of an earlier import, by path, size and time. */
export function areSame(one: readonly OldFile[] = [], other: readonly OldFile[] = []): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
