// Settings that nutcracker accepts and that often cause trouble.

import { Distribution } from './algorithms';
import { REPLACED } from './config-passwords';
import { quote } from './config-values';
import type { NutcrackerPool } from './nutcracker-pool';
import { type PlacedPool } from './file-rules';
import { repeated } from './pool-rules';

/** Something that nutcracker accepts and that often causes trouble. */
export interface ConfigWarning {
  /** A stable name, such as `auto-eject-hosts`. */
  readonly code: string;

  /** The consequence, and the remedy. */
  readonly message: string;

  /** The name of the pool. */
  readonly pool: string;

  /**
   * The file.
   * @default - not read from a file
   */
  readonly file?: string;

  /**
   * The line of the file, counted from 1.
   * @default - not read from a file
   */
  readonly line?: number;
}

/** Milliseconds. A shorter timeout is probably meant in seconds: a slow command of a healthy Redis takes longer. */
const SHORT_TIMEOUT = 10;

/** A risky setting; `cost` returns false if it is harmless. */
interface RiskySetting {
  readonly code: string;
  readonly directive: string;
  readonly cost: (pool: NutcrackerPool) => string | false;
}

const RISKY_SETTINGS: readonly RiskySetting[] = [
  {
    code: 'not-redis',
    directive: 'redis',
    cost: ({ redis }) => !redis && 'the pool speaks the memcached protocol, not the Redis protocol; write redis: true',
  },
  {
    code: 'distribution-random',
    directive: 'distribution',
    cost: ({ distribution }) =>
      distribution === Distribution.RANDOM &&
      'a key is written to one random server and read from another; for stored data write distribution: ketama',
  },
  {
    code: 'auto-eject-hosts',
    directive: 'auto_eject_hosts',
    cost: ({ autoEjectHosts }) =>
      autoEjectHosts &&
      'while a server fails, the others serve its keys, and its old values return with it; for stored data write ' +
        'auto_eject_hosts: false. The proxies of cdk8s-twemproxy always have that, and retry a failed server on ' +
        'each request: server_failure_limit and server_retry_timeout have no effect (ejectHostsAndServeStaleData keeps them)',
  },
  {
    code: 'no-timeout',
    directive: 'timeout',
    cost: ({ timeout = 0 }) =>
      timeout === 0 &&
      'requests to a server that vanished hang until TCP gives up, about 15 minutes by default on Linux; ' +
        'write a timeout, in milliseconds',
  },
  {
    code: 'short-timeout',
    directive: 'timeout',
    cost: ({ timeout = 0 }) =>
      timeout > 0 &&
      timeout < SHORT_TIMEOUT &&
      `one command that takes ${timeout} milliseconds fails all requests that wait on its connection; write more`,
  },
  {
    code: 'server-connections',
    directive: 'server_connections',
    cost: ({ serverConnections }) =>
      serverConnections > 1 &&
      `a client's commands spread over ${serverConnections} connections and overtake each other, so it may not read ` +
        'what it just wrote; write server_connections: 1',
  },
  {
    code: 'client-connections',
    directive: 'client_connections',
    cost: ({ clientConnections }) =>
      clientConnections !== undefined && 'nutcracker reads this but does not enforce it; remove it',
  },
  {
    code: 'redis-auth-in-file',
    directive: 'redis_auth',
    cost: ({ redisAuth }) =>
      redisAuth !== undefined &&
      redisAuth !== REPLACED &&
      'anyone who can read the file knows the password; keep the file out of Git and ConfigMaps',
  },
];

/** The warnings about one pool. */
export function warningsOf({ pool, lines }: PlacedPool, file?: string): ConfigWarning[] {
  const settings = RISKY_SETTINGS.flatMap(({ code, directive, cost }) => {
    const message = cost(pool);
    return message === false ? [] : [{ code, message, line: lines.get(directive) ?? lines.get('pool') }];
  });
  return [...settings, ...unnamedServers(pool), ...sharedAddresses(pool)].map((warning) => {
    return { ...warning, pool: pool.name, file };
  });
}

type ServerWarning = Pick<ConfigWarning, 'code' | 'message' | 'line'>;

function unnamedServers({ servers }: NutcrackerPool): ServerWarning[] {
  const unnamed = servers.filter((server) => server.name === undefined);
  if (unnamed.length === 0) return [];
  const [first] = unnamed;
  const message =
    `${unnamed.length} of ${servers.length} servers have no name, so the ring depends on their addresses: at a new address ` +
    `a server loses its keys unless its line names the old one, as in ${quote(first.movedTo('new-host:6379').toString())}`;
  return [{ code: 'unnamed-servers', message, line: first.line }];
}

function sharedAddresses({ servers }: NutcrackerPool): ServerWarning[] {
  return repeated(servers, (server) => server.address).map(({ first, again }) => ({
    code: 'shared-address',
    message:
      `${quote(first.ringName)} and ${quote(again.ringName)} are both at ${again.address}, where their keys ` +
      'cannot be told apart; give each its own instance',
    line: again.line,
  }));
}
