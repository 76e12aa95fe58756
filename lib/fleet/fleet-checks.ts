// Checks of the props of FleetCharts.

import { type Construct } from 'constructs';
import { checkName, checkNamespace, refuse } from '../common/prop-errors';
import { type FleetChartsProps } from '../fleet-charts-props';
import { hostAndPort } from '../network/egress';
import { type RedisStatefulSet } from '../redis-stateful-set';
import { checkFleetTls, hasShardBridge } from './fleet-tls';

/** Reserved of the 63 characters of a label: `-redis`, and what a StatefulSet appends. */
const REDIS_SUFFIX = 17;

/** Refuses props that contradict each other, and names that are too long. */
export function checkFleet(scope: Construct, name: string, props: FleetChartsProps): void {
  const { namespace, redis } = props;
  checkName(scope, 'name', name, REDIS_SUFFIX);
  checkFleetTls(scope, props);
  for (const prop of ['replicaPort', 'replicaStorage', 'sentinels', 'failover'] as const) {
    if (props[prop] !== undefined && redis?.replicas !== 1)
      refuse(scope, `${prop} is set, but the shards have no replicas; set redis.replicas to 1, or remove ${prop}`);
  }
  if (props.bridge !== undefined && redis?.replicas !== 1 && !hasShardBridge(props))
    refuse(
      scope,
      'bridge is set, but the shards have no replicas, and there is no TLS; set redis.replicas to 1, or tls, or remove bridge',
    );
  if (props.passwords !== undefined && props.password?.secondKey === undefined) {
    refuse(
      scope,
      'passwords is set, but password has no secondKey; set password: { name, secondKey }, or remove passwords',
    );
  }
  if (namespace !== undefined) checkNamespace(scope, namespace);
  if (props.migration && props.proxies.ejectHostsAndServeStaleData) {
    const why = 'ejection would lose acknowledged writes';
    refuse(scope, `proxies.ejectHostsAndServeStaleData is true, but there is a migration: ${why}; remove one of them`);
  }
}

/** An old server that follows its shard must not be mistaken for the shard's second server, which confirms the master. */
export function checkLegacyPorts(
  scope: Construct,
  { redis, migration }: FleetChartsProps,
  oldServers: readonly string[],
  { replicaPort, _otherPorts = [] }: RedisStatefulSet,
): void {
  if (redis?.replicas !== 1 || !migration?.keepLegacyInSync) return;
  const replicaPorts = [replicaPort, ..._otherPorts.slice(1)];
  const same = oldServers.find((address) => replicaPorts.includes(hostAndPort(address).port));
  if (same === undefined) return;
  const problem = `the old server ${same} follows its shard (keepLegacyInSync), and has the port of the second servers`;
  refuse(scope, `${problem}; set replicaPort to a port that no old server has`);
}
