// What proxies have while the ring of a fleet changes, and afterwards.

import { type SecretKey } from '../common/secret-key';
import { type RedisStatefulSet } from '../redis-stateful-set';
import { usedCaSecret } from '../redis/server-ports';
import { type TwemproxyLayerProps } from '../twemproxy-layer-props';
import { type BridgeOptions } from '../twemproxy/bridge-options';
import { FailoverBridge, type FailoverBridgeProps } from '../twemproxy/failover-bridge';
import { LoginBridge } from '../twemproxy/login-bridge';
import { type RingChange, witnessesOf } from './ring-change';

type Servers = Pick<RedisStatefulSet, 'addresses' | 'replicaAddresses' | 'tls'>;

/**
 * The bridge, the user and the next ring. There is nothing if the ring was never changed, and without replicas, if the ring of the default
 * user serves and does not change.
 *
 * @param failover the bridge to servers with replicas, before the first change
 */
export function ringsOfProxies(
  change: RingChange,
  servers: Servers,
  password: SecretKey,
  failover?: FailoverBridgeProps,
  options?: BridgeOptions,
): Pick<TwemproxyLayerProps, 'bridge' | 'ringUser' | 'nextRing'> {
  const { served, next, history } = change;
  if (history.last === 0) return {};
  if (failover === undefined && next === undefined && served.user === 'default') return {};
  const { addresses, replicaAddresses, tls } = servers;
  const caSecretName = usedCaSecret(tls);
  // Both servers of a shard say the same, so that the loss of one does not matter. (Without replicas, there is one.)
  const witnesses = witnessesOf(change).flatMap((n) => [addresses[n], ...replicaAddresses.slice(n, n + 1)]);
  return {
    bridge: failover
      ? new FailoverBridge({
          ...failover,
          ringUsers: [served.user, ...(next ? [next.user] : [])],
          ...(next === undefined && { ringWitnesses: witnesses }),
        })
      : new LoginBridge({ shards: addresses, caSecretName, password, options }),
    ringUser: served.user,
    nextRing: next && {
      pool: { pool: next.pool, addresses: next.ordinals.map((ordinal) => addresses[ordinal]), password },
      witnesses,
    },
  };
}
