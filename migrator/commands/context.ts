// What every command is given.

import { type MovePlan, type PlannedShard } from '../../lib/migration/plan';
import { type Access } from '../shard/pair';
import { type HoldMethod } from '../shard/write-hold';
import { type Report } from '../report/report';

export interface Context {
  readonly plan: MovePlan;
  /** The shards of the plan that the command is about. */
  readonly shards: readonly PlannedShard[];
  readonly access: Access;
  readonly report: Report;
  /** Set when the program was told to stop: no further shard is begun. */
  readonly stop: AbortSignal;
  /** Why this Job is not to begin any other shard: another has taken its place. Without it, none can. */
  readonly superseded?: () => string | undefined;
}

/** What a person accepts or chooses about a change of roles. */
export interface HandOverOptions {
  readonly concurrency: number;
  /** Milliseconds for which the writes of a shard may be held. */
  readonly deadlineMs: number;
  readonly acceptVolatileFence: boolean;
  readonly hold?: HoldMethod;
}
