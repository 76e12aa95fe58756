// The server of a shard that is read: its replica, if that is in sync, so that the master does not fork; otherwise the master.

import { ROLE_USER } from '../../lib/migration/plan';
import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { connectOrError } from '../../migrator/redis/reachable';
import { type RedisServer, ServerError } from '../../migrator/redis/server';
import { observe, type ServerView } from '../../migrator/redis/server-view';
import { AbortedError } from '../../migrator/shard/hand-over';

/** A server, and its state. */
export interface Source {
  readonly server: RedisServer;
  readonly role: 'master' | 'replica';
  readonly view: ServerView;
}

/** Opens the connection for the time of `use`. Throws an AbortedError or a ServerError if no server can be read. */
export async function withSource<T>(
  shard: BackedUpShard,
  password: string | undefined,
  use: (source: Source) => Promise<T>,
): Promise<T> {
  const addresses = [shard.a, ...(shard.b === undefined ? [] : [shard.b])];
  // After every other change of the ring, the default user may use no keys.
  const login = { password, preferredUser: ROLE_USER };
  const servers = await Promise.all(addresses.map((address) => connectOrError(address, login)));
  try {
    const rejected = servers.find((it) => it instanceof ServerError && it.isAboutUser);
    if (rejected !== undefined) throw rejected as ServerError;
    const found = await Promise.all(
      servers.map((it) => (it instanceof ServerError ? Promise.resolve(it) : viewOf(it))),
    );
    return await use(sourceAmong(found));
  } finally {
    for (const it of servers) if (!(it instanceof ServerError)) it.close();
  }
}

type Found = { readonly server: RedisServer; readonly view: ServerView } | ServerError;

async function viewOf(server: RedisServer): Promise<Found> {
  try {
    return { server, view: await observe(server) };
  } catch (error) {
    if (error instanceof ServerError) return error;
    throw error;
  }
}

function sourceAmong(found: readonly Found[]): Source {
  const seen = found.flatMap((it) => (it instanceof ServerError ? [] : [it]));
  const masters = seen.filter(({ view }) => view.isMaster);
  if (masters.length > 1) {
    const [a, b] = masters.map(({ server }) => server.address);
    throw new AbortedError(`${a} and ${b} are both masters; the Job failover-status shows what to do`);
  }
  const replica = seen.find(({ view }) => isInSync(view));
  if (replica !== undefined) return { ...replica, role: 'replica' };
  const master = masters.find(({ view }) => !view.isLoading);
  if (master !== undefined) return { ...master, role: 'master' };
  const first = found.find((it) => it instanceof ServerError);
  if (found.length === 1 && first !== undefined) throw first;
  throw new AbortedError(
    `no server can be read: ${found.map(reasonOf).join('; ')}; run this again when the shard serves`,
  );
}

function isInSync(view: ServerView): boolean {
  return !view.isMaster && view.isLinked && !view.isSyncing && !view.isLoading;
}

function reasonOf(found: Found): string {
  if (found instanceof ServerError) return found.message;
  const { server, view } = found;
  if (view.isLoading) return `${server.address} loads its data`;
  return `${server.address} is a replica of ${view.follows ?? 'no server'}, which it does not reach or is not in sync with`;
}
