// The part of haproxy.cfg in a proxy with two rings that routes clients to the nutcracker of the ring that serves.
//
// The servers decide which ring serves: only the user of one ring may use keys. Some of them are asked as both users. A wrong decision
// here is no danger, since a nutcracker whose ring does not serve gets errors. Clients of the other ring are disconnected, so that they
// connect again to the ring that serves. While no ring serves, during a change, they keep their connections.

import { type RingUser } from '../reshard/reshard-plan';
import {
  auth,
  authAs,
  HEALTH_FRONTEND,
  METRICS_RULE,
  type StoppedServer,
  target,
  TLS_CHECKS,
  TOLERATED_TLS_STALL_MS,
} from './bridge-config';
import { type BridgeOptions } from './bridge-options';
import { ringCheck } from './ring-login';

/** Where clients connect, and to which nutcrackers they are routed. */
export interface RingFront {
  /** Where clients connect; with TLS only, those that HAProxy has itself: 127.0.0.1. */
  readonly listenAddress: string;
  readonly port: number;
  /** The users of ring a and ring b. */
  readonly users: readonly [RingUser, RingUser];
  /** The ports of their nutcrackers. */
  readonly nutcrackers: readonly [number, number];
  /** `host:port` of the servers that are asked. */
  readonly witnesses: readonly string[];
  /** What the line of such a server has after its address, with a space before it, if they have TLS. */
  readonly tlsOf?: (address: string) => string;
}

/** What the configuration depends on beside the front. */
interface FrontedBridge {
  readonly healthPort: number;
  readonly options: BridgeOptions;
}

/** The rules by which the connections to a nutcracker are kept, in their order. */
export const RING_RULES = [
  'http-request return status 503 if { path /a } { nbsrv(ring-b) gt 0 }',
  'http-request return status 503 if { path /b } { nbsrv(ring-b) eq 0 } { nbsrv(ring-a) gt 0 }',
  'http-request return status 200',
];

/** The routes of clients. */
export const CLIENT_RULES = ['use_backend b if { nbsrv(ring-b) gt 0 }', 'default_backend a'];

/**
 * The clients of a proxy, unlike those of a bridge, which are the connections of nutcracker. HAProxy does not start with fewer file
 * descriptors than twice as many.
 */
export const MOST_CLIENTS = 8000;

/** Both servers of three shards: so many checks as each user. */
export const MOST_WITNESSES = 6;

const CHECK_MS = 100;

/**
 * HAProxy waits for a handshake as long as for the next check, and one may take longer on a busy machine. So several checks have to fail, at
 * once after another if it is by a reply.
 */
const TIMING_WITH_TLS = `inter ${CHECK_MS}ms fastinter 5ms rise 1 fall ${Math.ceil(TOLERATED_TLS_STALL_MS / (CHECK_MS + 5))}`;

/** The settings of both nutcrackers. */
export const NUTCRACKERS = `default-server check inter ${CHECK_MS / 2}ms rise 1 fall 1 on-marked-down shutdown-sessions`;

/** What these have besides if the servers of `base` have TLS: there is none within a pod. */
export const NO_TLS = ' no-ssl no-check-ssl';

/** The commands of a check that succeeds if a user may use keys. */
export function servesUser(user: RingUser, tls = false): string {
  const login = user === 'default' ? auth('REDIS_PASSWORD') : authAs(user, 'REDIS_PASSWORD');
  return ringCheck(login.trim(), tls)
    .map((line) => `  ${line}\n`)
    .join('');
}

/** The users of two rings, and the servers that are asked which of them serves. */
export type AskedRings = Pick<RingFront, 'users' | 'witnesses' | 'tlsOf'>;

/**
 * The backends ring-a and ring-b, in which a server is up if the user of the ring may use keys. Each inherits from `base`.
 *
 * @param timing how often they are asked, and how many replies decide
 */
