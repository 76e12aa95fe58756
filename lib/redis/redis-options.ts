// What a user may choose about the shards of a fleet.

import { type Duration, type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type ReplicatedPodOptions } from '../common/pod-options';
import { DEFAULT_REDIS_IMAGE, ServerVersion } from './config/server-version';
import { type RedisConfig } from './redis-config';

/**
 * Redis 7.2 is the last line under the BSD licence, and 7.2.11 the first of it without CVE-2025-49844. Debian's flavour has
 * the user 999 and util-linux.
 */

/** What a user may choose about shards. */
export interface RedisOptions extends ReplicatedPodOptions {
  /**
   * The image: Redis 7.0 or later, or Valkey, with redis-server, redis-cli, sh, od, sed, grep, sha256sum and flock, as the stock one (Debian or Alpine) has.
   * @default docker.io/library/redis:7.2.11-bookworm
   */
  readonly image?: string;

  /**
   * The release of redis-server or valkey-server in the image, such as `7.2` or `valkey 8.1`: the settings are checked against it.
   * @default - what the tag of `image` says; `7.0` where it says nothing, or there is only a digest
   */
  readonly serverVersion?: string;

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
   * Whether a shard that never ran starts as a replica of an address where nothing listens: nobody takes it for a master,
   * and nothing is copied, until its role is set. The role it then gets is kept in its data directory. While it has no master to
   * follow it answers MASTERDOWN, whatever `config` says of `replica-serve-stale-data`. Only the user `migrator`, who has the same
   * password, may change the role: REPLICAOF and FAILOVER are refused to all others, such as a Sentinel of the old fleet.
   * @default false - it starts as a master
   */
  readonly startAsReplica?: boolean;

  /**
   * The former name of `startAsReplica`.
   * @deprecated use `startAsReplica`; this name goes with the next release
   * @default - what `startAsReplica` says
   */
  readonly bornAsReplica?: boolean;

  /**
   * How long a shard may take to load its data before kubelet restarts it.
   * @default Duration.hours(1)
   */
  readonly startupTimeout?: Duration;

  /**
   * How long a shard may leave PING unanswered before kubelet restarts it. A server that waits for its disk answers
   * nothing, and a restart would cost it its load as well: this is longer than an NFS server takes to come back and to
   * grant locks again (90 seconds by default on Linux).
   * @default Duration.minutes(10)
   */
  readonly livenessTimeout?: Duration;

  /**
   * How long a shard may take to write its data when it is stopped.
   * @default - a minute, and the time to write the largest `maxmemory` at 20 MiB a second
   */
  readonly terminationGracePeriod?: Duration;

  /**
   * Whether kubectl rolls the pods one after the other (`RollingUpdate`) or you delete them yourself (`OnDelete`).
   * @default RollingUpdate
   */
  readonly updateStrategy?: string;
}

/** Whether a new shard starts as a replica, by either name of the prop. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- read for one more release
export function startsAsReplica({ startAsReplica, bornAsReplica = false }: RedisOptions): boolean {
  return startAsReplica ?? bornAsReplica;
}

/** The release in the image, as far as the props say. */
export function serverVersionOf({ image = DEFAULT_REDIS_IMAGE, serverVersion }: RedisOptions): ServerVersion {
  const said = serverVersion === undefined ? ServerVersion.ofImage(image) : ServerVersion.of(serverVersion);
  return said ?? ServerVersion.OLDEST;
}
