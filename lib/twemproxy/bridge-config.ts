// haproxy.cfg of the bridge, and the state in which its servers begin.

import { type Bridge } from './bridge';

/** The health checks that follow from how often a server is asked, in milliseconds. */
interface Pace {
  readonly inter: number;
  /** After a first failure: the next looks come fast. */
  readonly fastinter: number;
  /** So many failures in a row take a server out. */
  readonly fall: number;
}

/** A server or a node that stands still for less than this loses no connection. */
const PATIENCE_MS = 450;

/** The pace of the checks. */
export function paceOf(bridge: Bridge): Pace {
  const inter = bridge.options.checkInterval?.toMilliseconds() ?? 100;
  const fastinter = Math.max(10, Math.round(inter / 5));
  // A connection that is not accepted fails after `inter`, and is tried again `fastinter` later.
  return { inter, fastinter, fall: Math.max(3, Math.ceil(PATIENCE_MS / (inter + fastinter))) };
}

/** The configuration; `listenAddress` is where kubelet finds the health of the bridge. */
export function haproxyConfig(bridge: Bridge, listenAddress: string): string {
  const named = bridge.shards.some(({ newAddress, oldAddress }) => [newAddress, oldAddress].some(isFullName));
  const blocks = [GLOBAL, ...(named ? [RESOLVERS] : []), defaults(bridge), health(bridge, listenAddress)];
  const listeners = bridge.shards.map((_, ordinal) => listener(bridge, ordinal));
  return [...blocks, ...listeners, ...oldServers(bridge)].join('\n');
}

/**
 * Every server stopped, in the format of `show servers state`: what has not passed a check gets no client. HAProxy takes
 * the port from here as well.
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

const GLOBAL = `# Leads each shard to whichever of its two servers is the master.
global
  log stdout format raw local0 notice
  # Without a number HAProxy makes room for as many connections as it may have descriptors: in some containers, a billion.
  maxconn 4096
  nbthread 2
  # HAProxy takes a server for up until its first check; by this file each is down until it has passed one.
  server-state-file /etc/bridge/stopped-servers
  # Told to stop, it lets connections end by themselves; nutcracker has closed them by then.
  hard-stop-after 5s
`;

const RESOLVERS = `# The cluster's own names are looked up again and again. A name server that is out of order takes no address away (24
# days are the longest that HAProxy counts); one that has a new address is believed at once.
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
  const { inter, fastinter, fall } = paceOf(bridge);
  return `defaults
  mode tcp
  log global
  load-server-state-from-file global
  timeout connect 1s
  timeout check 1s
  # nutcracker keeps its connections; what is dead is found by the checks and by keepalives.
  timeout client 1d
  timeout server 1d
  option srvtcpka
  srvtcpka-idle 30s
  srvtcpka-intvl 10s
  srvtcpka-cnt 3
  retries 0
  # QUIT has a replica answer at once, instead of only when the check times out.
  option tcp-check
  tcp-check connect
${auth}  tcp-check send "INFO replication\\r\\nQUIT\\r\\n"
  tcp-check expect string role:master
  # Faster after a first failure, but ${fall} in a row: a server that stands still for a moment keeps its connections.
  default-server check inter ${inter}ms fastinter ${fastinter}ms downinter ${inter}ms rise 1 fall ${fall} init-addr libc,none resolve-prefer ipv4 on-marked-down shutdown-sessions
`;
}

function authOfAll({ password }: Bridge): string {
  return password ? auth('REDIS_PASSWORD') : '';
}

/** Name and password as RESP, which takes any byte; HAProxy has them from its environment. */
function auth(...variables: string[]): string {
  const words = variables.map((name) => `\\$%[env(${name}),length]\\r\\n%[env(${name})]\\r\\n`);
  return `  tcp-check send-lf "*${words.length + 1}\\r\\n\\$4\\r\\nAUTH\\r\\n${words.join('')}"\n`;
}

function health(bridge: Bridge, listenAddress: string): string {
  const each = (acl: string): string =>
    bridge.shards.map((_, ordinal) => acl.replace('SHARD', `shard-${ordinal}`)).join('\n');
  return `frontend health
  mode http
  bind ${listenAddress}:${bridge.healthPort}
  timeout client 10s
  http-request return status 200 content-type text/plain string alive if { path /alive }
  # One shard without a server must not take the proxy away from the others. (1: is one server or more.)
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

/** The new server goes first wherever both say that they are the master, and takes the old one's clients at once. */
function listener(bridge: Bridge, ordinal: number): string {
  const { newAddress, oldAddress } = bridge.shards[ordinal];
  return `listen shard-${ordinal}
  bind 127.0.0.1:${bridge.firstPort + ordinal}
  server new ${target(newAddress)} on-marked-up shutdown-backup-sessions
  server old ${target(oldAddress)} backup${bridge.oldUser ? ` no-check track old-${ordinal}/old` : ''}
`;
}

/**
 * A check logs in as one user, and is that of a whole proxy: where the old servers have a user of their own for it, each
 * has a proxy of its own, to which nothing is sent, and whose state the listener's server takes over.
 */
function oldServers(bridge: Bridge): string[] {
  if (!bridge.oldUser) return [];
  const each = bridge.shards.map(({ oldAddress }, n) => `backend old-${n}\n  server old ${target(oldAddress)}\n`);
  return [`# Only asked for their role.\n${defaults(bridge, auth('OLD_USER', 'OLD_PASSWORD'))}`, ...each];
}

function target(address: string): string {
  return isFullName(address) ? `${address} resolvers cluster` : address;
}

/**
 * A name that is complete beyond doubt. Any other may need a search list or the file of hosts, which HAProxy's own resolver
 * does not know: libc looks it up, once.
 */
function isFullName(address: string): boolean {
  return address.slice(0, address.lastIndexOf(':')).endsWith('.');
}
