// haproxy.cfg of the bridge during a migration, and the initial state of its servers.

import { type SecretKey } from '../common/secret-key';
import { type OldUser } from '../migration/old-user';
import { OLD_CA_FILE, OLD_CERTIFICATE } from '../tls/tls-files';
import { type OldServerTls } from '../tls/tls-options';
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
import { type ServerTrust, SHARDS, tlsSettings } from './shard-bridge-config';

/** The parts of a MigrationBridge that its configuration depends on. */
export interface MigrationRoutes {
  readonly shards: readonly { readonly newAddress: string; readonly oldAddress: string }[];
  readonly firstPort: number;
  readonly healthPort: number;
  readonly options: BridgeOptions;
  readonly password?: SecretKey;
  readonly oldUser?: OldUser;
  readonly trust: MigrationTrust;
}

/** Which servers have TLS, and how they are verified. */
export interface MigrationTrust {
  readonly new?: ServerTrust;
  readonly old?: ServerTrust;
}

/** How the servers of a migration are verified. @param newHasTls whether the new servers are connected to by TLS */
export function migrationTrust(newHasTls: boolean, old?: OldServerTls): MigrationTrust {
  return {
    ...(newHasTls && { new: SHARDS }),
    ...(old && {
      old: {
        ca: OLD_CA_FILE,
        name: old.serverName,
        ...(old.clientSecretName !== undefined && { certificate: OLD_CERTIFICATE }),
      },
    }),
  };
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
    globalSection('Routes each shard to the one of its two servers that is the master.', {
      keysApart: bridge.trust.old?.certificate !== undefined,
    }),
    ...resolversFor(shards.flatMap(({ newAddress, oldAddress }) => [newAddress, oldAddress])),
    defaults(bridge, bridge.password ? auth('REDIS_PASSWORD') : ''),
    healthFrontend(HEALTH_FRONTEND, bridge, listenAddress),
    ...shards.map((_, ordinal) => listener(bridge, ordinal)),
    ...oldServers(bridge),
  ].join('\n');
}

/** The initial state of the servers. */
export function stoppedServers({ shards, oldUser, trust }: MigrationRoutes): string {
  const [ofNew, ofOld] = [trust.new, trust.old].map((it) => ({ tls: it !== undefined }));
  return stateFile(
    shards.flatMap(({ newAddress, oldAddress }, n) => [
      { proxy: `shard-${n}`, id: 1, name: 'new', address: newAddress, ...ofNew },
      { proxy: `shard-${n}`, id: 2, name: 'old', address: oldAddress, ...ofOld },
      ...(oldUser ? [{ proxy: `old-${n}`, id: 1, name: 'old', address: oldAddress, ...ofOld }] : []),
    ]),
  );
}

/** With TLS, a check connects as its server says; `tcp-check connect` would be without TLS. */
function hasTls({ trust }: MigrationRoutes): boolean {
  return trust.new !== undefined || trust.old !== undefined;
}

function targetWith(address: string, trust?: ServerTrust): string {
  return `${target(address)}${trust ? ` ${tlsSettings(address, trust)}` : ''}`;
}

function defaults(bridge: MigrationRoutes, login: string): string {
  const { inter, fastinter, fall } = checkTiming(bridge);
  return `defaults
${CONNECTIONS}${ADDRESSES}  # With QUIT, the check of a replica fails at once instead of at its timeout.
  option tcp-check
${hasTls(bridge) ? '' : '  tcp-check connect\n'}${login}  tcp-check send "INFO replication\\r\\nQUIT\\r\\n"
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
  server new ${targetWith(newAddress, bridge.trust.new)} on-marked-up shutdown-backup-sessions
  server old ${targetWith(oldAddress, bridge.trust.old)} backup${bridge.oldUser ? ` no-check track old-${ordinal}/old` : ''}
`;
}

/**
 * Health checks are configured per proxy section and log in as one user. If the old servers need another user, each gets its own
 * backend, which has only checks and no traffic; the server of the listener tracks its state.
 */
function oldServers(bridge: MigrationRoutes): string[] {
  if (!bridge.oldUser) return [];
  const each = bridge.shards.map(
    ({ oldAddress }, n) => `backend old-${n}\n  server old ${targetWith(oldAddress, bridge.trust.old)}\n`,
  );
  return [`# Only for health checks.\n${defaults(bridge, auth('OLD_USER', 'OLD_PASSWORD'))}`, ...each];
}
