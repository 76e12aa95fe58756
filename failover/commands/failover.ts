// Gives shards without a reachable master another one: by Sentinel if the replica was in sync, and otherwise only if an operator
// accepts the loss.

import { type ReplicatedShard, type Side } from '../../lib/failover/replica-plan';
import { eachShard } from '../../migrator/program/each-shard';
import { type Outcome } from '../../migrator/program/outcome';
import { type Context } from './context';
import { ShardFailover } from './shard-failover';
import { ShardOverride } from './shard-override';

export interface FailoverOptions {
  readonly concurrency: number;
  /** The server that becomes the master with what it has, because the operator accepts that the rest is lost. */
  readonly staleMaster?: Side;
}

export function failover(context: Context, options: FailoverOptions): Promise<Outcome[]> {
  const { staleMaster } = options;
  return eachShard(context, options, (shard: ReplicatedShard) =>
    staleMaster === undefined
      ? new ShardFailover(context, shard).run()
      : new ShardOverride(context, shard, staleMaster).run(),
  );
}
