// The bridges of a fleet whose ring does not change, after a migration or without one.

import { type SecretKey } from '../common/secret-key';
import { type FleetChartsProps } from '../fleet-charts-props';
import { type RedisStatefulSet } from '../redis-stateful-set';
import { usedCaSecret } from '../redis/server-ports';
import { type BridgeOptions } from '../twemproxy/bridge-options';
import { type FailoverBridgeProps } from '../twemproxy/failover-bridge';
import { ShardBridge } from '../twemproxy/shard-bridge';
import { hasShardBridge } from './fleet-tls';

/** What routes to the servers of shards with replicas; undefined without replicas. */
export function failoverBridge(
  { addresses, replicaAddresses, sentinelAddresses: sentinels, tls, _otherPorts: others }: RedisStatefulSet,
  password?: SecretKey,
  options?: BridgeOptions,
): FailoverBridgeProps | undefined {
  if (replicaAddresses.length === 0) return undefined;
  const shards = addresses.map((a, n) => ({
    a,
    b: replicaAddresses[n],
    ...(others && { otherPortOfA: others[0], otherPortOfB: others[1] }),
  }));
  return { shards, sentinels, options, password, caSecretName: usedCaSecret(tls) };
}

/** What connects to shards without replicas; undefined if nutcracker does that itself. */
export function shardBridge(
  props: FleetChartsProps,
  { addresses, tls }: RedisStatefulSet,
  password?: SecretKey,
  options?: BridgeOptions,
): ShardBridge | undefined {
  if (!hasShardBridge(props)) return undefined;
  return new ShardBridge({ shards: addresses, caSecretName: usedCaSecret(tls), password, options });
}
