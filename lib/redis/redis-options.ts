// What a user may choose about the shards of a fleet.

import { type Duration, type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type PodOptions } from '../common/pod-options';
import { type RedisConfig } from './redis-config';

/** Redis 7.2 is the last line under the BSD licence; Debian's flavour has the user 999 and util-linux. */
export const DEFAULT_REDIS_IMAGE = 'docker.io/library/redis:7.2.5-bookworm';

export interface RedisOptions extends PodOptions {
  /**
   * The image: Redis 7.0 or later with redis-cli, sh, od, sed, grep and flock, as the stock one (Debian or Alpine) has.
   * @default docker.io/library/redis:7.2.5-bookworm
   */
  readonly image?: string;

  /**
   * Memory of a shard, requested and limited alike.
   * @default Size.gibibytes(1)
   */
  readonly memory?: Size;

  /**
   * How much of the memory may be data. The rest is for what a fork copies while data changes, for buffers of clients
   * and replicas, and for fragmentation.
   * @default - 60 % of `memory`
   */
  readonly maxmemory?: Size;

  /**
   * `maxmemory` of shards that differ, by ordinal: shards of one ring differ widely in size. It must fit `memory`,
   * which is the same for all.
   * @default - none
   */
  readonly maxmemoryOfShard?: { [ordinal: string]: Size };

  /**
   * The processor time that a shard asks for.
   * @default Cpu.millis(250)
   */
  readonly cpu?: Cpu;

  /**
   * The processor time that a shard may take.
   * @default - what the node has to spare; a throttled shard is slow for all its clients
   */
  readonly cpuLimit?: Cpu;

  /**
   * The settings of redis-server, but for those that the pod decides.
   * @default RedisConfig.of({}) - AOF every second, RDB, no eviction
   */
  readonly config?: RedisConfig;

  /**
   * The role of a shard that never ran: `host port` of the master it replicates from. The role it gets later is kept
   * in its data directory and wins from then on.
   * @default - born as a master
   */
  readonly bornReplicaOf?: string;

  /**
   * How long a shard may take to load its data before kubelet restarts it.
   * @default Duration.hours(1)
   */
  readonly startupTimeout?: Duration;

  /**
   * How long a shard may leave PING unanswered before kubelet restarts it.
   * @default Duration.minutes(1)
   */
  readonly livenessTimeout?: Duration;

  /**
   * How long a shard may take to write its data when it is stopped.
   * @default - a minute, and the time to write `maxmemory` at 20 MiB a second
   */
  readonly terminationGracePeriod?: Duration;

  /**
   * Whether kubectl rolls the pods one after the other (`RollingUpdate`) or you delete them yourself (`OnDelete`).
   * @default RollingUpdate
   */
  readonly updateStrategy?: string;
}
