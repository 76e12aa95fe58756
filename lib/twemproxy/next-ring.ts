// The next ring in proxies, during a change of the ring: a nutcracker of its own, and the front that routes clients to one of both.

import { type Construct } from 'constructs';
import { refuse, withPath } from '../common/prop-errors';
import { otherUser, RING_USERS, type RingUser } from '../reshard/reshard-plan';
import { type TwemproxyLayerProps } from '../twemproxy-layer-props';
import { type Bridge } from './bridge';
import { type NextRing } from './next-ring-options';
import { type CommonPoolSettings, type ProxyPool, proxyPools, type ServedPool } from './proxy-pool';
import { MOST_WITNESSES, type RingFront } from './ring-front';

/** The pools of a proxy, each behind the front if there is one. */
export interface LayerPools {
  /** The pools as clients see them. */
  readonly served: ServedPool[];
  /** The pools of the first nutcracker. */
  readonly own: ServedPool[];
  /** The pool of the second nutcracker. */
  readonly next?: ServedPool;
  readonly front?: RingFront;
}

/** The pools of the proxies. */
export function layerPools(scope: Construct, props: TwemproxyLayerProps): LayerPools {
  const { pools, bridge, nextRing, ejectHostsAndServeStaleData: ejectHosts } = props;
  const listenAddress = acceptsPlain(props) ? (props.listenAddress ?? '0.0.0.0') : '127.0.0.1';
  const user = (props.ringUser ?? RING_USERS[0]) as RingUser;
  const as = (name: RingUser): CommonPoolSettings => ({ listenAddress, bridge, ejectHosts, user: name });
  const made = (list: ProxyPool[], name: RingUser): ServedPool[] =>
    withPath(scope, () => proxyPools(scope, list, as(name)));
  const served = made(pools, user);
  if (nextRing === undefined) return { served, own: served };
  checkNextRing(scope, props, nextRing);
  const users = [user, otherUser(user)] as const;
  const nutcrackers = nutcrackerPorts(bridge);
  const behind = (pool: ProxyPool, n: 0 | 1): ServedPool => ({
    ...made([{ ...pool, port: nutcrackers[n] }], users[n])[0],
    portName: n === 0 ? 'ring-a' : 'ring-b',
  });
  return {
    served,
    own: [behind(pools[0], 0)],
    next: behind(nextRing.pool, 1),
    front: { listenAddress, port: served[0].port, users, nutcrackers, witnesses: nextRing.witnesses },
  };
}

/** Whether clients reach nutcracker itself. */
export function acceptsPlain({ clientTls }: Pick<TwemproxyLayerProps, 'clientTls'>): boolean {
  return clientTls === undefined || clientTls.plainPorts === true;
}

/** The ports of both nutcrackers, below those of the bridge. */
function nutcrackerPorts(bridge?: Bridge): readonly [number, number] {
  const firstPort = bridge?.firstPort ?? 0;
  return [firstPort - 2, firstPort - 1];
}

function checkNextRing(scope: Construct, props: TwemproxyLayerProps, { witnesses, pool }: NextRing): void {
  const { pools, bridge, ejectHostsAndServeStaleData } = props;
  const fail = (why: string): never => refuse(scope, `nextRing is set, but ${why}`);
  if (pools.length > 1) fail(`there are ${pools.length} pools; the ring of a fleet with several pools cannot change`);
  if (!bridge?._logsIn)
    fail(
      'the proxies need a bridge that logs in as the user of a ring; set bridge to a LoginBridge, or to a FailoverBridge with ringUsers',
    );
  if (ejectHostsAndServeStaleData) fail('ejectHostsAndServeStaleData is true; remove one of them');
  if (pool.password === undefined || pools[0].password === undefined)
    fail('a pool has no password, with which nutcracker logs in; set it');
  if (witnesses.length < 1 || witnesses.length > MOST_WITNESSES)
    fail(`it has ${witnesses.length} witnesses; list one to ${MOST_WITNESSES}, such as three`);
}
