// haproxy.cfg of the bridge of a fleet with replicas, and the initial state of its servers.
//
// A server gets clients if it says that it is a master, and either a majority of the Sentinels names it, or its partner follows it.
// Votes alone would make the whole fleet unavailable with two dead Sentinels, the lease alone a shard with a dead replica. A master
// that is cut off from both, the only one that may have been replaced, has neither. Each part is a backend with checks and no traffic; a frontend
// on an abstract socket counts their servers, which makes it an answer that a check of a server can require.

import { WAIT_KEY } from '../reshard/reshard-plan';
import {
  ADDRESSES,
  auth,
  CONNECTIONS,
  globalSection,
  resolversFor,
  stateFile,
  type StoppedServer,
  target,
  TLS_CHECKS,
  TLS_SERVERS,
  TOLERATED_STALL_MS,
  TOLERATED_TLS_STALL_MS,
} from './bridge-config';
import {
  type FailoverRoutes,
  LISTENERS,
  listener,
  LOGIN_USER,
  nameOf,
  type ReplicatedServers,
  ringSections,
  sniOfChecks,
  tlsOfAsked,
} from './failover-bridge-listeners';
import { askedStoppedServers, frontStoppedServers, MOST_CLIENTS, type RingFront } from './ring-front';

/** The timing of the checks of one kind, in milliseconds. */
interface CheckTiming {
  readonly inter: number;
  /** The interval after a change, until it is certain. */
  readonly fastinter: number;
  /** The interval while the server is down. */
  readonly downinter: number;
  /** The numbers of consecutive checks that change the state of a server. */
  readonly rise: number;
  readonly fall: number;
  /** How long it may take to connect, and then to get the reply. By default `inter`, and a second. */
  readonly timeouts?: { readonly connect: number; readonly reply: number };
}

/** The timing of each kind of check, from the check interval. */
export function failoverTiming({
  options,
  tls = false,
}: Pick<FailoverRoutes, 'options'> & Partial<FailoverRoutes>): Record<'role' | 'lease' | 'votes', CheckTiming> {
  const inter = options.checkInterval?.toMilliseconds() ?? 250;
  // A server that is down waits for a change during the check.
  const downinter = Math.min(inter, 20);
  const fastinter = Math.min(inter, 20);
  const role = { inter: Math.ceil(0.6 * inter), fastinter: Math.min(inter, 5) };
  // A connection that is not accepted fails after `inter`; the next check is `fastinter` later.
  const stall = tls ? TOLERATED_TLS_STALL_MS : TOLERATED_STALL_MS;
  const fall = Math.max(3, Math.ceil(stall / (role.inter + role.fastinter)));
  const connect = inter;
  const twice = 2 * inter;
  return {
    // The clients of a demoted server get errors until it is down, so its role is checked most often, and again at once after a change.
    role: { ...role, downinter, rise: 2, fall },
    // In a bridge that is cut off, both end within 4.3 intervals; the checks of the role that follow take another 0.7. A connection that
    // was open before the cut may have that much time for its reply as well.
    lease: { inter, fastinter, downinter, rise: 1, fall: 3, timeouts: { connect, reply: 2 * inter } },
    votes: {
      inter: twice,
      fastinter: Math.min(inter, 50),
      downinter: twice,
      rise: 1,
      fall: 2,
      timeouts: { connect, reply: 3 * inter },
    },
  };
}

/** The configuration; the health endpoint listens on `listenAddress`, where kubelet probes it. */
export function failoverConfig(bridge: FailoverRoutes, listenAddress: string, front?: RingFront): string {
  const { shards, sentinels, users } = bridge;
  const servers = shards.flatMap(({ a, b }) => [a, b]);
  const ports = [...new Set(shards.flatMap((shard) => [portsOf(shard, 'a'), portsOf(shard, 'b')]))];
  return [
    globalSection(
      'Routes each shard to the one of its two servers that is the master and that Sentinel or its replica confirms.',
      { login: users.includes(LOGIN_USER), ...(front && { maxconn: MOST_CLIENTS }) },
    ),
    ...resolversFor([...servers, ...sentinels]),
    bridge.tls ? `${BASE}  ${TLS_SERVERS}\n` : BASE,
    ...ringSections(bridge, listenAddress, front),
    confirmations(bridge),
    roleDefaults(bridge),
    ...ports.map((each) => `${leaseDefaults(bridge, each)}\n${votesDefaults(bridge, each)}`),
    LISTENERS,
    ...shards.map((_, n) => `${listener(bridge, users[0], n)}${checkedShard(bridge, n)}`),
  ].join('\n');
}

