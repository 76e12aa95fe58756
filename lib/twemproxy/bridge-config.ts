// What haproxy.cfg of every bridge has in common, and the initial state of its servers.

import { CA_FILE } from '../tls/tls-files';
import { type BridgeOptions } from './bridge-options';

/** A server or node that stalls for less than this loses no connection. */
export const TOLERATED_STALL_MS = 450;

/** The same of a server with TLS. The kernel connects to one that stalls, but only the server itself answers a handshake. */
export const TOLERATED_TLS_STALL_MS = 1000;

/** The settings of the global section that differ between bridges. */
interface GlobalSettings {
  /** The number of clients: of a bridge, these are the connections of nutcracker. */
  readonly maxconn?: number;
  /** Whether nutcracker logs in as another user than the default one. */
  readonly login?: boolean;
  /** Whether the key of a certificate is beside it, as in a Secret of cert-manager. */
  readonly keysApart?: boolean;
}

/** The global section. */
export function globalSection(
  title: string,
  { maxconn = 4096, login = false, keysApart = false }: GlobalSettings = {},
): string {
  return `# ${title}
global
  log stdout format raw local0 notice
  # By default, HAProxy allocates memory for as many connections as its file descriptor limit: in some containers, a billion.
  maxconn ${maxconn}
  nbthread 2
  # By default, HAProxy considers a server up until its first check; with this file it is down until it has passed one.
  server-state-file /etc/bridge/stopped-servers
  # On a stop, HAProxy waits for connections to close; nutcracker has closed them by then.
  hard-stop-after 5s
${keysApart ? '  # The key is in tls.key, not in tls.crt.key.\n  ssl-load-extra-del-ext\n' : ''}${login ? '  lua-load /etc/bridge/login.lua\n' : ''}`;
}

/** The section that servers with a fully qualified name refer to; empty if there are none. */
export function resolversFor(addresses: readonly string[]): string[] {
  return addresses.some(isFullName) ? [RESOLVERS] : [];
}

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

/** The settings of the connections, in a defaults section. */
export const CONNECTIONS = `  mode tcp
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
`;

/**
 * TLS of all servers of a section and of their checks, in its defaults: only with a certificate of one of the authorities, and that has the name of `sni`
 * or `check-sni`.
 */
export const TLS_SERVERS = `default-server ssl verify required ca-file ${CA_FILE} check-ssl`;

/**
 * Checks are short connections: with TLS 1.2, a session that is resumed needs no key exchange, which took 40 % of the CPU off the checks
 * (bench/failover.md). Clients use TLS 1.3.
 */
export const TLS_CHECKS = 'default-server ssl-max-ver TLSv1.2';

/** The addresses of the servers, in a defaults section. */
export const ADDRESSES = `  # A server without an address would be up from the moment its name is resolved until its first check: the second one is nobody's.
  default-server init-addr libc,192.0.2.1 resolve-prefer ipv4
`;

/** AUTH as RESP, which works for any byte. HAProxy reads name and password from its environment. */
export function auth(...variables: string[]): string {
  const args = variables.map((name) => `\\$%[env(${name}),length]\\r\\n%[env(${name})]\\r\\n`);
  return `  tcp-check send-lf "*${args.length + 1}\\r\\n\\$4\\r\\nAUTH\\r\\n${args.join('')}"\n`;
}

/** The same as a user whose name needs no escaping. */
export function authAs(user: string, variable: string): string {
  const password = `\\$%[env(${variable}),length]\\r\\n%[env(${variable})]\\r\\n`;
  return `  tcp-check send-lf "*3\\r\\n\\$4\\r\\nAUTH\\r\\n\\$${user.length}\\r\\n${user}\\r\\n${password}"\n`;
}

/** The parts of a bridge that its health endpoint depends on. */
interface HealthEndpoint {
  readonly shards: readonly unknown[];
  readonly healthPort: number;
  readonly options: BridgeOptions;
}

/** The header of the section with the health endpoint. */
export const HEALTH_FRONTEND = 'frontend health';

/** The rule for Prometheus, which only reads. */
export const METRICS_RULE = 'http-request use-service prometheus-exporter if { path /metrics }';

/** The endpoint for the probes of kubelet, the metrics, and the statistics. @param rules what is decided before the shards are */
export function healthFrontend(
  header: string,
  bridge: HealthEndpoint,
  listenAddress: string,
  rules: readonly string[] = [],
): string {
  const { shards, healthPort, options } = bridge;
  const each = (acl: string): string => shards.map((_, ordinal) => acl.replace('SHARD', `shard-${ordinal}`)).join('\n');
  return `${header}
  mode http
  bind ${listenAddress}:${healthPort}
  timeout client 10s
  http-request return status 200 content-type text/plain string alive if { path /alive }
${rules.map((rule) => `  ${rule}\n`).join('')}  # The proxy stays ready for the other shards if one has no server. ("1:" means one server or more.)
${each('  acl up nbsrv(SHARD) 1:')}
  http-request return status 200 content-type text/plain string serving if { path /serving } up
  http-request return status 503 content-type text/plain string "no shard has a server" if { path /serving }
${each('  acl down nbsrv(SHARD) 0')}
  http-request return status 503 content-type text/plain string "a shard has no server" if { path /ready } down
  http-request return status 200 content-type text/plain string ready if { path /ready }
${options.metrics ? `  ${METRICS_RULE}\n` : ''}  stats enable
  stats uri /
  stats refresh 5s
`;
}

/** The address in a server line. */
export function target(address: string): string {
  return isFullName(address) ? `${address} resolvers cluster` : address;
}

/**
 * Whether a name is fully qualified. Any other name may need a search list or /etc/hosts, which HAProxy's own resolver does not
 * support: libc resolves it, once.
 */
function isFullName(address: string): boolean {
  return address.slice(0, address.lastIndexOf(':')).endsWith('.');
}

/** A server of a proxy section; `id` is its position in the section, from 1. */
export interface StoppedServer {
  readonly proxy: string;
  readonly id: number;
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  /** Whether it has TLS, which the state would turn off. */
  readonly tls?: boolean;
}

/**
 * All servers stopped, in the format of `show servers state`: a server gets no client until it has passed a check. HAProxy
 * also takes the port from this file.
 */
export function stateFile(servers: readonly StoppedServer[]): string {
  const lines = servers.map(({ proxy, id, name, address, tls = false }) => {
    const port = address.slice(address.lastIndexOf(':') + 1);
    return `0 ${proxy} ${id} ${name} - 0 0 1 1 1 1 0 0 6 0 0 0 - ${port} - ${tls ? 1 : 0} 0 - - 0`;
  });
  return ['1', STATE_FIELDS, ...lines, ''].join('\n');
}

const STATE_FIELDS =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight ' +
  'srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state ' +
  'bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port';
