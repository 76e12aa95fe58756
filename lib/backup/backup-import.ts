// The import of the files of old servers that the cluster does not reach.

import { type Size } from 'cdk8s';
import { type IShardStorage } from '../storage/i-shard-storage';

/** Where the files of the old servers are, a directory for each server, and how they are loaded. */
export interface BackupImport {
  /**
   * The volume with the files, such as `ShardStorage.nfs`. It is mounted read-only.
   * @default - `claimName`
   */
  readonly storage?: IShardStorage;

  /**
   * An existing claim with the files, instead of `storage`.
   * @default - `storage`
   */
  readonly claimName?: string;

  /**
   * The directory of each shard in the volume, by ordinal: in the order of the servers in `nutcracker.yml`.
   * @default - named by the address or the ring name of the server: `redis-a:6379`, `redis-a_6379`, `redis-a-6379`,
   * `redis-a/6379`, or `redis-a` if it is the only server on that host
   */
  readonly directories?: string[];

  /**
   * Whether the AOF of the old servers was on, so that they loaded it and not their RDB file.
   * @default - as the redis.conf in the directory of each server says; without one, the only kind of file that is there
   */
  readonly appendOnly?: boolean;

  /**
   * How many shards are loaded at a time, each by a server of its own in the pod of the Job.
   * @default 1
   */
  readonly concurrency?: number;

  /**
   * The memory request and limit of each of these servers: that of the largest shard.
   * @default - required; `FleetCharts` takes the memory of the shards
   */
  readonly memory?: Size;

  /**
   * The image of these servers. It must read the files of the old ones.
   * @default - the default of RedisStatefulSet; `FleetCharts` takes the image of the shards
   */
  readonly redisImage?: string;
}
