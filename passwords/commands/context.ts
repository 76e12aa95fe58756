// The context of every command.

import { type PasswordPlan, type ShardServers } from '../../lib/passwords/password-plan';
import { type Run } from '../../migrator/program/each-shard';
import { type ExitCode, type Outcome } from '../../migrator/program/outcome';
import { type RedisServer } from '../../migrator/redis/server';
import { type ProxyTrust } from '../servers/proxies';
import { type Secret } from '../servers/secret';

export interface Context extends Run<ShardServers> {
  readonly plan: PasswordPlan;
  readonly secret: Secret;
  /** How the proxies are verified; undefined if they have no TLS. */
  readonly proxyTrust?: ProxyTrust;
}

/** The outcomes of the shards, and of all Sentinels together, if there are any. */
export interface Outcomes {
  readonly shards: readonly Outcome[];
  readonly sentinels?: { readonly code: ExitCode; readonly message: string };
}

/**
 * Works with connections to these servers, and closes them. A server that cannot be reached does not keep the others from it: `act`
 * gets those that can, and then its error is thrown.
 */
export async function withServers<T>(
  addresses: readonly string[],
  connect: (address: string) => Promise<RedisServer>,
  act: (servers: readonly RedisServer[]) => Promise<T>,
): Promise<T> {
  const results = await Promise.allSettled(addresses.map(connect));
  const servers = results.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
  try {
    const result = await act(servers);
    const failed = results.find((it) => it.status === 'rejected');
    if (failed !== undefined) throw failed.reason as Error;
    return result;
  } finally {
    for (const server of servers) server.close();
  }
}
