// What nutcracker.yml says of a pool.

import { type Distribution, type HashType } from './algorithms';
import { type NutcrackerServer } from './nutcracker-server';

/** The settings of a pool, under the names of `nutcracker.yml`. */
export interface NutcrackerPoolProps {
  /** The pool's name, the key of its block in the file. */
  readonly name: string;

  /** `host:port`, or a Unix socket's path and, behind a space, its permissions. */
  readonly listen: string;

  /** The servers, in the order of the file. */
  readonly servers: NutcrackerServer[];

  /**
   * How a key becomes a number.
   * @default HashType.FNV1A_64
   */
  readonly hash?: HashType;

  /**
   * Two characters; only what stands between the first and the next second one is hashed.
   * @default - the whole key is hashed
   */
  readonly hashTag?: string;

  /**
   * How a number becomes a server.
   * @default Distribution.KETAMA
   */
  readonly distribution?: Distribution;

  /**
   * Milliseconds to connect to a server and to wait for its answer.
   * @default - for ever
   */
  readonly timeout?: number;

  /**
   * Connections that wait to be accepted.
   * @default 512
   */
  readonly backlog?: number;

  /**
   * Read and ignored by nutcracker.
   * @default - not set
   */
  readonly clientConnections?: number;

  /**
   * Whether the servers speak the Redis protocol (else memcached's).
   * @default false
   */
  readonly redis?: boolean;

  /**
   * Whether connections send TCP keepalives.
   * @default false
   */
  readonly tcpkeepalive?: boolean;

  /**
   * The password that clients give to the proxy and the proxy to the servers.
   * @default - none
   */
  readonly redisAuth?: string;

  /**
   * The database of the servers that is used.
   * @default 0
   */
  readonly redisDb?: number;

  /**
   * Whether to connect to every server at start.
   * @default false
   */
  readonly preconnect?: boolean;

  /**
   * Whether a failing server's keys go to the others: for caches only. Proxies do so only with `ejectHostsAndServeStaleData`.
   * @default false
   */
  readonly autoEjectHosts?: boolean;

  /**
   * Connections to each server; more than one lets a client's own commands overtake each other.
   * @default 1
   */
  readonly serverConnections?: number;

  /**
   * Milliseconds until an ejected server is tried again; without ejection it has no effect.
   * @default 30000
   */
  readonly serverRetryTimeout?: number;

  /**
   * Failures in a row that eject a server; without ejection it has no effect.
   * @default 2
   */
  readonly serverFailureLimit?: number;
}
