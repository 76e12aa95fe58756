// haproxy.cfg of the bridge, and the initial state of its servers.

import { type Bridge } from './bridge';

/** The timing of the health checks, in milliseconds. */
interface CheckTiming {
  readonly inter: number;
  /** The interval after a first failure. */
  readonly fastinter: number;
  /** The number of consecutive failures that mark a server down. */
  readonly fall: number;
}

/** A server or node that stalls for less than this loses no connection. */
const TOLERATED_STALL_MS = 450;

/** The timing of the checks, from the check interval. */
export function checkTiming(bridge: Bridge): CheckTiming {
  const inter = bridge.options.checkInterval?.toMilliseconds() ?? 100;
  const fastinter = Math.max(10, Math.round(inter / 5));
  // A connection that is not accepted fails after `inter`; the next check is `fastinter` later.
  return { inter, fastinter, fall: Math.max(3, Math.ceil(TOLERATED_STALL_MS / (inter + fastinter))) };
}

/** The configuration; the health endpoint listens on `listenAddress`, where kubelet probes it. */
export function haproxyConfig(bridge: Bridge, listenAddress: string): string {
  const named = bridge.shards.some(({ newAddress, oldAddress }) => [newAddress, oldAddress].some(isFullName));
  const blocks = [GLOBAL, ...(named ? [RESOLVERS] : []), defaults(bridge), health(bridge, listenAddress)];
  const listeners = bridge.shards.map((_, ordinal) => listener(bridge, ordinal));
  return [...blocks, ...listeners, ...oldServers(bridge)].join('\n');
}

/**
 * All servers stopped, in the format of `show servers state`: a server gets no client until it has passed a check. HAProxy
 * also takes the port from this file.
 */
export function stoppedServers(bridge: Bridge): string {
  const stopped = (ordinal: number, id: number, name: string, address: string, proxy = 'shard'): string => {
    const port = address.slice(address.lastIndexOf(':') + 1);
    return `0 ${proxy}-${ordinal} ${id} ${name} - 0 0 1 1 1 1 0 0 6 0 0 0 - ${port} - 0 0 - - 0`;
  };
  const lines = bridge.shards.flatMap(({ newAddress, oldAddress }, ordinal) => [
    stopped(ordinal, 1, 'new', newAddress),
    stopped(ordinal, 2, 'old', oldAddress),
    ...(bridge.oldUser ? [stopped(ordinal, 1, 'old', oldAddress, 'old')] : []),
  ]);
  return ['1', STATE_FIELDS, ...lines, ''].join('\n');
}

const STATE_FIELDS =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight ' +
  'srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state ' +
  'bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port';

const GLOBAL = `# Routes each shard to the one of its two servers that is the master.
global
  log stdout format raw local0 notice
  # By default, HAProxy allocates memory for as many connections as its file descriptor limit: in some containers, a billion.
  maxconn 4096
  nbthread 2
  # By default, HAProxy considers a server up until its first check; with this file it is down until it has passed one.
  server-state-file /etc/bridge/stopped-servers
  # On a stop, HAProxy waits for connections to close; nutcracker has closed them by then.
  hard-stop-after 5s
`;

const RESOLVERS = `# Cluster names are resolved periodically. The failure of a name server removes no address (24 days is the longest time that
# HAProxy supports); a new address is used at once.
resolvers cluster
  parse-resolv-conf
  accepted_payload_size 8192
  timeout resolve 10s
  hold valid 30s
  hold nx 24d
  hold refused 24d
  hold timeout 24d
  hold other 24d
  hold obsolete 0s
`;

function defaults(bridge: Bridge, auth = authOfAll(bridge)): string {
  const { inter, fastinter, fall } = checkTiming(bridge);
  return `defaults
  mode tcp
  log global
  load-server-state-from-file global
  timeout connect 1s
  timeout check 1s
  # nutcracker keeps its connections open; checks and keepalives detect dead ones.
  timeout client 1d
  timeout server 1d
  option srvtcpka
  srvtcpka-idle 30s
  srvtcpka-intvl 10s
  srvtcpka-cnt 3
  retries 0
  # With QUIT, the check of a replica fails at once instead of at its timeout.
  option tcp-check
  tcp-check connect
${auth}  tcp-check send "INFO replication\\r\\nQUIT\\r\\n"
  tcp-check expect string role:master
  # Checks are faster after a failure, but only ${fall} in a row mark a server down: a short stall cuts no connection.
  default-server check inter ${inter}ms fastinter ${fastinter}ms downinter ${inter}ms rise 1 fall ${fall} init-addr libc,none resolve-prefer ipv4 on-marked-down shutdown-sessions
`;
}

function authOfAll({ password }: Bridge): string {
  return password ? auth('REDIS_PASSWORD') : '';
}

/** AUTH as RESP, which works for any byte. HAProxy reads name and password from its environment. */
function auth(...variables: string[]): string {
  const args = variables.map((name) => `\\$%[env(${name}),length]\\r\\n%[env(${name})]\\r\\n`);
  return `  tcp-check send-lf "*${args.length + 1}\\r\\n\\$4\\r\\nAUTH\\r\\n${args.join('')}"\n`;
}

function health(bridge: Bridge, listenAddress: string): string {
  const each = (acl: string): string =>
    bridge.shards.map((_, ordinal) => acl.replace('SHARD', `shard-${ordinal}`)).join('\n');
  return `frontend health
  mode http
  bind ${listenAddress}:${bridge.healthPort}
  timeout client 10s
  http-request return status 200 content-type text/plain string alive if { path /alive }
  # The proxy stays ready for the other shards if one has no server. ("1:" means one server or more.)
${each('  acl up nbsrv(SHARD) 1:')}
  http-request return status 200 content-type text/plain string serving if { path /serving } up
  http-request return status 503 content-type text/plain string "no shard has a server" if { path /serving }
${each('  acl down nbsrv(SHARD) 0')}
  http-request return status 503 content-type text/plain string "a shard has no server" if { path /ready } down
  http-request return status 200 content-type text/plain string ready if { path /ready }
  stats enable
  stats uri /
  stats refresh 5s
`;
}

/** If both servers are masters, the new one wins, and takes over the clients of the old one at once. */
function listener(bridge: Bridge, ordinal: number): string {
  const { newAddress, oldAddress } = bridge.shards[ordinal];
  return `listen shard-${ordinal}
  bind 127.0.0.1:${bridge.firstPort + ordinal}
  server new ${target(newAddress)} on-marked-up shutdown-backup-sessions
  server old ${target(oldAddress)} backup${bridge.oldUser ? ` no-check track old-${ordinal}/old` : ''}
`;
}

/**
 * Health checks are configured per proxy section and log in as one user. If the old servers need another user, each gets its own
 * backend, which has only checks and no traffic; the server of the listener tracks its state.
 */
function oldServers(bridge: Bridge): string[] {
  if (!bridge.oldUser) return [];
  const each = bridge.shards.map(({ oldAddress }, n) => `backend old-${n}\n  server old ${target(oldAddress)}\n`);
  return [`# Only for health checks.\n${defaults(bridge, auth('OLD_USER', 'OLD_PASSWORD'))}`, ...each];
}

function target(address: string): string {
  return isFullName(address) ? `${address} resolvers cluster` : address;
}

/**
 * Whether a name is fully qualified. Any other name may need a search list or /etc/hosts, which HAProxy's own resolver does not
 * support: libc resolves it, once.
 */
function isFullName(address: string): boolean {
  return address.slice(0, address.lastIndexOf(':')).endsWith('.');
}
