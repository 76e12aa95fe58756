// A nutcracker pool: its listen address, its hash and distribution, and its servers.

import { Distribution, HashType } from './algorithms';
import { checkArguments } from './checked-arguments';
import { refuse, refuseAny } from './config-error';
import { type NutcrackerPoolProps } from './nutcracker-pool-props';
import { type NutcrackerServer } from './nutcracker-server';
import { poolObjections } from './pool-rules';

/** A pool with every default filled in. */
export class NutcrackerPool {
  /** The pool's name. */
  readonly name: string;
  /** `host:port` or a Unix socket. */
  readonly listen: string;
  /** The servers, in the order of the file. */
  readonly servers: NutcrackerServer[];
  /** The hash, which maps a key to a number. */
  readonly hash: HashType;
  /** The two characters around the hashed part of a key. */
  readonly hashTag?: string;
  /** The distribution, which maps a number to a server. */
  readonly distribution: Distribution;
  /** Milliseconds; undefined means forever. */
  readonly timeout?: number;
  /** The limit of connections that wait to be accepted. */
  readonly backlog: number;
  /** Read and ignored by nutcracker. */
  readonly clientConnections?: number;
  /** Whether the servers speak the Redis protocol. */
  readonly redis: boolean;
  /** Whether connections send TCP keepalives. */
  readonly tcpkeepalive: boolean;
  /** The password, if there is one. */
  readonly redisAuth?: string;
  /** The database of the servers. */
  readonly redisDb: number;
  /** Whether to connect to every server at start. */
  readonly preconnect: boolean;
  /** Whether the other servers take over the keys of a failed one. */
  readonly autoEjectHosts: boolean;
  /** Connections to each server. */
  readonly serverConnections: number;
  /** Milliseconds until an ejected server is tried again. */
  readonly serverRetryTimeout: number;
  /** Consecutive failures after which a server is ejected. */
  readonly serverFailureLimit: number;

  private readonly props: NutcrackerPoolProps;

  /** Throws for settings that nutcracker would refuse, and for a password with a database other than 0. */
  constructor(props: NutcrackerPoolProps) {
    checkArguments('new NutcrackerPool', props);
    refuseAny(poolObjections(props));
    this.props = { ...props, servers: [...props.servers] };
    this.name = props.name;
    this.listen = props.listen;
    this.servers = this.props.servers;
    this.hash = props.hash ?? HashType.FNV1A_64;
    this.hashTag = props.hashTag;
    this.distribution = props.distribution ?? Distribution.KETAMA;
    this.timeout = props.timeout;
    this.backlog = props.backlog ?? 512;
    this.clientConnections = props.clientConnections;
    this.redis = props.redis ?? false;
    this.tcpkeepalive = props.tcpkeepalive ?? false;
    this.redisAuth = props.redisAuth;
    this.redisDb = props.redisDb ?? 0;
    this.preconnect = props.preconnect ?? false;
    this.autoEjectHosts = props.autoEjectHosts ?? false;
    this.serverConnections = props.serverConnections ?? 1;
    this.serverRetryTimeout = props.serverRetryTimeout ?? 30_000;
    this.serverFailureLimit = props.serverFailureLimit ?? 2;
  }

  /** The settings that were given, without the defaults. */
  get settings(): NutcrackerPoolProps {
    return this.props;
  }

  /**
   * The same ring at other addresses: the i-th server moves to the i-th address, keeps its weight, and has its old ring
   * name as explicit name. Throws unless there are as many addresses as servers.
   */
  movedTo(addresses: string[]): NutcrackerPool {
    const { name, servers } = this;
    if (addresses.length !== servers.length) {
      refuse({
        pool: name,
        subject: 'servers',
        because: `${servers.length} servers cannot move to ${addresses.length} addresses`,
        remedy: 'give one address for each server, in the order of the file',
      });
    }
    return new NutcrackerPool({
      ...this.settings,
      servers: servers.map((server, i) => server.movedTo(addresses[i])),
    });
  }
}
