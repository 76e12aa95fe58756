// The bridges of a fleet whose ring does not change, after a migration or without one.

import { type SecretKey } from '../common/secret-key';
import { type FleetChartsProps } from '../fleet-charts-props';
import { type RedisStatefulSet } from '../redis-stateful-set';
import { usesTls } from '../redis/server-ports';
import { type BridgeOptions } from '../twemproxy/bridge-options';
import { type FailoverBridgeProps } from '../twemproxy/failover-bridge';
import { ShardBridge } from '../twemproxy/shard-bridge';
import { hasShardBridge } from './fleet-tls';

/** What routes to the servers of shards with replicas; undefined without replicas. */
export function failoverBridge(
  { addresses, replicaAddresses, sentinelAddresses: sentinels }: RedisStatefulSet,
  password?: SecretKey,
  options?: BridgeOptions,
): FailoverBridgeProps | undefined {
  if (replicaAddresses.length === 0) return undefined;
  return { shards: addresses.map((a, n) => ({ a, b: replicaAddresses[n] })), sentinels, options, password };
}

/** What connects to shards without replicas; undefined if nutcracker does that itself. */
export function shardBridge(
  props: FleetChartsProps,
  { addresses, tls }: RedisStatefulSet,
  password?: SecretKey,
  options?: BridgeOptions,
): ShardBridge | undefined {
  if (!hasShardBridge(props)) return undefined;
  const caSecretName = tls && usesTls(tls) ? (tls.caSecretName ?? tls.secretName) : undefined;
  return new ShardBridge({ shards: addresses, caSecretName, password, options });
}
