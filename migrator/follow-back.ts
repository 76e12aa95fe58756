// Has the old server follow the new one after a cutover, so that a rollback loses nothing.

import { type Pair, versionOf } from './pair';
import { NotDurable, Roles } from './roles';
import { type CommandLine, unlessUnreachable } from './server';
import { look, type ServerView } from './view';

/** How long the old server may take to reach the new one. */
const PATIENCE_MS = 30_000;

/** A synchronized replica would answer reads, with older values at times: nobody but replication may read there. */
export const CLOSE_READS: CommandLine = ['ACL', 'SETUSER', 'default', '-@read'];
export const OPEN_READS: CommandLine = ['ACL', 'SETUSER', 'default', '+@read'];

export interface FollowBack {
  readonly old: ServerView;
  readonly new: ServerView;
  readonly password?: string;
}

/** Says how it went: an old server that cannot follow stays fenced. */
export async function followBack(pair: Pair, { old, new: fresh, password }: FollowBack): Promise<string> {
  const master = pair.shard.newForOld ?? pair.shard.new;
  const [oldVersion, newVersion] = [versionOf(old), versionOf(fresh)];
  if (!oldVersion.canFollow(newVersion)) {
    return `moved; the old server (Redis ${oldVersion.text}) cannot follow Redis ${newVersion.text}, and is fenced`;
  }
  const roles = new Roles(pair.old, oldVersion);
  try {
    await roles.follow(master, [
      CLOSE_READS,
      // What held the writes would hold the replication as well.
      ['CLIENT', 'UNPAUSE'],
      ...(password === undefined ? [] : [['CONFIG', 'SET', 'masterauth', password] as const]),
    ]);
    // Users may live in a file of their own, which CONFIG REWRITE leaves alone.
    await pair.old.call('ACL', 'SAVE').catch(unlessUnreachable);
    if (await linked(pair)) return 'moved; the old server follows';
  } catch (error) {
    if (!(error instanceof NotDurable)) throw error;
  }
  await roles.demote();
  return `moved; the old server did not reach ${master}, and is fenced`;
}

async function linked(pair: Pair): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const { isLinked, isSyncing } = await look(pair.old);
    if (isLinked && !isSyncing) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
