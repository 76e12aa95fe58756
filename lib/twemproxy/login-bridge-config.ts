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

/** The parts of a LoginBridge that its configuration depends on. */
export interface LoginRoutes {
  /** `host:port` of the shards, by ordinal. */
  readonly shards: readonly string[];
  readonly user: RingUser;
  readonly firstPort: number;
  readonly healthPort: number;
  readonly options: BridgeOptions;
  readonly password?: SecretKey;
  /** During a change of the ring. */
  readonly front?: RingFront;
}

export function loginConfig(bridge: LoginRoutes, listenAddress: string): string {
  const { shards, front, user, options } = bridge;
  const inter = options.checkInterval?.toMilliseconds() ?? 1000;
  return [
    globalSection(`Logs in to the shards as ${user}, for the nutcracker of the ring of this user.`, {
      login: true,
      ...(front && { maxconn: MOST_CLIENTS }),
    }),
    ...resolversFor(shards),
    `defaults base\n${CONNECTIONS}${ADDRESSES}`,
    front ? frontHealth(bridge, listenAddress) : healthFrontend(`${HEALTH_FRONTEND} from base`, bridge, listenAddress),
    ...(front ? ringFront(front, bridge, listenAddress) : []),
    front
      ? '# Without checks: before the change the user may not use keys, and after it no check should delay the shards.\ndefaults logins from base\n'
      : `# A shard is up if the user may use keys, which means that its ring serves.
defaults logins from base
${servesUser(user)}  default-server check inter ${inter}ms fastinter ${Math.min(inter, 100)}ms rise 1 fall 3
`,
    ...shards.map(
      (address, n) => `listen shard-${n} from logins
  bind 127.0.0.1:${bridge.firstPort + n}
${LOGIN_RULES.map((rule) => `  ${rule}\n`).join('')}  server shard ${target(address)}
`,
    ),
  ].join('\n');
}

export function loginStoppedServers({ shards, front }: LoginRoutes): string {
  if (front) return stateFile(frontStoppedServers(front));
  return stateFile(shards.map((address, n) => ({ proxy: `shard-${n}`, id: 1, name: 'shard', address })));
}
