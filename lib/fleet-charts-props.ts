// The props of FleetCharts.

import { type BackupOptions } from './backup/backup-options';
import { type SecretKey } from './common/secret-key';
import { type FailoverOptions } from './failover/failover-options';
import { type MetricsOptions } from './metrics/metrics-options';
import { type PhasedMigration } from './migration/migration-options';
import { type NetworkPeer } from './network-peer';
import { type NutcrackerPool } from './nutcracker';
import { type PasswordOptions } from './passwords/password-options';
import { type PhasedReshard } from './reshard/reshard-options';
import { type RedisOptions } from './redis/redis-options';
import { type SentinelOptions } from './redis/sentinel-options';
import { type IShardStorage } from './storage/i-shard-storage';
import { type ShardTls } from './tls/tls-options';
import { type BridgeOptions } from './twemproxy/bridge-options';
import { type TwemproxyOptions } from './twemproxy/twemproxy-options';

/** A fleet: its ring, storage, shards, proxies and allowed clients. */
export interface FleetChartsProps {
  /**
   * The pool of the old fleet. Its ring is kept, and each server becomes a shard, in file order. Every synth is compared
   * with this pool: once the shards hold data, never change its servers, their order, or its hash. Put changes into `newPool`.
   * @default - none; set `pools` instead
   */
  readonly pool?: NutcrackerPool;

  /**
   * The pools of the old fleet, instead of `pool`, if there are several. A server shared by several pools is one shard and
   * moves once, for all of them. The shards are the servers of all pools in order of first appearance, so add new pools at
   * the end. All pools must have the same password.
   * @default - none; set `pool` instead
   */
  readonly pools?: NutcrackerPool[];

  /** Where the shards keep their data. */
  readonly storage: IShardStorage;

  /** The options of the proxies; the image is required. */
  readonly proxies: TwemproxyOptions;

  /**
   * The options of the shards.
   * @default - the defaults of RedisStatefulSet
   */
  readonly redis?: RedisOptions;

  /**
   * With `redis.replicas`, the options of the Sentinels.
   * @default - the defaults of RedisSentinels
   */
  readonly sentinels?: SentinelOptions;

  /**
   * With `redis.replicas`, `tls` or `proxies.clientTls`, the options of the bridge. During a migration, those of the migration apply.
   * @default - the defaults of BridgeOptions
   */
  readonly bridge?: BridgeOptions;

  /**
   * With `redis.replicas`, the options of the Jobs `status`, `switchover` and `failover`.
   * @default - the defaults of FleetFailover
   */
  readonly failover?: FailoverOptions;

  /**
   * With a `secondKey` in `password`, the options of the Jobs that change the password. There are none in the phase MOVING, or
   * while the ring changes.
   * @default - the defaults of FleetPasswords
   */
  readonly passwords?: PasswordOptions;

  /**
   * The changes of the ring since `pool`, with all data: servers added or removed, other weights, another hash. Setting it restarts
   * shards without replicas once. Not allowed with a migration, or with several pools.
   * @default - the ring is that of `pool`
   */
  readonly reshard?: PhasedReshard;

  /**
   * The metrics of the shards, the proxies and their bridges for Prometheus. Turning them on rolls the proxies: nutcracker then
   * updates its statistics every second, the bridge has `/metrics`, and the pods have a label with the fingerprint of their rings.
   * @default - none
   */
  readonly metrics?: MetricsOptions;

  /**
   * The backups of the shards. They are not made while the fleet is being moved, or while its ring changes.
   * @default - none
   */
  readonly backup?: BackupOptions;

  /**
   * TLS between the proxies and the shards, in phases. During a migration, the phase must not change; TLS of the old servers is
   * `migration.oldTls`. For TLS of clients, see `proxies.clientTls`.
   * @default - none
   */
  readonly tls?: ShardTls;

  /**
   * With `redis.replicas`, the port of the second server of each shard, which must differ from 6379.
   * @default 6380
   */
  readonly replicaPort?: number;

