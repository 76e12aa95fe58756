// The server of a shard that a backup is restored to: its master. After an interrupted restore, the one that does not follow the
// other.

import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { ROLE_USER } from '../../lib/migration/plan';
import { connectOrError } from '../../migrator/redis/reachable';
import { hostAndPort, type RedisServer, ServerError } from '../../migrator/redis/server';
import { observe, type ServerView } from '../../migrator/redis/server-view';
import { lockServer } from '../../migrator/shard/lock';
import { AbortedError } from '../../migrator/shard/hand-over';
import { RefusedError } from '../../migrator/program/outcome';

export interface Target {
  readonly server: RedisServer;
  readonly view: ServerView;
}

interface TargetOptions {
  readonly access: { readonly password?: string; readonly planHash: string };
  /** Whether the data of both servers may be lost. */
  readonly discardsData: boolean;
}

/** Opens and locks the connection for the time of `use`. Throws what `use` throws, RefusedError, AbortedError, ServerError. */
export async function withTarget<T>(
  shard: BackedUpShard,
  { access: { password, planHash }, discardsData }: TargetOptions,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  const addresses = [shard.a, ...(shard.b === undefined ? [] : [shard.b])];
  const all = await Promise.all(addresses.map((it) => connectOrError(it, { password, preferredUser: ROLE_USER })));
  try {
    const servers = all.map((it) => {
      if (it instanceof ServerError) throw it;
      return it;
    });
    for (const server of servers) await lockServer(server, planHash);
    const views = await Promise.all(servers.map(observe));
    const loading = servers.find((_, i) => views[i].isLoading);
    if (loading !== undefined) throw new AbortedError(`${loading.address} loads its data; run this again later`);
    const i = targetAmong(views, addresses);
    for (const [n, { keys }] of views.entries()) {
      // A replica keeps its data until it follows a master again.
      if (!discardsData && n !== i && keys > 0 && views[i].keys === 0)
        throw new RefusedError(liveData(addresses[n], keys));
    }
    return await use({ server: servers[i], view: views[i] });
  } finally {
    for (const it of all) if (!(it instanceof ServerError)) it.close();
  }
}

/** Why a server with data is not touched. */
export function liveData(address: string, keys: number): string {
  return `${address} has ${keys} ${keys === 1 ? 'key' : 'keys'}, and not those of the backup; a restore needs an empty shard, see docs/backup.md`;
}

function targetAmong(views: readonly ServerView[], addresses: readonly string[]): number {
  const masters = views.flatMap(({ isMaster }, i) => (isMaster ? [i] : []));
  if (masters.length > 1) throw new RefusedError(`${addresses.join(' and ')} are both masters; run failover status`);
  if (masters.length === 1) return masters[0];
  if (views.length === 1) return 0;
  // The other one follows this one. As in the bridge, the port tells the two servers of a shard apart.
  const portOf = (address = ''): number => hostAndPort(address).port;
  const followers = views.flatMap(({ follows }, i) => (portOf(follows) === portOf(addresses[1 - i]) ? [i] : []));
  if (followers.length === 1) return 1 - followers[0];
  throw new AbortedError(`neither ${addresses.join(' nor ')} is a master; the Job failover-status shows what to do`);
}
