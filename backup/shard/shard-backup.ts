// Backs up one shard: its RDB file, and the record that makes the file count.

import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { observe, type ServerView } from '../../migrator/redis/server-view';
import { AbortedError } from '../../migrator/shard/hand-over';
import { reached } from '../../migrator/shard/fault-points';
import { Version } from '../../migrator/redis/version';
import { headOf, type RdbHead } from '../rdb/head';
import { type Snapshot, withSnapshot } from '../rdb/snapshot';
import { type BackupDirectory } from '../store/backup-directory';
import { type TemporaryFile, type Written } from '../store/durable-file';
import { rdbName, type ShardRecord } from '../store/manifest';
import { sampleOf, unchanged } from './samples';
import { type Source, withSource } from './source';

/** The count of the keys is near the beginning, unless there are large functions before it. */
const HEAD_BYTES = 1024 * 1024;

/** The byte before the checksum at the end of an RDB file. */
const END = 0xff;
const CHECKSUM_BYTES = 8;

export interface ShardBackup {
  readonly shard: BackedUpShard;
  readonly password?: string;
  readonly into: BackupDirectory;
  /** How many keys of each database are sampled. */
  readonly samples: number;
  /** Reports the bytes received so far. */
  readonly onBytes: (bytes: number) => void;
  /** What the server has loaded, if it is not one of the shard. */
  readonly origin?: Pick<ShardRecord, 'server' | 'role' | 'files'>;
}

/** Throws an AbortedError or a ServerError, and what the file system reports. */
export async function backUpShard(it: ShardBackup): Promise<ShardRecord> {
  return withFile(it, (file) => withSource(it.shard, it.password, (source) => backUpFrom(source, file, it)));
}

/** The same for a server that is not found by its shard. */
export async function backUpServer(source: Source, it: ShardBackup): Promise<ShardRecord> {
  return withFile(it, (file) => backUpFrom(source, file, it));
}

async function withFile(
  { into, shard }: ShardBackup,
  use: (file: TemporaryFile) => Promise<ShardRecord>,
): Promise<ShardRecord> {
  const file = await into.newFile(`shard-${shard.shard}`);
  try {
    return await use(file);
  } finally {
    await file.discard();
  }
}

async function backUpFrom(source: Source, file: TemporaryFile, it: ShardBackup): Promise<ShardRecord> {
  const { server, role, view } = source;
  const { shard, into } = it;
  const started = now();
  const before = await sampleOf(server, databasesIn(view), it.samples);
  const { head, written, replicationId, offset } = await withSnapshot(
    server.address,
    it.password,
    async (snapshot) => ({
      ...(await receive(server.address, snapshot, file, it.onBytes)),
      replicationId: snapshot.replicationId,
      offset: snapshot.offset,
    }),
  );
  const after = await observe(server);
  checkSameHistory(source, after, replicationId);
  const keys = keysOf(head, view, after);
  const samples = await unchanged(server, before);
  reached('backup.received');
  const name = rdbName(shard.shard, written.sha256);
  await file.rename(name);
  reached('backup.renamed');
  const record: ShardRecord = {
    shard: shard.shard,
    names: shard.names,
    file: name,
    ...written,
    ...(keys !== undefined && { keys }),
    server: server.address,
    role,
    redis: Version.of(view.info).text,
    replicationId,
    offset,
    started,
    finished: now(),
    samples,
    ...it.origin,
  };
  await into.record(record);
  reached('backup.recorded');
  return record;
}

/** Writes the file, and checks that it is one. */
async function receive(
  address: string,
  { bytes }: Snapshot,
  file: TemporaryFile,
  onBytes: (bytes: number) => void,
): Promise<{ head: RdbHead; written: Written }> {
  let received = 0;
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  for await (const chunk of bytes) {
    await file.write(chunk);
    received += chunk.length;
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
    tail = Buffer.concat([tail, chunk]).subarray(-CHECKSUM_BYTES - 1);
    onBytes(received);
    reached('backup.receiving');
  }
  const found = headOf(head);
  if (found === undefined || tail[0] !== END) {
    throw new AbortedError(`${address}: sent ${received} bytes that are no RDB file; run this again`);
  }
  return { head: found, written: await file.finish() };
}

/** A master that was replaced while it was read may lack writes that its successor has. */
function checkSameHistory({ server, role, view }: Source, after: ServerView, replicationId: string): void {
  if (after.isMaster === view.isMaster && after.history.includes(replicationId)) return;
  throw new AbortedError(
    `${server.address}: was a ${role}, and its role or history changed during the backup; run this again`,
  );
}

/** The exact number of keys in the file: only that of the first database is at its beginning. */
function keysOf({ first }: RdbHead, before: ServerView, after: ServerView): number | undefined {
  if (first === undefined) return undefined;
  const others = [...databasesIn(before), ...databasesIn(after)].filter((database) => database !== first.database);
  return others.length === 0 ? first.keys : undefined;
}

function databasesIn({ info }: ServerView): number[] {
  return info.keyspaces.map(({ database }) => database);
}

function now(): string {
  return new Date().toISOString();
}
