// The options of Redis servers: shards, and the nodes of a Redis Cluster.

import { type Duration, type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type ReplicatedPodOptions } from '../common/pod-options';
import { type RedisConfig } from './redis-config';

// Why this default image: Redis 7.2 is the last minor version under the BSD license, and 7.2.11 its first release without
// CVE-2025-49844. The Debian variant has the user 999 and util-linux.

/** The options of Redis servers. */
export interface RedisServerOptions extends ReplicatedPodOptions {
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
   * Memory of a server, both request and limit.
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
   * The CPU request of a server.
   * @default Cpu.millis(250)
   */
  readonly cpu?: Cpu;

  /**
   * The CPU limit of a server.
   * @default - no limit; a throttled server is slow for all its clients
   */
  readonly cpuLimit?: Cpu;

  /**
   * The settings of redis-server, except those that the pod decides.
   * @default RedisConfig.of({}) - AOF every second, RDB, no eviction
   */
  readonly config?: RedisConfig;

  /**
   * How long a server may take to load its data before kubelet restarts it.
   * @default Duration.hours(1)
   */
  readonly startupTimeout?: Duration;

  /**
   * How long a server may not reply to PING before kubelet restarts it. A server that waits for its disk does not reply, and
   * a restart would also cost the time to load: this is longer than an NFS server needs to restart and to grant locks again
   * (90 seconds by default on Linux).
   * @default Duration.minutes(10)
   */
  readonly livenessTimeout?: Duration;

  /**
   * How long a server may take to write its data when it is stopped.
   * @default - a minute, and the time to write the largest `maxmemory` at 20 MiB a second
   */
  readonly terminationGracePeriod?: Duration;

  /**
   * Whether the pods are replaced one after the other (`RollingUpdate`) or only when you delete them (`OnDelete`).
   * @default RollingUpdate
   */
  readonly updateStrategy?: string;
}
