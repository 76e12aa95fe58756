// The props of FleetMigration.

import { type Construct } from 'constructs';
import { type SecretKey } from './common/secret-key';
import { type MigrationOptions } from './migration/migration-options';
import { type NutcrackerPool } from './nutcracker';
import { type RedisStatefulSet } from './redis-stateful-set';

/** The options of a migration, and the fleet that it belongs to. */
export interface FleetMigrationProps extends MigrationOptions {
  /** The prefix of every name. */
  readonly name: string;

  /**
   * The pool of the old fleet, with the addresses of its servers. Server n moves to shard n.
   * @default - none; set `pools` instead
   */
  readonly pool?: NutcrackerPool;

  /**
   * The pools of the old fleet, instead of `pool`, if there are several. Their distinct servers, in order of first appearance,
   * move to shards 0, 1, and so on.
   * @default - none; set `pool` instead
   */
  readonly pools?: NutcrackerPool[];

  /** The new shards, with `startAsReplica: true`. */
  readonly redis: RedisStatefulSet;

  /**
   * The password of the old servers and the new shards.
   * @default - none
   */
  readonly password?: SecretKey;

  /**
   * Whether the Jobs export their progress for Prometheus, at `/metrics` of port 9123.
   * @default false
   */
  readonly metrics?: boolean;

  /**
   * The fleet, for the label `app.kubernetes.io/part-of`.
   * @default - `name`
   */
  readonly partOf?: string;

  /**
   * The scopes in which objects are created, such as separate charts: `migrator`, and the steps by name.
   * @default - this construct
   */
  readonly scopes?: { [what: string]: Construct };
}
