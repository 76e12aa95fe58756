// haproxy.cfg of the bridge through which nutcracker logs in to the shards as the user of its ring, and the initial state of its servers.

import { type SecretKey } from '../common/secret-key';
import { type RingUser } from '../reshard/reshard-plan';
import {
  ADDRESSES,
  CONNECTIONS,
  globalSection,
  HEALTH_FRONTEND,
  healthFrontend,
  resolversFor,
  stateFile,
  target,
} from './bridge-config';
import { type BridgeOptions } from './bridge-options';
import { frontHealth, frontStoppedServers, MOST_CLIENTS, type RingFront, ringFront, servesUser } from './ring-front';
import { LOGIN_RULES } from './ring-login';
import { tlsSettings } from './shard-bridge-config';

/** The parts of a LoginBridge that its configuration depends on. */
export interface LoginRoutes {
  /** `host:port` of the shards, by ordinal. */
  readonly shards: readonly string[];
  readonly user: RingUser;
  readonly firstPort: number;
  readonly healthPort: number;
  readonly options: BridgeOptions;
  readonly password?: SecretKey;
  /** Whether it connects by TLS. Then nutcracker reaches the shards through it also as the default user, which needs no login. */
  readonly tls?: boolean;
  /** During a change of the ring. */
  readonly front?: RingFront;
}

export function loginConfig(bridge: LoginRoutes, listenAddress: string): string {
  const { shards, user, options, tls = false } = bridge;
  const front = frontOf(bridge);
  const inter = options.checkInterval?.toMilliseconds() ?? 1000;
  return [
    globalSection(`Logs in to the shards as ${user}, for the nutcracker of the ring of this user.`, {
      login: true,
      ...(front && { maxconn: MOST_CLIENTS }),
    }),
    ...resolversFor(shards),
    `defaults base\n${CONNECTIONS}${ADDRESSES}`,
    front ? frontHealth(bridge, listenAddress) : healthFrontend(`${HEALTH_FRONTEND} from base`, bridge, listenAddress),
    ...(front ? ringFront(front, bridge) : []),
    front
      ? '# Without checks: before the change the user may not use keys, and after it no check should delay the shards.\ndefaults logins from base\n'
      : `# A shard is up if the user may use keys, which means that its ring serves.
defaults logins from base
${servesUser(user, tls)}  default-server check inter ${inter}ms fastinter ${Math.min(inter, 100)}ms rise 1 fall 3
`,
    ...shards.map(
      (address, n) => `listen shard-${n} from logins
  bind 127.0.0.1:${bridge.firstPort + n}
${LOGIN_RULES.map((rule) => `  ${rule}\n`).join('')}  server shard ${shardTarget(address, tls)}
`,
    ),
    ...(front && tls ? shards.map((_, n) => directListener(bridge, n)) : []),
  ].join('\n');
}

/** Where the nutcracker of the default user connects: its own AUTH is all that it needs. */
function directListener({ shards, firstPort }: LoginRoutes, n: number): string {
  return `listen direct-${n} from logins
  bind 127.0.0.1:${firstPort + shards.length + n}
  server shard ${shardTarget(shards[n], true)}
`;
}

/** The front, which asks servers by TLS if they have it. */
function frontOf({ front, tls }: LoginRoutes): RingFront | undefined {
  return front && { ...front, ...(tls && { tlsOf: (address: string) => ` ${tlsSettings(address)}` }) };
}

function shardTarget(address: string, tls: boolean): string {
  return `${target(address)}${tls ? ` ${tlsSettings(address)}` : ''}`;
}

export function loginStoppedServers(bridge: LoginRoutes): string {
  const { shards, tls } = bridge;
  const front = frontOf(bridge);
  if (front) return stateFile(frontStoppedServers(front));
  return stateFile(
    shards.map((address, n) => ({ proxy: `shard-${n}`, id: 1, name: 'shard', address, ...(tls && { tls }) })),
  );
}
