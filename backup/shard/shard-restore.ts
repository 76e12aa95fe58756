// Restores one shard: its empty server follows this program, loads the file, is compared with the manifest, and becomes a master
// again. Until then it is a replica, to which no bridge routes. Its role on the disk does not change before the end, so a server
// that restarts meanwhile is an empty master again, or one with all of the data.

import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { NOWHERE } from '../../lib/migration/plan';
import { type CommandLine, type RedisServer } from '../../migrator/redis/server';
import { observe, savingOf, type ServerView } from '../../migrator/redis/server-view';
import { Version } from '../../migrator/redis/version';
import { AbortedError } from '../../migrator/shard/hand-over';
import { persistenceOf, takeSnapshot } from '../../migrator/shard/persistence';
import { reached } from '../../migrator/shard/fault-points';
import { Roles } from '../../migrator/shard/roles';
import { RefusedError } from '../../migrator/program/outcome';
import { type Certificate, checkFile, RdbMaster, type ServedFile } from '../rdb/rdb-master';
import { type ShardRecord } from '../store/manifest';
import { differencesOn } from './restored';
import { liveData, type Target, withTarget } from './target';

const POLL_MS = 50;

/** Makes a server a replica of an address where nothing listens. */
const NOWHERE_COMMAND: CommandLine = ['REPLICAOF', NOWHERE.host, NOWHERE.port];

/** Loads from the connection, without a copy of the file on its disk, if it is empty. It is restored with the role. */
const DISKLESS_LOAD = 'repl-diskless-load';

/** A file that a server loads. */
export interface Load {
  readonly record: ShardRecord;
  readonly file: ServedFile;
  readonly access: { readonly password?: string; readonly planHash: string };
  /** The address of this program, as the server reaches it. */
  readonly host: string;
  readonly port: number;
  /** Of this program, if the server replicates by TLS. */
  readonly certificate?: Certificate;
  /** Called when the server is a replica: keeps the Sentinels from replacing it. */
  readonly onDetached: () => Promise<void>;
  readonly onProgress: (state: string, bytes?: number) => void;
}

export interface ShardRestore extends Load {
  readonly shard: BackedUpShard;
  /** Whether the data of a server that has other data is deleted. */
  readonly discardsData: boolean;
}

/** Returns what was done. Throws RefusedError, AbortedError, ServerError, NotDurableError. */
export async function restoreShard(it: ShardRestore): Promise<string> {
  return withTarget(it.shard, it, async (target) => {
    reached('restore.locked');
    const { server, view } = target;
    const hasData = view.keys > 0 && (await isRestored(target, it));
    if (hasData && view.isMaster) return `${server.address} already has the data of the backup`;
    if (!hasData) {
      if (view.keys > 0) await discard(target, it);
      await load(target, it);
    }
    return promote(server, it);
  });
}

/** Whether the data of a server is that of the backup. */
async function isRestored({ server, view }: Target, { record, file, discardsData }: ShardRestore): Promise<boolean> {
  if (historyOf(view).includes(file.replicationId)) return true;
  // Samples do not show that nothing else has changed.
  if (discardsData || (record.keys === undefined && record.samples.length === 0)) return false;
  // After an interrupted restore, it is a replica without a link. No client reads from a replica behind a bridge.
  if (!view.isMaster) await server.all([['CONFIG', 'SET', 'replica-serve-stale-data', 'yes']]);
  return (await differencesOn(server, record)).length === 0;
}

/** The replication ids of a server: the current one, and that before its promotion. */
function historyOf({ history, info }: ServerView): string[] {
  return [...history, info.text('master_replid2')];
}

/** A server with data is left alone, unless a person has accepted the loss, and the file is whole. */
async function discard({ server, view }: Target, { file, discardsData }: ShardRestore): Promise<void> {
  if (!discardsData) throw new RefusedError(liveData(server.address, view.keys));
  await checkFile(file);
  // A replica refuses to delete its data.
  if (!view.isMaster) await server.all([['REPLICAOF', 'NO', 'ONE']]);
  // In one transaction: a client that writes afterwards gets an error.
  await server.all([['MULTI'], ['FLUSHALL'], NOWHERE_COMMAND, ['EXEC']]);
  reached('restore.discarded');
}

/** Loads the file into an empty server, which stays a replica, and compares it. Throws RefusedError, AbortedError, ServerError. */
export async function load({ server, view }: Target, it: Load): Promise<void> {
  const roles = new Roles(server, Version.of(view.info), false);
  const master = await RdbMaster.listen(it.file, it.port, it.access.password, it.certificate);
  try {
    const diskless = (await server.setting(DISKLESS_LOAD)) ?? 'disabled';
    // From here on it refuses writes: what it has now is all that it can have.
    await server.all([NOWHERE_COMMAND]);
    reached('restore.detached');
    const { keys } = await observe(server);
    if (keys > 0) {
      await roles.promote();
      throw new RefusedError(liveData(server.address, keys));
    }
    await it.onDetached();
    await server.all([
      ['CONFIG', 'SET', DISKLESS_LOAD, 'on-empty-db'],
      ...(await tlsCommands(server, it)),
      ['REPLICAOF', it.host, master.port],
    ]);
    try {
      await loaded(server, master, it);
    } finally {
      await server.each([['CONFIG', 'SET', DISKLESS_LOAD, diskless]]);
    }
    reached('restore.loaded');
    const differences = await differencesOn(server, it.record);
    if (differences.length > 0) {
      const [first] = differences;
      throw new RefusedError(
        `${server.address} has loaded the file, but ${first}; it stays a replica without data for clients`,
      );
    }
  } finally {
    // Without its master, but with the data.
    master.close();
  }
}

/** After a migration, a server may be set to follow without TLS, as its old server had none. */
async function tlsCommands(server: RedisServer, { certificate }: Load): Promise<CommandLine[]> {
  const byTls = certificate ? 'yes' : 'no';
  const set = await server.setting('tls-replication');
  return set === undefined || set === byTls ? [] : [['CONFIG', 'SET', 'tls-replication', byTls]];
}

async function loaded(server: RedisServer, master: RdbMaster, it: Load): Promise<void> {
  for (;;) {
    if (master.problem !== undefined) throw master.problem;
    const view = await observe(server);
    if (view.isMaster)
      throw new AbortedError(`${server.address} became a master while it was restored; run this again`);
    if (view.isLinked && !view.isSyncing && !view.isLoading) return;
    it.onProgress('loading', bytesLoaded(view));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function bytesLoaded({ info, bytesInAll, bytesLeft }: ServerView): number {
  return info.has('loading_loaded_bytes') ? info.number('loading_loaded_bytes') : bytesInAll - bytesLeft;
}

/** Waits until the data is on the disk, then makes it a master. */
async function promote(server: RedisServer, { record, onProgress }: ShardRestore): Promise<string> {
  if ((await persistenceOf(server)) === 'snapshots') await takeSnapshot(server);
  let view = await observe(server);
  while (!view.isSaved) {
    onProgress(savingOf(view));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    view = await observe(server);
  }
  await new Roles(server, Version.of(view.info), false).promote();
  reached('restore.promoted');
  return `${server.address} has the data of ${record.finished}: ${view.keys} keys`;
}
