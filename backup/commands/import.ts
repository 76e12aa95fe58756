// Writes a backup from the files of the old servers, which a restore then loads into the shards. Nothing of the fleet is touched.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { eachShard } from '../../migrator/program/each-shard';
import { ExitCode, exitCodeOf, type Outcome, RefusedError } from '../../migrator/program/outcome';
import { UsageError } from '../../migrator/program/usage-error';
import { size } from '../../migrator/report/fleet-progress';
import { reached } from '../../migrator/shard/fault-points';
import { areSame, type OldData } from '../files/old-data';
import { RUN_PREFIX } from '../files/scratch-server';
import { survey } from '../files/survey';
import { Placement } from '../shard/placement';
import { importShard } from '../shard/shard-import';
import { type BackupDirectory, type RunId } from '../store/backup-directory';
import { type ShardRecord } from '../store/manifest';
import { type BackupResult } from './backup';
import { completeBackup, ofFileSystem } from './complete';
import { type Context } from './context';

export interface ImportOptions {
  /** The directory of the old files. */
  readonly root: string;
  /** Whether the AOF of all old servers was on; undefined if the files say so. */
  readonly appendOnly?: boolean;
  /** Whether only the files are looked for. */
  readonly checksOnly: boolean;
  /** The directory that is shared with the scripts of the servers, one below it for each; undefined if none is needed. */
  readonly scratch?: string;
  /** The port of the first server; the others follow. */
  readonly port: number;
  readonly concurrency: number;
  readonly samples: number;
  readonly run: RunId;
}

/** More often than the scripts of the servers look. */
const ALIVE_MS = 5000;

/** A file that is so much older than the newest one may not be the last state of its server. */
const OLD_MS = 3_600_000;

/** Throws a UsageError or a RefusedError if nothing can be imported; then nothing was written. */
export async function importFiles(context: Context, options: ImportOptions): Promise<BackupResult> {
  const slots = await slotsIn(options);
  const alive = setInterval(() => void touch(slots), ALIVE_MS);
  try {
    const result = await foundAndImported(context, options, slots);
    // Otherwise this program is started again.
    if (![ExitCode.INCOMPLETE, ExitCode.FAULT].includes(exitCodeOf(result.outcomes))) await end(slots);
    return result;
  } catch (error) {
    if (error instanceof RefusedError || error instanceof UsageError) await end(slots);
    throw error;
  } finally {
    clearInterval(alive);
  }
}

async function foundAndImported(
  context: Context,
  options: ImportOptions,
  slots: readonly string[],
): Promise<BackupResult> {
  const { plan, shards, report } = context;
  const { root, appendOnly } = options;
  if (plan.pools === undefined) {
    throw new UsageError('the plan has no pools, so there is no import; set importFrom of the backups');
  }
  const { found, problems } = await survey(root, shards, plan.shards, appendOnly);
  const newest = Math.max(...[...found.values()].map(writtenAt));
  for (const [shard, data] of found) {
    const hours = Math.floor((newest - writtenAt(data)) / OLD_MS);
    const remark =
      hours > 0 ? `, ${hours} h before the newest one: was this server's AOF on, or was it not saved?` : '';
    report.note(`shard ${shard} from ${text(data)}${remark}`);
  }
  if (problems.length > 0) throw new RefusedError([...problems, 'nothing was imported'].join('\n'));
  reached('import.surveyed');
  if (options.checksOnly) return { outcomes: shards.map(({ shard }) => outcome(shard, found)) };
  return imported(context, options, found, slots);
}

async function imported(
  context: Context,
  options: ImportOptions,
  found: ReadonlyMap<number, OldData>,
  slots: readonly string[],
): Promise<BackupResult> {
  const { plan, destination, report } = context;
  const into = await destination.begin(options.run, false).catch((error: unknown) => {
    throw ofFileSystem(error);
  });
  report.note(`writing ${into.path}`);
  const placement = new Placement(plan);
  const done = await unchangedRecords(into, found);
  const free = slots.map((slot, i) => ({ slot, address: `127.0.0.1:${options.port + i}` }));
  const outcomes = await eachShard(context, options, async (shard) => {
    const known = done.get(shard.shard);
    const data = found.get(shard.shard);
    if (known !== undefined || data === undefined) return `${textOf(known)}, by an earlier try`;
    const server = free.pop() ?? { slot: '', address: '' };
    try {
      const record = await importShard({
        ...options,
        ...server,
        shard,
        data,
        placement,
        into,
        onProgress: (state, bytes, bytesInAll) => {
          report.progress({ shard: shard.shard, state, bytes, bytesInAll });
        },
        onRemark: (remark) => {
          report.note(`shard ${shard.shard}: ${remark}`);
        },
      });
      done.set(shard.shard, record);
      return textOf(record);
    } catch (error) {
      throw ofFileSystem(error);
    } finally {
      free.push(server);
    }
  });
  return { outcomes, name: into.name, ...(await completeBackup(plan, into, done)) };
}

/** Shards that an earlier try has imported from the same files; after another copy of the old files they are imported again. */
async function unchangedRecords(
  into: BackupDirectory,
  found: ReadonlyMap<number, OldData>,
): Promise<Map<number, ShardRecord>> {
  const records = await into.records();
  for (const [shard, { file, files }] of records) {
    const data = found.get(shard);
    if (data !== undefined && areSame(files, data.files)) continue;
    records.delete(shard);
    if (data !== undefined) await fs.rm(into.file(file), { force: true });
  }
  return records;
}

/** The directories of the servers, in which their scripts find this program alive; without what a program that died has left there. */
async function slotsIn({ scratch, concurrency }: ImportOptions): Promise<string[]> {
  if (scratch === undefined) return [];
  const slots = Array.from({ length: concurrency }, (_, i) => path.resolve(scratch, String(i)));
  for (const slot of slots) {
    await fs.mkdir(slot, { recursive: true });
    const left = (await fs.readdir(slot)).filter((name) => name === 'end' || name.startsWith(RUN_PREFIX));
    for (const name of left) await fs.rm(path.join(slot, name), { recursive: true, force: true });
  }
  await touch(slots);
  return slots;
}

async function touch(slots: readonly string[]): Promise<void> {
  await Promise.all(slots.map((slot) => fs.writeFile(path.join(slot, 'alive'), '').catch(() => undefined)));
}

async function end(slots: readonly string[]): Promise<void> {
  await Promise.all(slots.map((slot) => fs.writeFile(path.join(slot, 'end'), '')));
}

function outcome(shard: number, found: ReadonlyMap<number, OldData>): Outcome {
  const data = found.get(shard);
  return { shard, code: ExitCode.DONE, message: data === undefined ? '' : text(data) };
}

function writtenAt({ files }: OldData): number {
  return Math.max(...files.map(({ modified }) => Date.parse(modified)));
}

function text(data: OldData): string {
  const bytes = data.files.reduce((sum, file) => sum + file.bytes, 0);
  const written = new Date(writtenAt(data)).toISOString();
  return `${data.name}: ${data.isLog ? 'AOF' : 'RDB'}, ${size(bytes)}, written ${written}`;
}

function textOf(record?: ShardRecord): string {
  if (record === undefined) return 'imported';
  const keys = record.keys === undefined ? '' : `, ${record.keys} ${record.keys === 1 ? 'key' : 'keys'}`;
  return `${size(record.bytes)}${keys} of ${record.server}`;
}
