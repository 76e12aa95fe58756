// TLS of the nodes of a Redis Cluster, which may have other authorities than the shards, or have TLS while the shards have none.

import { type Given } from '../../migrator/program/command-line';
import { UsageError } from '../../migrator/program/usage-error';
import { keepTrust, trustAuthoritiesIn } from '../../migrator/redis/tls';
import { isCluster, type ReshardPlan } from './plan';

/**
 * From now on, connections to all servers that are no shards of the plan use TLS: a cluster names its nodes only later. (`--tls-ca`, for the
 * shards, is in use already.) Throws a UsageError.
 */
export function trustNodes({ shards, b }: ReshardPlan, given: Given): void {
  const file = given['cluster-tls-ca'];
  if (typeof file !== 'string') return;
  if (!isCluster(b)) throw new UsageError('--cluster-tls-ca: the plan has no Redis Cluster; omit the option');
  const servers = shards.flatMap(({ replica, ...server }) => [server, ...(replica === undefined ? [] : [replica])]);
  keepTrust(servers.map(({ host, port }) => `${host}:${port}`));
  try {
    trustAuthoritiesIn(file);
  } catch (error) {
    throw new UsageError(`--cluster-tls-ca: ${(error as Error).message}; give a file with certificates in PEM`);
  }
}
