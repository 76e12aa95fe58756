// One Sentinel: the password that it sends to the others, and to the servers that it monitors.

import { masterName } from '../../lib/failover/replica-plan';
import { reached } from '../../migrator/shard/fault-points';
import { type RedisServer, ServerError } from '../../migrator/redis/server';

/** The setting that it shows; the password for the servers is not shown. */
const OWN = 'sentinel-pass';

/** Whether it sends this password. Throws a ServerError. */
export async function sentinelSends(sentinel: RedisServer, password: string): Promise<boolean> {
  const [, sent] = (await sentinel.call('SENTINEL', 'CONFIG', 'GET', OWN)) as string[];
  return sent === password;
}

/**
 * Makes it send this password: first to the servers of each shard, and last to the other Sentinels, which shows that all is done.
 * Throws a ServerError.
 */
export async function send(sentinel: RedisServer, password: string, shards: readonly number[]): Promise<void> {
  const results = await sentinel.each(
    shards.map((shard) => ['SENTINEL', 'SET', masterName(shard), 'auth-pass', password] as const),
  );
  // monitor.sh gives the password to a shard that is not monitored yet.
  const failed = results.find((it) => it instanceof ServerError && !it.message.includes('No such master'));
  if (failed !== undefined) throw failed as ServerError;
  reached('apply.monitored');
  await sentinel.call('SENTINEL', 'CONFIG', 'SET', OWN, password);
}
