// The context of every command.

import { type MovePlan, type PlannedShard } from '../../lib/migration/plan';
import { type Access } from '../shard/pair';
import { type HoldMethod } from '../shard/write-hold';
import { type Run } from '../program/each-shard';

export interface Context extends Run<PlannedShard> {
  readonly plan: MovePlan;
  readonly access: Access;
}

/** Options for a handover. */
export interface HandOverOptions {
  readonly concurrency: number;
  /** Milliseconds for which the writes of a shard may be held. */
  readonly deadlineMs: number;
  readonly acceptVolatileFence: boolean;
  readonly hold?: HoldMethod;
}
