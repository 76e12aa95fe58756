// The props of RedisStatefulSet.

import { type Construct } from 'constructs';
import { type SecretKey } from './common/secret-key';
import { type OldUser } from './migration/old-user';
import { type RedisOptions } from './redis/redis-options';
import { type IShardStorage } from './storage/i-shard-storage';
import { type OldServerTls, type ShardTls } from './tls/tls-options';

/** The props of RedisStatefulSet. */
export interface RedisStatefulSetProps extends RedisOptions {
  /** The name of the StatefulSet; its pods are `<name>-<ordinal>`. */
  readonly name: string;

  /** The number of shards. */
  readonly shards: number;

  /** Where the shards keep their data. */
  readonly storage: IShardStorage;

  /**
   * The scope in which the storage creates its objects, such as a separate chart.
   * @default - this construct
   */
  readonly storageScope?: Construct;

  /**
   * The password of every shard.
   * @default - none: any client that can connect may use a shard
   */
  readonly password?: SecretKey;

  /**
   * The user as which a shard replicates from an old server: the `oldUser` of the migration.
   * @default - the default user, with `password`
   */
  readonly oldUser?: OldUser;

  /**
   * Whether the shards have the user `migrator`, with the same password, as those with replicas or `startAsReplica` always do. A change of
   * the ring needs it (`FleetReshard`). Turning it on restarts the shards once.
   * @default false
   */
  readonly migratorUser?: boolean;

  /**
   * The name of the headless Service that governs the StatefulSet.
   * @default - `name`
   */
  readonly serviceName?: string;

  /**
   * The prefix of the shard Services: `<shardName>-<ordinal>`.
   * @default - `<name>-shard`
   */
  readonly shardName?: string;

  /**
   * The port of redis-server and of the Services.
   * @default 6379
   */
  readonly port?: number;

  /**
   * TLS, on a port of its own; with replicas also of the second servers.
   * @default - none
   */
  readonly tls?: ShardTls;

  /**
   * With `tls`, the TLS of the old servers that the shards follow: the `oldTls` of the migration.
   * @default - none
   */
  readonly oldTls?: OldServerTls;

  /**
   * With replicas, the port of the second server of each shard. It must differ from `port`: it tells the two servers apart in the
   * replies of Sentinel.
   * @default - `port` + 1
   */
  readonly replicaPort?: number;

  /**
   * With replicas, where the second servers keep their data. On the same NFS server as the first ones, both copies are lost
   * together.
   * @default - the shared volume of `storage`, or claims of the same template
   */
  readonly replicaStorage?: IShardStorage;

  /**
   * With replicas, the name of the Sentinels: the `name` of `RedisSentinels`.
   * @default - `<name>-sentinel`
   */
  readonly sentinelName?: string;

  /**
   * The fleet, for the label `app.kubernetes.io/part-of`.
   * @default - `name`
   */
  readonly partOf?: string;

  /**
   * The cluster's DNS domain.
   * @default cluster.local
   */
  readonly clusterDomain?: string;
}