/** The initial state of the servers: also votes and leases have to be seen first. */
export function failoverStoppedServers(bridge: FailoverRoutes, front?: RingFront): string {
  const { shards, sentinels, users, witnesses, tls } = bridge;
  const votes = sentinels.map((address, i) => ({ id: i + 1, name: `s${i}`, address, tls }));
  return stateFile([
    ...(front
      ? frontStoppedServers({ ...front, ...tlsOfAsked(bridge) })
      : askedStoppedServers({ witnesses, ...tlsOfAsked(bridge) })),
    ...shards.flatMap(({ a, b }, n) => {
      const server = (proxy: string, name: string, id = 1): StoppedServer => {
        return { proxy: `shard-${n}${proxy}`, id, name, address: name === 'a' ? a : b, tls };
      };
      const confirmed = (side: string, partner: string): StoppedServer[] => [
        server(`-${side}`, side),
        server(`-${side}-lease`, partner),
        ...votes.map((vote) => ({ proxy: `shard-${n}-${side}-votes`, ...vote })),
      ];
      const listeners = users.flatMap((user) =>
        [a, b].map((address, i) => ({ proxy: nameOf(bridge, user, n), id: i + 1, name: 'ab'[i], address, tls })),
      );
      return [...listeners, ...confirmed('a', 'b'), ...confirmed('b', 'a')];
    }),
  ]);
}

const BASE = `defaults base
${CONNECTIONS}${ADDRESSES}`;

/** The address of the frontend that confirms servers. The health port makes it unique among bridges that share a network. */
function confirmationSocket({ healthPort }: FailoverRoutes): string {
  return `abns@bridge-${healthPort}`;
}

function confirmations(bridge: FailoverRoutes): string {
  const rules = confirmationRules(bridge.sentinels.length).map((rule) => `  ${rule}\n`);
  return `# Confirms a server (/shard-0-a) to its check: by a majority of votes, or by its lease. The first rule is for two masters: b gets
# no client while a is up ("balance first"), so a must not come up while b is.
frontend confirmations from base
  mode http
  bind ${confirmationSocket(bridge)}
  no log
  timeout client 2s
${rules.join('')}`;
}

/** The rules by which a server is confirmed, in their order. */
export function confirmationRules(sentinels: number): string[] {
  const majority = Math.floor(sentinels / 2) + 1;
  return [
    'http-request return status 503 if { path,bytes(1),nbsrv 0 } { path,bytes(1),regsub(a$,b),nbsrv gt 0 }',
    `http-request return status 200 if { path,bytes(1),concat(-votes),nbsrv ge ${majority} }`,
    'http-request return status 200 if { path,bytes(1),concat(-lease),nbsrv ge 1 }',
    'http-request return status 503',
  ];
}

/**
 * Asks a server for its role. One that is down, and still has not the role that it needs, is asked to wait for a change: Sentinel and the
 * scripts that change a role close the connections of clients, so the next check follows soon. XREAD only reads; the key need not exist, and
 * a command that fails does not wait, so the default user may read this key also while another user's ring serves. One that is up waits a
 * millisecond, so that it goes down without delay.
 */
function askRole(bridge: FailoverRoutes): string {
  const { inter: waitMs } = failoverTiming(bridge).lease;
  return `  ${connection(bridge)}
${login(bridge)}  ${roleQuestion(waitOf(`${waitMs}`))}
`;
}

/** How a check connects to its server: with TLS as the settings of the server say. */
export function connection({ tls }: Pick<FailoverRoutes, 'tls'>): string {
  return tls ? 'tcp-check connect default' : 'tcp-check connect';
}

/** In a backend with a server that is up, a millisecond. */
export function waitOf(milliseconds: string): string {
  return `%[be_name,nbsrv,bool,iif(1,${milliseconds})]`;
}

/** @param wait how many milliseconds the server may wait for a change of its role */
export function roleQuestion(wait: string): string {
  return `tcp-check send-lf "INFO replication\\r\\nXREAD BLOCK ${wait} STREAMS ${WAIT_KEY} \\$\\r\\nINFO replication\\r\\nQUIT\\r\\n"`;
}

