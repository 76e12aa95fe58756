// haproxy.cfg of the bridge during a migration, and the initial state of its servers.

import { type SecretKey } from '../common/secret-key';
import { type OldUser } from '../migration/old-user';
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
  TOLERATED_STALL_MS,
} from './bridge-config';
import { type BridgeOptions } from './bridge-options';

/** The parts of a MigrationBridge that its configuration depends on. */
interface MigrationRoutes {
  readonly shards: readonly { readonly newAddress: string; readonly oldAddress: string }[];
  readonly firstPort: number;
  readonly healthPort: number;
  readonly options: BridgeOptions;
  readonly password?: SecretKey;
  readonly oldUser?: OldUser;
}

/** The timing of the health checks, in milliseconds. */
interface CheckTiming {
  readonly inter: number;
  /** The interval after a first failure. */
  readonly fastinter: number;
  /** The number of consecutive failures that mark a server down. */
  readonly fall: number;
}

/** The timing of the checks, from the check interval. */
export function checkTiming({ options }: Pick<MigrationRoutes, 'options'>): CheckTiming {
  const inter = options.checkInterval?.toMilliseconds() ?? 100;
  const fastinter = Math.max(10, Math.round(inter / 5));
  // A connection that is not accepted fails after `inter`; the next check is `fastinter` later.
  return { inter, fastinter, fall: Math.max(3, Math.ceil(TOLERATED_STALL_MS / (inter + fastinter))) };
}

/** The configuration; the health endpoint listens on `listenAddress`, where kubelet probes it. */
export function haproxyConfig(bridge: MigrationRoutes, listenAddress: string): string {
  const { shards } = bridge;
  return [
    globalSection('Routes each shard to the one of its two servers that is the master.'),
    ...resolversFor(shards.flatMap(({ newAddress, oldAddress }) => [newAddress, oldAddress])),
    defaults(bridge, bridge.password ? auth('REDIS_PASSWORD') : ''),
    healthFrontend(HEALTH_FRONTEND, bridge, listenAddress),
    ...shards.map((_, ordinal) => listener(bridge, ordinal)),
    ...oldServers(bridge),
  ].join('\n');
}

/** The initial state of the servers. */
export function stoppedServers({ shards, oldUser }: MigrationRoutes): string {
  return stateFile(
    shards.flatMap(({ newAddress, oldAddress }, n) => [
      { proxy: `shard-${n}`, id: 1, name: 'new', address: newAddress },
      { proxy: `shard-${n}`, id: 2, name: 'old', address: oldAddress },
      ...(oldUser ? [{ proxy: `old-${n}`, id: 1, name: 'old', address: oldAddress }] : []),
    ]),
  );
}

function defaults(bridge: MigrationRoutes, login: string): string {
  const { inter, fastinter, fall } = checkTiming(bridge);
  return `defaults
${CONNECTIONS}${ADDRESSES}  # With QUIT, the check of a replica fails at once instead of at its timeout.
  option tcp-check
  tcp-check connect
${login}  tcp-check send "INFO replication\\r\\nQUIT\\r\\n"
  tcp-check expect string role:master
  # Checks are faster after a failure, but only ${fall} in a row mark a server down: a short stall cuts no connection.
  default-server check inter ${inter}ms fastinter ${fastinter}ms downinter ${inter}ms rise 1 fall ${fall} on-marked-down shutdown-sessions
`;
}

/** If both servers are masters, the new one wins, and takes over the clients of the old one at once. */
function listener(bridge: MigrationRoutes, ordinal: number): string {
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
function oldServers(bridge: MigrationRoutes): string[] {
  if (!bridge.oldUser) return [];
  const each = bridge.shards.map(({ oldAddress }, n) => `backend old-${n}\n  server old ${target(oldAddress)}\n`);
  return [`# Only for health checks.\n${defaults(bridge, auth('OLD_USER', 'OLD_PASSWORD'))}`, ...each];
}
