// The redis.conf of an old server, if it was copied with its files: which of them it used, and the names of renamed commands.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { linesOf } from '../../lib/redis/config/text';
import { RefusedError } from '../../migrator/program/outcome';

/** The defaults are those of Redis. */
export interface OldSettings {
  /** The redis.conf, by its path below the root. */
  readonly file?: string;
  /** Undefined if nothing says whether the AOF was on. */
  readonly appendOnly?: boolean;
  readonly snapshot: string;
  readonly log: string;
  readonly logDirectory: string;
  /** The lines with which commands were renamed: an AOF has the new names. */
  readonly renamed: readonly string[];
}

/** Commands that the program sends under their original names, and no AOF has. */
const SENT = ['INFO', 'PING', 'SCAN', 'SELECT', 'CONFIG', 'CLIENT', 'PSYNC', 'REPLCONF', 'MEMORY', 'RANDOMKEY'];

const isConf = (name: string): boolean => name.endsWith('.conf') && !['nodes.conf', 'sentinel.conf'].includes(name);

/** Reads the redis.conf in a directory, under any name. Throws a RefusedError. */
export async function settingsIn(root: string, directory: string): Promise<OldSettings> {
  const confs = (await fs.readdir(path.join(root, directory))).filter(isConf).sort();
  if (confs.length > 1) {
    throw new RefusedError(`${directory} has ${confs.join(' and ')}; leave only that of the server there`);
  }
  const lines = confs.length === 0 ? [] : await linesIn(root, path.join(directory, confs[0]));
  // The last line counts, as for Redis.
  const last = (name: string): string | undefined => lines.filter(([it]) => it === name).at(-1)?.[1];
  const appendOnly = last('appendonly')?.toLowerCase();
  return {
    ...(confs.length > 0 && { file: path.join(directory, confs[0]), appendOnly: appendOnly === 'yes' }),
    snapshot: last('dbfilename') ?? 'dump.rdb',
    log: last('appendfilename') ?? 'appendonly.aof',
    logDirectory: last('appenddirname') ?? 'appendonlydir',
    renamed: lines.flatMap(([name, command = '', to = '']) =>
      name === 'rename-command' && to !== '' && !SENT.includes(command.toUpperCase())
        ? [`rename-command ${command} ${to}`]
        : [],
    ),
  };
}

async function linesIn(root: string, file: string): Promise<string[][]> {
  const lines = [...linesOf(await fs.readFile(path.join(root, file)))];
  for (const { number, words, problem } of lines) {
    if (problem !== undefined) throw new RefusedError(`${file}:${number}: ${problem}`);
    if (words[0] === 'include') {
      throw new RefusedError(`${file}:${number} includes another file; write its settings into this one`);
    }
  }
  return lines.map(({ words }) => words);
}