function roleDefaults(bridge: FailoverRoutes): string {
  return `# A master that is confirmed.
defaults role from base
  option tcp-check
${askRole(bridge)}  tcp-check expect string role:master
  tcp-check connect addr ${confirmationSocket(bridge)}
  tcp-check send-lf "GET /%[be_name] HTTP/1.0\\r\\n\\r\\n"
  tcp-check expect string "200 OK"
${checks(bridge, failoverTiming(bridge).role)}`;
}

/**
 * The lease of a server is the reply of its partner: a replica of this server has not replaced it. It ends with a promotion, and in a
 * bridge that does not reach the partner.
 */
function leaseDefaults(bridge: FailoverRoutes, ports: string): string {
  return `# A replica of the server on port ${ports.replace('-', ' or ')}.
defaults lease-${ports} from base
  option tcp-check
${askRole(bridge)}  tcp-check expect rstring "${leasePattern(ports)}"
${checks(bridge, failoverTiming(bridge).lease)}`;
}

/** INFO of a replica that is connected with its master, a server on that port, or on one of both. */
export function leasePattern(ports: string): string {
  const port = ports.includes('-') ? `(${ports.replace('-', '|')})` : ports;
  return `role:slave\\r\\nmaster_host:[^\\r]*\\r\\nmaster_port:${port}\\r\\nmaster_link_status:up\\r`;
}

/** The last command is a syntax error, after which every version closes the connection; Sentinel may not know QUIT. */
function votesDefaults(bridge: FailoverRoutes, ports: string): string {
  return `# A Sentinel that names the server on port ${ports.replace('-', ' or ')}.
defaults votes-${ports} from base
  option tcp-check
  ${connection(bridge)}
${login(bridge)}  tcp-check send-lf "SENTINEL GET-MASTER-ADDR-BY-NAME %[be_name,regsub(-[ab]-votes,)]\\r\\n*x\\r\\n"
  ${voteExpected(ports)}
${checks(bridge, failoverTiming(bridge).votes)}`;
}

/** The last element of the reply of Sentinel: a port with its length, or one of both. */
export function voteExpected(ports: string): string {
  if (ports.includes('-')) return `tcp-check expect rstring "\\r\\n(${ports.replace('-', '|')})\\r\\n"`;
  return `tcp-check expect string "\\r\\n\\$${ports.length}\\r\\n${ports}\\r\\n"`;
}

function login({ password }: FailoverRoutes): string {
  return password ? auth('REDIS_PASSWORD') : '';
}

function checks({ tls }: FailoverRoutes, timing: CheckTiming): string {
  const { inter, fastinter, downinter, rise, fall, timeouts } = timing;
  const limits = timeouts ? `  timeout connect ${timeouts.connect}ms\n  timeout check ${timeouts.reply}ms\n` : '';
  return `${tls ? `  ${TLS_CHECKS}\n` : ''}${limits}  default-server check inter ${inter}ms fastinter ${fastinter}ms downinter ${downinter}ms rise ${rise} fall ${fall}
`;
}

/** The backends that decide which server of a shard gets clients. */
function checkedShard({ shards, sentinels, tls }: FailoverRoutes, n: number): string {
  const { a, b } = shards[n];
  const at = (address: string): string => `${target(address)}${tls ? sniOfChecks(address) : ''}`;
  const votes = sentinels.map((address, i) => `  server s${i} ${at(address)}\n`).join('');
  const checked = (
    name: 'a' | 'b',
    address: string,
    partner: string,
    ofPartner: string,
  ): string => `backend shard-${n}-${name} from role
  server ${name} ${at(address)}
backend shard-${n}-${name}-lease from lease-${portsOf(shards[n], name)}
  server ${partner} ${at(ofPartner)}
backend shard-${n}-${name}-votes from votes-${portsOf(shards[n], name)}
${votes}`;
  return `${checked('a', a, 'b', b)}${checked('b', b, 'a', a)}`;
}

/** The port of a server, or both by which it is named, as `6379-6389`. */
export function portsOf(shard: ReplicatedServers, side: 'a' | 'b'): string {
  const address = shard[side];
  const other = side === 'a' ? shard.otherPortOfA : shard.otherPortOfB;
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  return other === undefined ? `${port}` : `${Math.min(port, other)}-${Math.max(port, other)}`;
}
