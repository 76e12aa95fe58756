// The data that a server loads after a restart, and how to keep it from being older than the last role change.

import { type CommandLine, type RedisServer, ServerError, rethrowUnreachable } from '../redis/server';
import { type ServerView, viewOf } from '../redis/server-view';
import { FLAG, ServerFlags } from './server-flags';
import { NotDurableError, Roles } from './roles';
import { type Version } from '../redis/version';

/** What a server loads when it starts; unknown if its settings cannot be read. */
export type Persistence = 'aof' | 'snapshots' | 'nothing' | 'unknown';

export async function persistenceOf(server: RedisServer): Promise<Persistence> {
  if ((await server.info('persistence')).text('aof_enabled') === '1') return 'aof';
  const save = await server.setting('save').catch(rethrowUnreachable);
  if (save === undefined) return 'unknown';
  return save === '' ? 'nothing' : 'snapshots';
}

/**
 * A server that persists nothing starts empty, unless the initial synchronization of a replica has left a file with old data
 * in its directory. Redis 2.8.18 and later can send the data without a file. The setting is kept over a restart, since the
 * replica then reconnects by itself.
 */
export async function enableDisklessSync(server: RedisServer, version: Version): Promise<void> {
  if ((await persistenceOf(server)) !== 'nothing') return;
  if ((await server.setting('repl-diskless-sync')) !== 'no') return;
  const flags = (await ServerFlags.of(server)).with(FLAG.DISKLESS);
  await server.all([['CONFIG', 'SET', 'repl-diskless-sync', 'yes'], flags.setting]);
  await new Roles(server, version).checkDurable().catch(rethrowUnlessNotDurable);
}

/** The same for a server that becomes a replica: it deletes the file in which it receives its data. */
export async function deleteSyncFileCommands(server: RedisServer): Promise<CommandLine[]> {
  if ((await persistenceOf(server)) !== 'nothing') return [];
  if ((await server.setting('rdb-del-sync-files')) !== 'no') return [];
  const flags = (await ServerFlags.of(server)).with(FLAG.DELETES);
  return [['CONFIG', 'SET', 'rdb-del-sync-files', 'yes'], flags.setting];
}

/** Commands for a promotion: restore settings, and flag that a server with snapshots only needs one. */
export async function promotionCommands(server: RedisServer): Promise<CommandLine[]> {
  const flags = await ServerFlags.of(server);
  const restore = restoreCommands(flags);
  if ((await persistenceOf(server)) !== 'snapshots') return restore;
  return [...restore, flags.without(...RESTORED_FLAGS).with(FLAG.SNAPSHOT).setting];
}

const RESTORED_FLAGS = [FLAG.DISKLESS, FLAG.DELETES];

/** Restores the settings at once, and in the server's file, where a check may have written them. */
export async function restoreSettings(server: RedisServer, version: Version): Promise<void> {
  const commands = restoreCommands(await ServerFlags.of(server));
  if (commands.length === 0) return;
  await server.all(commands);
  await new Roles(server, version).checkDurable().catch(rethrowUnlessNotDurable);
}

function rethrowUnlessNotDurable(error: unknown): void {
  if (!(error instanceof NotDurableError)) throw error;
}

function restoreCommands(flags: ServerFlags): CommandLine[] {
  if (!RESTORED_FLAGS.some((flag) => flags.has(flag))) return [];
  return [
    ...(flags.has(FLAG.DISKLESS) ? [['CONFIG', 'SET', 'repl-diskless-sync', 'no'] as const] : []),
    ...(flags.has(FLAG.DELETES) ? [['CONFIG', 'SET', 'rdb-del-sync-files', 'no'] as const] : []),
    flags.without(...RESTORED_FLAGS).setting,
  ];
}

/** How often a running snapshot is polled. */
const POLL_MS = 100;

/** Takes a snapshot and waits until it is on disk. Throws NotDurableError if that fails, and what `onPoll` throws. */
export async function takeSnapshot(server: RedisServer, onPoll: () => void = () => undefined): Promise<void> {
  await waitForSnapshot(server, onPoll);
  await server.call('BGSAVE').catch((error: unknown) => {
    if (!(error instanceof ServerError) || error.code === 'UNREACHABLE') throw error;
    throw new NotDurableError(`${error.message}: it cannot write a snapshot`);
  });
  const { info } = await waitForSnapshot(server, onPoll);
  if (info.text('rdb_last_bgsave_status') === 'ok') return;
  throw new NotDurableError(
    `${server.address}: it cannot write a snapshot (rdb_last_bgsave_status: err); check its log, disk and memory`,
  );
}

async function waitForSnapshot(server: RedisServer, onPoll: () => void): Promise<ServerView> {
  for (;;) {
    const view = viewOf(await server.info('persistence'));
    if (view.info.text('rdb_bgsave_in_progress') !== '1') return view;
    onPoll();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Takes the snapshot that a promoted server still needs, and returns a text about it. Throws NotDurableError. */
export async function takeOwedSnapshot(server: RedisServer): Promise<string> {
  if (!(await ServerFlags.of(server)).has(FLAG.SNAPSHOT)) return '';
  await takeSnapshot(server);
  await server.call(...(await ServerFlags.of(server)).without(FLAG.SNAPSHOT).setting);
  return '; its snapshot is on disk, and a crash reverts it to the last one';
}

/**
 * Takes a snapshot of a fenced server that has snapshots only, so that a crash before a rollback does not lose its last
 * writes. The fence refuses BGSAVE, so it is opened for this command. Returns a text if it failed.
 */
export async function takeFencedSnapshot(server: RedisServer, version: Version): Promise<string> {
  const { info } = viewOf(await server.info('persistence'));
  if (info.number('rdb_changes_since_last_save') === 0) return '';
  if ((await persistenceOf(server)) !== 'snapshots') return '';
  const setting = version.nameOf('replica-serve-stale-data');
  await waitForSnapshot(server, () => undefined);
  await server.each([['CONFIG', 'SET', setting, 'yes'], ['BGSAVE'], ['CONFIG', 'SET', setting, 'no']]);
  const after = await waitForSnapshot(server, () => undefined);
  if (after.info.number('rdb_changes_since_last_save') === 0) return '';
  return '; the old server took no snapshot after the cutover, and a crash reverts it to the last one';
}
