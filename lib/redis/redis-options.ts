// The options of the shards of a fleet.

import { type Duration, type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type ReplicatedPodOptions } from '../common/pod-options';
import { DEFAULT_REDIS_IMAGE, ServerVersion } from './config/server-version';
import { type RedisConfig } from './redis-config';
import { type ReplicaPlacement } from './replica-placement';

// Why this default image: Redis 7.2 is the last minor version under the BSD license, and 7.2.11 its first release without
// CVE-2025-49844. The Debian variant has the user 999 and util-linux.

/** The options of shards. */
export interface RedisOptions extends ReplicatedPodOptions {
  /**
   * The image: Redis 7.0 or later, or Valkey, with redis-server, redis-cli, sh, od, sed, grep, sha256sum and flock, like the stock images (Debian or Alpine).
   * @default docker.io/library/redis:7.2.11-bookworm
   */
  readonly image?: string;

  /**
   * The release of redis-server or valkey-server in the image, such as `7.2` or `valkey 8.1`: the settings are checked against it.
   * @default - from the tag of `image`; `7.0` if it has no version, or there is only a digest
   */
  readonly serverVersion?: string;

  /**
   * Memory of a shard, both request and limit.
   * @default Size.gibibytes(1)
   */
  readonly memory?: Size;

  /**
   * How much of the memory may be data. The rest is for copy-on-write during a fork, for the buffers of clients and
   * replicas, and for fragmentation.
   * @default - 60 % of `memory`
   */
  readonly maxmemory?: Size;

  /**
   * `maxmemory` of individual shards, by ordinal: shards of one ring differ widely in size. It must fit into `memory`,
   * which is the same for all.
   * @default - none
   */
  readonly maxmemoryOfShard?: { [ordinal: string]: Size };

  /**
   * The CPU request of a shard.
   * @default Cpu.millis(250)
   */
  readonly cpu?: Cpu;

  /**
   * The CPU limit of a shard.
   * @default - no limit; a throttled shard is slow for all its clients
   */
  readonly cpuLimit?: Cpu;

  /**
   * The settings of redis-server, except those that the pod decides.
   * @default RedisConfig.of({}) - AOF every second, RDB, no eviction
   */
  readonly config?: RedisConfig;

  /**
   * The number of replicas of each shard: 0, or 1. With 1, each shard has two servers, of which Sentinel makes one the master: its
   * server a, as without replicas, and its server b, of a second StatefulSet. Needs `RedisSentinels`, and proxies with a
   * `FailoverBridge`; `FleetCharts` creates both.
   * @default 0
   */
  readonly replicas?: number;

  /**
   * How the two servers of a shard are kept on different nodes.
   * @default ReplicaPlacement.separateNodes()
   */
  readonly replicaPlacement?: ReplicaPlacement;

  /**
   * Whether a shard that never ran starts as a replica of an address where nothing listens: it is not mistaken for a master,
   * and copies nothing, until its role is set. That role is kept in its data directory. Without a master it replies MASTERDOWN,
   * whatever `config` has for `replica-serve-stale-data`. Only the user `migrator`, which has the same password, may change
   * the role: REPLICAOF and FAILOVER are refused for all others, such as a Sentinel of the old fleet.
   * @default false - it starts as a master
   */
  readonly startAsReplica?: boolean;

  /**
   * The former name of `startAsReplica`.
   * @deprecated use `startAsReplica`; this name is removed in the next release
   * @default - the value of `startAsReplica`
   */
  readonly bornAsReplica?: boolean;

  /**
   * How long a shard may take to load its data before kubelet restarts it.
   * @default Duration.hours(1)
   */
  readonly startupTimeout?: Duration;

  /**
   * How long a shard may not reply to PING before kubelet restarts it. A server that waits for its disk does not reply, and
   * a restart would also cost the time to load: this is longer than an NFS server needs to restart and to grant locks again
   * (90 seconds by default on Linux).
   * @default Duration.minutes(10)
   */
  readonly livenessTimeout?: Duration;

  /**
   * How long a shard may take to write its data when it is stopped.
   * @default - a minute, and the time to write the largest `maxmemory` at 20 MiB a second
   */
  readonly terminationGracePeriod?: Duration;

  /**
   * Whether the pods are replaced one after the other (`RollingUpdate`) or only when you delete them (`OnDelete`).
   * @default RollingUpdate
   */
  readonly updateStrategy?: string;
}

/** Whether a new shard starts as a replica, by either name of the prop. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- read for one more release
export function startsAsReplica({ startAsReplica, bornAsReplica = false }: RedisOptions): boolean {
  return startAsReplica ?? bornAsReplica;
}

/** The release in the image, as far as the props tell. */
export function serverVersionOf({ image = DEFAULT_REDIS_IMAGE, serverVersion }: RedisOptions): ServerVersion {
  const version = serverVersion === undefined ? ServerVersion.ofImage(image) : ServerVersion.of(serverVersion);
  return version ?? ServerVersion.OLDEST;
}
