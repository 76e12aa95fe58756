// The props of FleetReshard.

import { type Construct } from 'constructs';
import { type SecretKey } from './common/secret-key';
import { type NutcrackerPool } from './nutcracker';
import { type RedisCluster } from './redis-cluster';
import { type ShardTls } from './tls/tls-options';
import { type ReshardOptions, type ReshardPhase } from './reshard/reshard-options';

/** The options of the Jobs, the two rings, and the servers of the fleet. */
export interface FleetReshardProps extends ReshardOptions {
  /** The prefix of every name, such as `unit-1-reshard`. */
  readonly name: string;

  /** The ring that serves. */
  readonly pool: NutcrackerPool;

  /**
   * The ring that is to serve.
   * @default - none: needs `cluster`
   */
  readonly nextPool?: NutcrackerPool;

  /**
   * The Redis Cluster that is to serve, instead of `nextPool`.
   * @default - none: needs `nextPool`
   */
  readonly cluster?: RedisCluster;

  /** `host:port` of each shard, by ordinal. The shards have the user `migrator`, as those of a `RedisStatefulSet` with `migratorUser`. */
  readonly addresses: string[];

  /**
   * `host:port` of the second server of each shard, by ordinal, if the shards have replicas.
   * @default - none
   */
  readonly replicaAddresses?: string[];

  /**
   * The ordinal of the shard of each server of `pool`.
   * @default - server n is shard n
   */
  readonly ordinals?: number[];

  /**
   * The ordinal of the shard of each server of `nextPool`.
   * @default - the shard of the server with the same name in `pool`; new names are the shards after those, in their order
   */
  readonly nextOrdinals?: number[];

  /**
   * The user as which the proxies of `pool` log in to the shards: `default`, or `ring-2`, the user of every other ring since the first
   * one. The proxies of `nextPool` log in as the other one.
   * @default default
   */
  readonly ringUser?: string;

  /**
   * The phase of the change: in the phase RESHARDED, only the Jobs `status` and `purge` exist.
   * @default ReshardPhase.RESHARDING
   */
  readonly phase?: ReshardPhase;

  /**
   * TLS of the shards. From the phase USED on, `addresses` are those of the TLS port.
   * @default - none
   */
  readonly tls?: ShardTls;

  /** The password of the shards, for all of their users. */
  readonly password: SecretKey;

  /**
   * The fleet, for the label `app.kubernetes.io/part-of` and the plan.
   * @default - `name`
   */
  readonly partOf?: string;

  /**
   * The scopes in which objects are created, such as separate charts: `program`, and the steps by name.
   * @default - this construct
   */
  readonly scopes?: { [what: string]: Construct };
}