  /**
   * With `redis.replicas`, where the second servers keep their data. On the same NFS server as the first ones, both copies are
   * lost together.
   * @default - the shared volume of `storage`, or claims of the same template
   */
  readonly replicaStorage?: IShardStorage;

  /**
   * The prefix of every name.
   * @default - the construct's id
   */
  readonly name?: string;

  /**
   * The name of the StatefulSet, its headless Service, and the volume on an NFS export.
   * @default - `<name>-redis`
   */
  readonly redisName?: string;

  /**
   * The prefix of the shard Services: `<shardName>-<ordinal>`.
   * @default - `<name>-shard`
   */
  readonly shardName?: string;

  /**
   * The name of the Deployment and Service of the proxies.
   * @default - `<name>-twemproxy`
   */
  readonly proxiesName?: string;

  /**
   * The namespace of all objects. It is created, and labelled for Pod Security "restricted".
   * @default - none: kubectl's current namespace
   */
  readonly namespace?: string;

  /**
   * Whether the namespace is created. If several fleets of an app share a namespace, the first one writes it. The namespace
   * belongs to no fleet and outlives them.
   * @default true
   */
  readonly createNamespace?: boolean;

  /**
   * The password of the shards and the proxies. It must be the old fleet's password: the proxies send only one. With a `secondKey`,
   * it can be changed later without a restart of the shards.
   * @default - key `password` of the Secret `<name>-redis` if the pools have a redis_auth, otherwise none
   */
  readonly password?: SecretKey;

  /**
   * The port of the proxies, for a fleet with one pool.
   * @default - the port that the pool listens on
   */
  readonly proxyPort?: number;

  /**
   * The ports of the proxies, by pool name.
   * @default - the port that each pool listens on
   */
  readonly proxyPorts?: { [pool: string]: number };

  /**
   * Which peers may connect to the proxies.
   * @default - every pod in the namespace
   */
  readonly proxyClients?: NetworkPeer[];

  /**
   * Which peers may connect to the shards, besides the proxies and the migration Jobs. With `keepLegacyInSync` the old servers
   * must be able to: those that the pool lists by IP address are allowed automatically; for others, add a `NetworkPeer.cidr`
   * with their source addresses.
   * @default - none
   */
  readonly redisClients?: NetworkPeer[];

  /**
   * Which peers may read the statistics of the proxies and of their bridge.
   * @default - none; kubectl port-forward and probes still work
   */
  readonly statsClients?: NetworkPeer[];

  /**
   * Whether egress is limited to name servers, the shards and, during the migration, the old servers. Old servers listed by
   * IP address are allowed by address, those listed by name are allowed by port: anywhere, or in `oldServerNetworks`.
   * @default true
   */
  readonly limitEgress?: boolean;

  /**
   * Networks (such as `10.8.0.0/16`) of the old servers that are listed by name: a network policy cannot match a name.
   * @default - any address, on their ports
   */
  readonly oldServerNetworks?: string[];

  /**
   * Additional peers that the pods may connect to, on any port, for example for a container added by a patch.
   * @default - none
   */
  readonly egressPeers?: NetworkPeer[];

  /**
   * The pool that the proxies serve, if it differs from `pool`, for example in its timeout. The synth fails if it would
   * place any key on another shard.
   * @default - `pool`
   */
  readonly newPool?: NutcrackerPool;

  /**
   * The same for several pools, each with the name of the pool that it replaces.
   * @default - `pools`
   */
  readonly newPools?: NutcrackerPool[];

  /**
   * Accept that `newPool` or `newPools` route keys to shards that do not have them. The values of those keys are lost.
   * @default false
   */
  readonly loseKeysThatMove?: boolean;

  /**
   * The migration from the old servers, and its phase. Keep it, in the phase MOVED, as long as a rollback to the old fleet is
   * possible.
   * @default - no old fleet: the shards start as empty masters
   */
  readonly migration?: PhasedMigration;

  /**
   * The cluster's DNS domain.
   * @default cluster.local
   */
  readonly clusterDomain?: string;
}
