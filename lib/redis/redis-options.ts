// The options of the shards of a fleet.

import { type Size } from 'cdk8s';
import { DEFAULT_REDIS_IMAGE, ServerVersion } from './config/server-version';
import { type RedisServerOptions } from './redis-server-options';
import { type ReplicaPlacement } from './replica-placement';

/** The options of shards. */
export interface RedisOptions extends RedisServerOptions {
  /**
   * `maxmemory` of individual shards, by ordinal: shards of one ring differ widely in size. It must fit into `memory`,
   * which is the same for all.
   * @default - none
   */
  readonly maxmemoryOfShard?: { [ordinal: string]: Size };

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
