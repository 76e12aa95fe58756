// Hands the master role of shards to their other servers, without loss.

import { type ReplicatedShard, type Side } from '../../lib/failover/replica-plan';
import { eachShard } from '../../migrator/program/each-shard';
import { type Outcome } from '../../migrator/program/outcome';
import { type Context } from './context';
import { ShardSwitchover } from './shard-switchover';

export interface SwitchoverOptions {
  readonly concurrency: number;
  /** The server that is to be the master. @default - the one that is not */
  readonly to?: Side;
  /** Milliseconds for which writes may be held. */
  readonly deadlineMs: number;
  /** How long to wait for a replica that is nearly in sync, and for Sentinels that know it. */
  readonly patienceMs: number;
}

export function switchover(context: Context, options: SwitchoverOptions): Promise<Outcome[]> {
  return eachShard(context, options, (shard: ReplicatedShard) => new ShardSwitchover(context, options, shard).run());
}
