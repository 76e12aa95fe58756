// The options of a change of the ring.

import { type JobOptions } from '../jobs/job-options';
import { type NutcrackerPool } from '../nutcracker';
import { type RedisCluster } from '../redis-cluster';
import { type BridgeOptions } from '../twemproxy/bridge-options';

/** The phases of a change of the ring. */
export enum ReshardPhase {
  /**
   * The shards of both rings run, and each proxy has a nutcracker for each ring. The servers decide which of them serves, before and
   * after the switch. The Jobs exist. (If the change is to a Redis Cluster, the proxies know their ring only.)
   */
  RESHARDING = 'resharding',
  /** The new ring serves. The proxies know only the new ring; the Jobs `status` and `purge` are left. The former ring cannot serve again. */
  RESHARDED = 'resharded',
  /** The copies are purged. There are no Jobs, and no shards after the last one of the new ring. */
  STABLE = 'stable',
}

/** The options of the Jobs that change the ring. */
export interface ReshardOptions extends JobOptions {
  /**
   * Networks (such as `10.8.0.0/16`) of the proxies as the shards see them, which are usually those of the pods. `preflight` refuses a shard
   * with clients from other networks: they do not know the new ring.
   * @default - preflight does not look at clients
   */
  readonly proxyNetworks?: string[];

  /**
   * Additional arguments, by command, such as `{ copy: ['--deadline', '500'] }`. The synth refuses invalid arguments.
   * @default - none
   */
  readonly stepArguments?: { [step: string]: string[] };

  /**
   * Whether `image` contains the reshard program, as an image built from images/jobs does. Then there is no ConfigMap with the
   * program, and no file `46-reshard-program`.
   * @default false
   */
  readonly programInImage?: boolean;
}

/** The rings of a fleet since its first one, or a Redis Cluster after them, and the phase of the last change. */
export interface PhasedReshard extends ReshardOptions {
  /**
   * The pools of all changes so far, in their order, after `pool`. The last one is the new ring. Keep the former ones, as they were: a
   * server keeps its shard by its name, and each new name gets the next ordinal.
   * @default - none: needs `cluster`
   */
  readonly pools?: NutcrackerPool[];

  /**
   * The Redis Cluster to which the keys move from the last ring, with `startClosed`, and the password and the namespace of the fleet. The
   * proxies do not change; the applications change their clients. There is no phase STABLE: afterwards, remove the fleet.
   * @default - the change is to the last pool
   */
  readonly cluster?: RedisCluster;

  /** The phase of the change to the last pool, or to the cluster. */
  readonly phase: ReshardPhase;

  /**
   * The options of the bridge in each proxy, as long as it has one: during a change, and after every other change. Not allowed with replicas,
   * whose proxies have the bridge of the prop `bridge` of FleetCharts all along.
   * @default - the defaults of LoginBridge
   */
  readonly bridge?: BridgeOptions;
}
