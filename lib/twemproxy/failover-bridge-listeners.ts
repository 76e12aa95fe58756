// The listeners of the bridge of a fleet with replicas, through which nutcracker reaches the shards as the user of its ring, and its health.
//
// The checks that decide which server gets clients are the same for every user. During a change of the ring, each of the two
// nutcrackers has listeners of its own, and a front routes clients to one of both (ring-front.ts).

import { type SecretKey } from '../common/secret-key';
import { otherUser, RING_USERS, type RingUser } from '../reshard/reshard-plan';
import { nameIn } from '../redis/redis-services';
import { HEALTH_FRONTEND, healthFrontend, target } from './bridge-config';
import { type BridgeOptions } from './bridge-options';
import { type AskedRings, askedRings, frontHealth, NO_TLS, type RingFront, ringFront } from './ring-front';
import { LOGIN_RULES } from './ring-login';

/** The two servers of a shard. */
export interface ReplicatedServers {
  /** `host:port`. */
  readonly a: string;
  readonly b: string;
  /** The ports by which Sentinels and replicas also name them, while TLS is turned on or off. */
  readonly otherPortOfA?: number;
  readonly otherPortOfB?: number;
}

/** The parts of a FailoverBridge that its configuration depends on. */
export interface FailoverRoutes {
  readonly shards: readonly ReplicatedServers[];
  readonly sentinels: readonly string[];
  /** The users as which nutcrackers log in: each has a set of listeners. */
  readonly users: readonly RingUser[];
  /** The servers that are asked whether the ring of the proxies serves, if it has changed. */
  readonly witnesses: readonly string[];
  readonly firstPort: number;
  readonly healthPort: number;
  readonly options: BridgeOptions;
  readonly password?: SecretKey;
  /** Whether it connects to the servers and the Sentinels by TLS. */
  readonly tls: boolean;
}

/** nutcracker itself logs in as the other one. */
export const LOGIN_USER = RING_USERS[1];

/** How often the proxies ask whether their ring serves, while it does not change. */
const RING_CHECK_MS = 1000;

/** The rule by which a proxy is not ready as long as the other ring serves. */
const NOT_OWN_RING =
  'http-request return status 503 content-type text/plain string "another ring serves" if { path /serving /ready } { nbsrv(ring-a) eq 0 } { nbsrv(ring-b) gt 0 }';

/** The health endpoint, and what decides about the rings. */
export function ringSections(bridge: FailoverRoutes, listenAddress: string, front?: RingFront): string[] {
  if (front)
    return [
      frontHealth(bridge, listenAddress),
      ...ringFront({ ...front, ...tlsOfAsked(bridge) }, bridge, bridge.tls ? NO_TLS : ''),
    ];
  const header = `${HEALTH_FRONTEND} from base`;
  const rings = askedOf(bridge);
  if (rings === undefined) return [healthFrontend(header, bridge, listenAddress)];
  return [
    healthFrontend(header, bridge, listenAddress, [NOT_OWN_RING]),
    askedRings(rings, `inter ${RING_CHECK_MS}ms rise 1 fall 3`),
  ];
}

/** Ring a is the one of the proxies. */
function askedOf(bridge: FailoverRoutes): AskedRings | undefined {
  const {
    users: [user],
    witnesses,
  } = bridge;
  return witnesses.length === 0 ? undefined : { users: [user, otherUser(user)], witnesses, ...tlsOfAsked(bridge) };
}

/** The servers that are asked which ring serves have TLS if all have. */
export function tlsOfAsked({ tls }: FailoverRoutes): Pick<AskedRings, 'tlsOf'> {
  return tls ? { tlsOf: sniOfChecks } : {};
}

/** The name of a server with TLS, for the connections of its clients, and for those of its checks. */
export function sniOfClients(address: string): string {
  return ` sni str(${nameIn(address)})`;
}
export function sniOfChecks(address: string): string {
  return ` check-sni ${nameIn(address)}`;
}

export const LISTENERS = `# The name of a listener is also the name by which Sentinel knows the shard.
defaults listeners from base
  balance first
  default-server on-marked-down shutdown-sessions
`;

/** The name of a listener. A second user has others, so that `shard-0` is always the first one. */
export function nameOf({ users }: FailoverRoutes, user: RingUser, n: number): string {
  return user === users[0] ? `shard-${n}` : `${user}-shard-${n}`;
}

/** The port of the listener of a shard for the nutcracker that logs in as this user. */
export function portFor(
  { users, shards, firstPort }: Pick<FailoverRoutes, 'users' | 'shards' | 'firstPort'>,
  user: RingUser,
  n: number,
): number {
  return firstPort + users.indexOf(user) * shards.length + n;
}

/** next.cfg: the listeners of the second user, with the settings of haproxy.cfg; undefined if there is none. */
export function nextListeners(bridge: FailoverRoutes): string | undefined {
  const { users, shards } = bridge;
  if (users.length < 2) return undefined;
  const title = '# The listeners for the nutcracker of the next ring.\n';
  return `${title}${shards.map((_, n) => listener(bridge, users[1], n)).join('')}`;
}

export function listener(bridge: FailoverRoutes, user: RingUser, n: number): string {
  const { a, b } = bridge.shards[n];
  const sni = (address: string): string => (bridge.tls ? sniOfClients(address) : '');
  const login = user === LOGIN_USER ? LOGIN_RULES : [];
  return `listen ${nameOf(bridge, user, n)} from listeners
  bind 127.0.0.1:${portFor(bridge, user, n)}
${login.map((rule) => `  ${rule}\n`).join('')}  server a ${target(a)}${sni(a)} track shard-${n}-a/a
  server b ${target(b)}${sni(b)} track shard-${n}-b/b
`;
}
