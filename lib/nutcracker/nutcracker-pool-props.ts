// The settings of a pool in nutcracker.yml.

import { type Distribution, type HashType } from './algorithms';
import { type NutcrackerServer } from './nutcracker-server';

/** The settings of a pool, named as in `nutcracker.yml`. */
export interface NutcrackerPoolProps {
  /** The pool's name, the key of its block in the file. */
  readonly name: string;

  /** `host:port`, or the path of a Unix socket, optionally followed by a space and its permissions. */
  readonly listen: string;

  /** The servers, in the order of the file. */
  readonly servers: NutcrackerServer[];

  /**
   * The hash, which maps a key to a number.
   * @default HashType.FNV1A_64
   */
  readonly hash?: HashType;

  /**
   * Two characters; only the part of a key between the first and the next second one is hashed.
   * @default - the whole key is hashed
   */
  readonly hashTag?: string;

  /**
   * The distribution, which maps a number to a server.
   * @default Distribution.KETAMA
   */
  readonly distribution?: Distribution;

  /**
   * Milliseconds to wait for a connection to a server and for its reply.
   * @default - forever
   */
  readonly timeout?: number;

  /**
   * The limit of connections that wait to be accepted.
   * @default 512
   */
  readonly backlog?: number;

  /**
   * Read and ignored by nutcracker.
   * @default - not set
   */
  readonly clientConnections?: number;

  /**
   * Whether the servers speak the Redis protocol, not memcached's.
   * @default false
   */
  readonly redis?: boolean;

  /**
   * Whether connections send TCP keepalives.
   * @default false
   */
  readonly tcpkeepalive?: boolean;

  /**
   * The password that clients send to the proxy, and the proxy to the servers.
   * @default - none
   */
  readonly redisAuth?: string;

  /**
   * The database that is used on the servers.
   * @default 0
   */
  readonly redisDb?: number;

  /**
   * Whether to connect to every server at start.
   * @default false
   */
  readonly preconnect?: boolean;

  /**
   * Whether the other servers take over the keys of a failed one: for caches only. Proxies do so only with `ejectHostsAndServeStaleData`.
   * @default false
   */
  readonly autoEjectHosts?: boolean;

  /**
   * Connections to each server; with more than one, a client's commands can overtake each other.
   * @default 1
   */
  readonly serverConnections?: number;

  /**
   * Milliseconds until an ejected server is tried again; no effect without ejection.
   * @default 30000
   */
  readonly serverRetryTimeout?: number;

  /**
   * Consecutive failures after which a server is ejected; no effect without ejection.
   * @default 2
   */
  readonly serverFailureLimit?: number;
}
