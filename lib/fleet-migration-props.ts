// What a move is described by.

import { type Construct } from 'constructs';
import { type SecretKey } from './common/secret-key';
import { type MigrationOptions } from './migration/migration-options';
import { type NutcrackerPool } from './nutcracker';
import { type RedisStatefulSet } from './redis-stateful-set';

/** The options of a move, and what ties it to a fleet. */
export interface FleetMigrationProps extends MigrationOptions {
  /** The beginning of every name. */
  readonly name: string;

  /**
   * The old fleet, with the addresses of its servers; the n-th server moves to shard n.
   * @default - there are several: `pools`
   */
  readonly pool?: NutcrackerPool;

  /**
   * The pools of the old fleet, in the place of `pool`, where there are several. The n-th of their distinct servers, in the
   * order in which they first appear, moves to shard n.
   * @default - there is one: `pool`
   */
  readonly pools?: NutcrackerPool[];

  /** The new shards, which must be `startAsReplica`. */
  readonly redis: RedisStatefulSet;

  /**
   * The password of the old servers and of the new ones.
   * @default - none
   */
  readonly password?: SecretKey;

  /**
   * The fleet that this belongs to, for the label `app.kubernetes.io/part-of`.
   * @default - `name`
   */
  readonly partOf?: string;

  /**
   * The scopes in which objects are made, such as charts of their own: `migrator`, and the steps by name.
   * @default - this construct
   */
  readonly scopes?: { [what: string]: Construct };
}
