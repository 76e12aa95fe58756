// What proxies have while the ring of a fleet changes, and after every other change.

import { type SecretKey } from '../common/secret-key';
import { type RedisStatefulSet } from '../redis-stateful-set';
import { type TwemproxyLayerProps } from '../twemproxy-layer-props';
import { type BridgeOptions } from '../twemproxy/bridge-options';
import { LoginBridge } from '../twemproxy/login-bridge';
import { type RingChange, witnessesOf } from './ring-change';

/** Nothing, if the ring of the default user serves and does not change. */
export function ringsOfProxies(
  change: RingChange,
  { addresses }: RedisStatefulSet,
  password: SecretKey,
  options?: BridgeOptions,
): Pick<TwemproxyLayerProps, 'bridge' | 'ringUser' | 'nextRing'> {
  const { served, next } = change;
  if (next === undefined && served.user === 'default') return {};
  return {
    bridge: new LoginBridge({ shards: addresses, password, options }),
    ringUser: served.user,
    nextRing: next && {
      pool: { pool: next.pool, addresses: next.ordinals.map((ordinal) => addresses[ordinal]), password },
      witnesses: witnessesOf(change).map((ordinal) => addresses[ordinal]),
    },
  };
}
