// What a fleet is described by.

import { type SecretKey } from './common/secret-key';
import { type PhasedMigration } from './migration/migration-options';
import { type NetworkPeer } from './network-peer';
import { type NutcrackerPool } from './nutcracker';
import { type RedisOptions } from './redis/redis-options';
import { type IShardStorage } from './storage/i-shard-storage';
import { type TwemproxyOptions } from './twemproxy/twemproxy-options';

/** A fleet: its ring, its storage, its shards and proxies, and who may come in. */
export interface FleetChartsProps {
  /**
   * The pool of the old fleet: its ring is kept, and each of its servers becomes a shard, in the order of the file. It is
   * what every synth is compared with, so never change its servers, their order, or its hash once the shards hold data:
   * what is to differ goes into `newPool`.
   * @default - there are several: `pools`
   */
  readonly pool?: NutcrackerPool;

  /**
   * The pools of the old fleet, in the place of `pool`, where there are several. A server that several of them have is one
   * shard, and moves once, for all of them; the shards are the servers of all pools in the order in which they first appear,
   * so a pool is added at the end. All have one password.
   * @default - there is one: `pool`
   */
  readonly pools?: NutcrackerPool[];

  /** Where the shards keep their data. */
  readonly storage: IShardStorage;

  /** The proxies: at least their image. */
  readonly proxies: TwemproxyOptions;

  /**
   * The shards.
   * @default - the defaults of RedisStatefulSet
   */
  readonly redis?: RedisOptions;

  /**
   * The beginning of every name.
   * @default - the construct's id
   */
  readonly name?: string;

  /**
   * The name of the StatefulSet, of its headless Service, and of the volume on an NFS export.
   * @default - `<name>-redis`
   */
  readonly redisName?: string;

  /**
   * Each shard has a Service `<shardName>-<ordinal>`.
   * @default - `<name>-shard`
   */
  readonly shardName?: string;

  /**
   * The name of the Deployment and of the Service of the proxies.
   * @default - `<name>-twemproxy`
   */
  readonly proxiesName?: string;

  /**
   * The namespace of everything; it is created, and labelled for Pod Security "restricted".
   * @default - none: everything goes where kubectl points
   */
  readonly namespace?: string;

  /**
   * Whether the namespace is created. Of several fleets of an app in one namespace the first one that may writes it; it names no
   * fleet, and goes with none.
   * @default true
   */
  readonly createNamespace?: boolean;

  /**
   * The password of the shards and of the proxies. The old fleet's has to be in it, since the proxies send only one.
   * @default - key `password` of the Secret `<name>-redis` if the pools have a redis_auth, else none
   */
  readonly password?: SecretKey;

  /**
   * The port of the proxies, where there is one pool.
   * @default - the port that the pool listens on
   */
  readonly proxyPort?: number;

  /**
   * The ports of the proxies, by the name of the pool.
   * @default - the port that each pool listens on
   */
  readonly proxyPorts?: { [pool: string]: number };

  /**
   * Who may talk to the proxies.
   * @default - every pod in the namespace
   */
  readonly proxyClients?: NetworkPeer[];

  /**
   * Who may talk to the shards besides the proxies and the Jobs of a move. With `keepLegacyInSync` the old servers must: those
   * that the pool has by address may; for others, `NetworkPeer.cidr` of the addresses under which they come in.
   * @default - nobody
   */
  readonly redisClients?: NetworkPeer[];

  /**
   * Who may read the statistics of the proxies, and of their bridge.
   * @default - nobody; kubectl port-forward and probes pass all the same
   */
  readonly statsClients?: NetworkPeer[];

  /**
   * Whether the pods reach only name servers, the shards, and the old servers while the fleet moves: those with an address by
   * that, those with a name by their port, anywhere or in `oldServerNetworks`.
   * @default true
   */
  readonly limitEgress?: boolean;

  /**
   * Networks (such as `10.8.0.0/16`) of the old servers that are known by name, which a network policy cannot say.
   * @default - anywhere, on their ports
   */
  readonly oldServerNetworks?: string[];

  /**
   * Where else the pods may connect to, on any port: what a container needs that a patch adds.
   * @default - nowhere
   */
  readonly egressPeers?: NetworkPeer[];

  /**
   * The pool that the proxies serve, if it is to differ from `pool`: another timeout, say. The synth fails if it would
   * place a key elsewhere.
   * @default - `pool`
   */
  readonly newPool?: NutcrackerPool;

  /**
   * The same for several pools, each under the name of the pool that it serves.
   * @default - those of `pools`
   */
  readonly newPools?: NutcrackerPool[];

  /**
   * Accept that `newPool` or one of `newPools` looks for keys on shards that do not have them. What was stored under those keys is lost.
   * @default false
   */
  readonly loseKeysThatMove?: boolean;

  /**
   * The move of the data from the servers of the pools, and how far it has come. Leave it, with the phase MOVED, for as long as the
   * old fleet could be gone back to.
   * @default - there is no old fleet: the shards start as empty masters
   */
  readonly migration?: PhasedMigration;

  /**
   * The cluster's DNS domain.
   * @default cluster.local
   */
  readonly clusterDomain?: string;
}