export function askedRings({ users, witnesses, tlsOf }: AskedRings, timing: string): string {
  const servers = witnesses
    .map((address, n) => `  server w${n} ${target(address)}${tlsOf?.(address) ?? ''}\n`)
    .join('');
  const asked = (ring: 'a' | 'b', user: RingUser): string => `defaults asks-${ring} from base
${servesUser(user, tlsOf !== undefined)}${tlsOf ? `  ${TLS_CHECKS}\n` : ''}  default-server check ${timing}
backend ring-${ring} from asks-${ring}
${servers}`;
  return `# Some shards are asked which ring they serve. These are only for health checks.
${asked('a', users[0])}${asked('b', users[1])}`;
}

/**
 * The sections of the front; each inherits from `base`.
 *
 * @param ofNutcrackers what the nutcrackers need if `base` has settings of servers that they do not have, such as TLS
 */
export function ringFront(front: RingFront, bridge: FrontedBridge, ofNutcrackers = ''): string[] {
  return [
    askedRings(front, front.tlsOf ? TIMING_WITH_TLS : `inter ${CHECK_MS}ms rise 1 fall 1`),
    `# Whether the connections to the nutcracker of a ring (/a, /b) are kept: not if the other ring serves.
frontend rings from base
  mode http
  bind ${ringSocket(bridge)}
  no log
  timeout client 2s
${RING_RULES.map((rule) => `  ${rule}\n`).join('')}`,
    `frontend clients from base
  bind ${front.listenAddress}:${front.port}
${CLIENT_RULES.map((rule) => `  ${rule}\n`).join('')}`,
    `defaults nutcrackers from base
  option tcp-check
  tcp-check connect addr ${ringSocket(bridge)}
  tcp-check send-lf "GET /%[be_name] HTTP/1.0\\r\\n\\r\\n"
  tcp-check expect string "200 OK"
  ${NUTCRACKERS}${ofNutcrackers}
backend a from nutcrackers
  server nutcracker 127.0.0.1:${front.nutcrackers[0]}
backend b from nutcrackers
  server nutcracker 127.0.0.1:${front.nutcrackers[1]}
`,
  ];
}

/** The initial state of its servers: a ring serves when a shard has said so. */
export function frontStoppedServers(front: RingFront): StoppedServer[] {
  return [
    ...askedStoppedServers(front),
    ...['a', 'b'].map((proxy, n) => ({
      proxy,
      id: 1,
      name: 'nutcracker',
      address: `127.0.0.1:${front.nutcrackers[n]}`,
    })),
  ];
}

export function askedStoppedServers({ witnesses, tlsOf }: Pick<AskedRings, 'witnesses' | 'tlsOf'>): StoppedServer[] {
  return ['ring-a', 'ring-b'].flatMap((proxy) =>
    witnesses.map((address, n) => ({ proxy, id: n + 1, name: `w${n}`, address, ...(tlsOf && { tls: true }) })),
  );
}

/** The endpoint for the probes of kubelet: the proxy is ready if it finds a ring that serves. */
export function frontHealth({ healthPort, options }: FrontedBridge, listenAddress: string): string {
  const serving = ['a', 'b'].map((ring) =>
    ['serving', 'ready'].map(
      (path) =>
        `  http-request return status 200 content-type text/plain string ${path} if { path /${path} } { nbsrv(ring-${ring}) gt 0 }\n`,
    ),
  );
  return `${HEALTH_FRONTEND} from base
  mode http
  bind ${listenAddress}:${healthPort}
  timeout client 10s
  http-request return status 200 content-type text/plain string alive if { path /alive }
${serving.flat().join('')}  http-request return status 503 content-type text/plain string "no ring serves" if { path /serving /ready }
${options.metrics ? `  ${METRICS_RULE}\n` : ''}  stats enable
  stats uri /
  stats refresh 5s
`;
}

/** The address of the frontend that compares the rings. The health port makes it unique among bridges that share a network. */
export function ringSocket({ healthPort }: Pick<FrontedBridge, 'healthPort'>): string {
  return `abns@rings-${healthPort}`;
}
