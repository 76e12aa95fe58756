// The context of every command.

import { type MovePlan, type PlannedShard } from '../../lib/migration/plan';
import { type Access } from '../shard/pair';
import { type HoldMethod } from '../shard/write-hold';
import { type Report } from '../report/report';

export interface Context {
  readonly plan: MovePlan;
  /** The selected shards of the plan. */
  readonly shards: readonly PlannedShard[];
  readonly access: Access;
  readonly report: Report;
  /** Aborted when the program is to stop: no further shard is started. */
  readonly stop: AbortSignal;
  /** Why this Job must not start another shard: it has been superseded. Undefined outside of a Job. */
  readonly superseded?: () => string | undefined;
}

/** Options for a handover. */
export interface HandOverOptions {
  readonly concurrency: number;
  /** Milliseconds for which the writes of a shard may be held. */
  readonly deadlineMs: number;
  readonly acceptVolatileFence: boolean;
  readonly hold?: HoldMethod;
}
