// haproxy.cfg of the bridge with one server for each shard, and the initial state of these servers.

import { nameIn } from '../redis/redis-services';
import { type SecretKey } from '../common/secret-key';
import { CA_FILE } from '../tls/tls-files';
import {
  ADDRESSES,
  auth,
  CONNECTIONS,
  globalSection,
  HEALTH_FRONTEND,
  healthFrontend,
  resolversFor,
  stateFile,
  target,
} from './bridge-config';
import { type BridgeOptions } from './bridge-options';

/** The parts of a ShardBridge that its configuration depends on. */
export interface ShardRoutes {
  /** `host:port` of the shards, by ordinal. */
  readonly shards: readonly string[];
  readonly firstPort: number;
  readonly healthPort: number;
  readonly options: BridgeOptions;
  readonly password?: SecretKey;
  /** Whether it connects by TLS. */
  readonly tls: boolean;
}

/** How often a shard is checked by default, in milliseconds. */
export const SHARD_CHECK_MS = 1000;

/** How servers are verified, and what they verify. */
export interface ServerTrust {
  /** The file with the authorities. */
  readonly ca: string;
  /** The file with the certificate that the server asks for. */
  readonly certificate?: string;
  /** The name that the server must have, if it is not the host of its address. */
  readonly name?: string;
}

/** The shards of the fleet. */
export const SHARDS: ServerTrust = { ca: CA_FILE };

/**
 * The settings of a server with TLS. Both its clients and its checks verify the certificate: the authority, and the name of the server. An
 * address that is an IP is not sent as a server name.
 */
export function tlsSettings(
  address: string,
  { ca, certificate, name = nameIn(address) }: ServerTrust = SHARDS,
): string {
  const own = certificate === undefined ? '' : ` crt ${certificate}`;
  return `ssl verify required ca-file ${ca}${own} sni str(${name}) verifyhost ${name} check-ssl check-sni ${name}`;
}

export function shardConfig(bridge: ShardRoutes, listenAddress: string): string {
  const { shards, options, tls, firstPort } = bridge;
  const inter = options.checkInterval?.toMilliseconds() ?? SHARD_CHECK_MS;
  return [
    globalSection(tls ? 'Connects to the shards by TLS, for nutcracker.' : 'Connects to the shards, for nutcracker.'),
    ...resolversFor(shards),
    `defaults base\n${CONNECTIONS}${ADDRESSES}`,
    healthFrontend(`${HEALTH_FRONTEND} from base`, bridge, listenAddress),
    `# A failed check ends no connection: there is no other server to connect to.
defaults shards from base
  option tcp-check
${bridge.password ? auth('REDIS_PASSWORD') : ''}  tcp-check send "INFO replication\\r\\nQUIT\\r\\n"
  tcp-check expect string role:master
  default-server check inter ${inter}ms fastinter ${Math.min(inter, 100)}ms rise 1 fall 3
`,
    ...shards.map(
      (address, n) => `listen shard-${n} from shards
  bind 127.0.0.1:${firstPort + n}
  server shard ${target(address)}${tls ? ` ${tlsSettings(address)}` : ''}
`,
    ),
  ].join('\n');
}

export function shardStoppedServers({ shards, tls }: Pick<ShardRoutes, 'shards' | 'tls'>): string {
  return stateFile(shards.map((address, n) => ({ proxy: `shard-${n}`, id: 1, name: 'shard', address, tls })));
}
