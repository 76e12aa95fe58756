// What a server comes back with after a restart, and what keeps that from being older than the last change of roles.

import { type CommandLine, type RedisServer, ServerError, rethrowUnreachable } from '../redis/server';
import { type ServerView, viewOf } from '../redis/server-view';
import { FLAG, ServerFlags } from './server-flags';
import { NotDurableError, Roles } from './roles';
import { type Version } from '../redis/version';

/** Where a server finds its data at a start; nothing is known of one that does not tell its settings. */
export type Persistence = 'aof' | 'snapshots' | 'nothing' | 'unknown';

export async function persistenceOf(server: RedisServer): Promise<Persistence> {
  if ((await server.info('persistence')).text('aof_enabled') === '1') return 'aof';
  const save = await server.setting('save').catch(rethrowUnreachable);
  if (save === undefined) return 'unknown';
  return save === '' ? 'nothing' : 'snapshots';
}

/**
 * A server that persists nothing starts empty, unless a file lies in its directory: the one that the initial
 * synchronization of a replica leaves there, with old data. So it sends the data without a file, which Redis 2.8.18 and later
 * can, also after a restart, when its replica comes back by itself.
 */
export async function enableDisklessSync(server: RedisServer, version: Version): Promise<void> {
  if ((await persistenceOf(server)) !== 'nothing') return;
  if ((await server.setting('repl-diskless-sync')) !== 'no') return;
  const marks = (await ServerFlags.of(server)).with(FLAG.DISKLESS);
  await server.all([['CONFIG', 'SET', 'repl-diskless-sync', 'yes'], marks.setting]);
  await new Roles(server, version).checkDurable().catch(rethrowUnlessNotDurable);
}

/** The same for a server that becomes a replica: it receives its data as a file, which it is to delete. */
export async function deleteSyncFileCommands(server: RedisServer): Promise<CommandLine[]> {
  if ((await persistenceOf(server)) !== 'nothing') return [];
  if ((await server.setting('rdb-del-sync-files')) !== 'no') return [];
  const marks = (await ServerFlags.of(server)).with(FLAG.DELETES);
  return [['CONFIG', 'SET', 'rdb-del-sync-files', 'yes'], marks.setting];
}

/** What goes with a promotion: settings are given back, and a server that has snapshots only owes one from now on. */
export async function promotionCommands(server: RedisServer): Promise<CommandLine[]> {
  const marks = await ServerFlags.of(server);
  const back = changes(marks);
  if ((await persistenceOf(server)) !== 'snapshots') return back;
  return [...back, marks.without(...RESTORED_FLAGS).with(FLAG.SNAPSHOT).setting];
}

const RESTORED_FLAGS = [FLAG.DISKLESS, FLAG.DELETES];

/** Gives them back at once, also in the server's file, where some look at it may have written them. */
export async function restoreSettings(server: RedisServer, version: Version): Promise<void> {
  const commands = changes(await ServerFlags.of(server));
  if (commands.length === 0) return;
  await server.all(commands);
  await new Roles(server, version).checkDurable().catch(rethrowUnlessNotDurable);
}

function rethrowUnlessNotDurable(error: unknown): void {
  if (!(error instanceof NotDurableError)) throw error;
}

function changes(marks: ServerFlags): CommandLine[] {
  if (!RESTORED_FLAGS.some((mark) => marks.has(mark))) return [];
  return [
    ...(marks.has(FLAG.DISKLESS) ? [['CONFIG', 'SET', 'repl-diskless-sync', 'no'] as const] : []),
    ...(marks.has(FLAG.DELETES) ? [['CONFIG', 'SET', 'rdb-del-sync-files', 'no'] as const] : []),
    marks.without(...RESTORED_FLAGS).setting,
  ];
}

/** How often a snapshot that is being written is looked at. */
const POLL_MS = 100;

/**
 * Has a server write a snapshot of all that it has now, and waits until that is on its disk. Throws NotDurableError if it
 * cannot, and what `goOn` throws.
 */
export async function takeSnapshot(server: RedisServer, goOn: () => void = () => undefined): Promise<void> {
  await waitForSnapshot(server, goOn);
  await server.call('BGSAVE').catch((error: unknown) => {
    if (!(error instanceof ServerError) || error.code === 'UNREACHABLE') throw error;
    throw new NotDurableError(`${error.message}: it cannot write a snapshot`);
  });
  const { info } = await waitForSnapshot(server, goOn);
  if (info.text('rdb_last_bgsave_status') === 'ok') return;
  throw new NotDurableError(
    `${server.address}: it cannot write a snapshot (rdb_last_bgsave_status: err); see its log, its disk and memory`,
  );
}

async function waitForSnapshot(server: RedisServer, goOn: () => void): Promise<ServerView> {
  for (;;) {
    const view = viewOf(await server.info('persistence'));
    if (view.info.text('rdb_bgsave_in_progress') !== '1') return view;
    goOn();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Writes the snapshot that a promoted server owes, if it does, and says so. Throws NotDurableError. */
export async function takeOwedSnapshot(server: RedisServer): Promise<string> {
  if (!(await ServerFlags.of(server)).has(FLAG.SNAPSHOT)) return '';
  await takeSnapshot(server);
  await server.call(...(await ServerFlags.of(server)).without(FLAG.SNAPSHOT).setting);
  return '; its snapshot is on its disk, and a crash takes it back to the last one';
}

/**
 * Has a fenced server that has snapshots only write one of what it had last: should it be gone back to, a crash has not
 * made it older. What a fenced server refuses is let through for one command. Says what is wrong.
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
  return '; the old server wrote no snapshot of the cutover, and a crash of it takes it back to the last one';
}
