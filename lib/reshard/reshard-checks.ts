// Checks of rings between which keys are to move, and of their servers.

import { Chart } from 'cdk8s';
import { type Construct } from 'constructs';
import { refuse, withPath } from '../common/prop-errors';
import { DEFAULT_SECRET_KEY, type SecretKey } from '../common/secret-key';
import { HashRing, type NutcrackerPool } from '../nutcracker';
import { refuseWithoutRing } from '../nutcracker/hash-ring';
import { type RedisCluster } from '../redis-cluster';
import { usesTls } from '../redis/server-ports';
import { type ShardTls } from '../tls/tls-options';
import { type PlacedRing } from './ring-history';

/**
 * Refuses pools that have no ring, or that the program cannot change: the first is the oldest ring.
 * @param names the prop of each pool
 */
export function checkRings(scope: Construct, pools: readonly NutcrackerPool[], names: readonly string[]): void {
  const [first] = pools;
  for (const [n, pool] of pools.entries()) {
    withPath(scope, () => {
      refuseWithoutRing(pool);
    });
    if (pool.name !== first.name)
      refuse(scope, `${names[n]} is named ${pool.name}, but ${names[0]} ${first.name}; use the same name`);
    if (!pool.redis) refuse(scope, `${names[n]}, ${pool.name}, uses the memcached protocol; set redis: true`);
    if (pool.redisDb !== 0) {
      refuse(scope, `${names[n]} uses redis_db ${pool.redisDb}, but keys move in database 0 only; write redis_db: 0`);
    }
    if (n > 0 && isSameRing(pools[n - 1], pool)) {
      refuse(scope, `${names[n]} places every key on the same server as ${names[n - 1]}; remove one of them`);
    }
  }
}

/** Refuses a change to two targets or to none, and a Redis Cluster that the Jobs could not use, or that is open to clients. */
export function checkTarget(
  scope: Construct,
  nextPool: NutcrackerPool | undefined,
  cluster: RedisCluster | undefined,
  password: SecretKey,
  tls?: ShardTls,
): void {
  if ((nextPool === undefined) === (cluster === undefined)) {
    const found = cluster === undefined ? 'both missing' : 'both set';
    refuse(scope, `nextPool and cluster are ${found}; set one of them: where the keys are to be`);
  }
  if (cluster === undefined) return;
  if (usesTls(tls) && cluster.tls === undefined) {
    const what = `cluster is ${cluster.node.path}, which has no TLS, and its clients would lose that of the fleet`;
    refuse(
      scope,
      `${what}; set its prop tls before it is created, or tls.phase OFFERED of the fleet until it has moved`,
    );
  }
  checkCluster(scope, cluster, password);
}

/** Refuses a Redis Cluster that the Jobs could not use, or that is open to clients. */
function checkCluster(scope: Construct, cluster: RedisCluster, password: SecretKey): void {
  const fail = (problem: string): never => refuse(scope, `cluster is ${cluster.node.path}, ${problem}`);
  if (!cluster.startClosed) {
    fail('whose clients could write to it before the switch; set its prop startClosed to true');
  }
  if (Chart.of(cluster).namespace !== Chart.of(scope).namespace) {
    fail('in another namespace; the Jobs need its Secret and its network policies in their own');
  }
  const keyOf = ({ name, key = DEFAULT_SECRET_KEY }: SecretKey): string => `key ${key} of Secret ${name}`;
  if (keyOf(cluster.password) !== keyOf(password)) {
    fail(`whose password is ${keyOf(cluster.password)}, but that of the shards ${keyOf(password)}; use the same one`);
  }
}

function isSameRing(one: NutcrackerPool, other: NutcrackerPool): boolean {
  return HashRing.of(one).diff(HashRing.of(other)).isSame;
}

/** Refuses invalid addresses, and servers of a ring without one. */
export function checkServers(
  scope: Construct,
  rings: Readonly<Record<string, PlacedRing>>,
  addresses: readonly string[],
  replicas: readonly string[] = [],
): void {
  if (replicas.length > 0 && replicas.length !== addresses.length)
    refuse(
      scope,
      `there are ${addresses.length} addresses, but ${replicas.length} replicaAddresses; give each shard its own`,
    );
  for (const address of [...addresses, ...replicas]) {
    if (!/^[^\s/:]+:\d{1,5}$/.test(address)) refuse(scope, `${JSON.stringify(address)} is not host:port`);
  }
  for (const [prop, { pool, ordinals }] of Object.entries(rings)) {
    if (ordinals.length !== pool.servers.length || new Set(ordinals).size !== ordinals.length) {
      refuse(scope, `${prop} are ${ordinals.join(', ')} for ${pool.servers.length} servers; give each its own shard`);
    }
    const missing = ordinals.find((ordinal) => !(ordinal in addresses));
    if (missing !== undefined) {
      const known = `there are ${addresses.length} addresses`;
      refuse(
        scope,
        `${pool.servers[ordinals.indexOf(missing)].ringName} is shard ${missing}, but ${known}; add its own`,
      );
    }
  }
}
