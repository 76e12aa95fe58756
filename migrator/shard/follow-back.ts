// Makes the old server follow the new one after a cutover, so that a rollback loses nothing.

import { closeReadsCommands, saveUsers, openReadsCommands } from './closed-reads';
import { type Pair, versionOf } from './pair';
import { deleteSyncFileCommands } from './persistence';
import { NotDurableError } from './roles';
import { type CommandLine } from '../redis/server';
import { observe, type ServerView } from '../redis/server-view';
import { type Version } from '../redis/version';

export interface FollowBack {
  readonly old: ServerView;
  readonly new: ServerView;
  readonly password?: string;
  readonly acceptVolatileFence: boolean;
  /** How long the old server may take to connect to the new one. */
  readonly patienceMs: number;
}

/** Returns the outcome; an old server that cannot follow stays fenced. */
export async function followBack(pair: Pair, it: FollowBack): Promise<string> {
  const master = pair.shard.newForOld ?? pair.shard.new;
  const [oldVersion, newVersion] = [versionOf(it.old), versionOf(it.new)];
  if (!oldVersion.canFollow(newVersion)) {
    return `moved; the old server (${oldVersion.name}) cannot follow ${newVersion.name}, and is fenced`;
  }
  const roles = pair.oldRoles(it.old);
  const accept = (error: unknown): void => {
    if (!(error instanceof NotDurableError && it.acceptVolatileFence)) throw error;
  };
  await roles
    .follow(master, [
      ...(await closeReadsCommands(pair.old)),
      ...(await deleteSyncFileCommands(pair.old)),
      // The pause that held the writes would block replication as well.
      ['CLIENT', 'UNPAUSE'],
      ...loginCommands(it.password, oldVersion),
    ])
    .catch(accept);
  await saveUsers(pair.old);
  if (await isLinkedInTime(pair, it.patienceMs)) return 'moved; the old server follows';
  await roles.demote(await openReadsCommands(pair.old)).catch(accept);
  await saveUsers(pair.old);
  return `moved; the old server did not reach ${master}, and is fenced`;
}

/** Lets the old server log in to the new one, as its default user. */
function loginCommands(password: string | undefined, version: Version): CommandLine[] {
  if (password === undefined) return [];
  return [
    ['CONFIG', 'SET', 'masterauth', password],
    ...(version.isAtLeast(6, 0) ? [['CONFIG', 'SET', 'masteruser', ''] as const] : []),
  ];
}

async function isLinkedInTime(pair: Pair, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const { isLinked, isSyncing } = await observe(pair.old);
    if (isLinked && !isSyncing) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
