// Hands the master role of shards to their other servers, without loss.

import { type ReplicatedShard } from '../../lib/failover/replica-plan';
import { eachShard } from '../../migrator/program/each-shard';
import { type Outcome } from '../../migrator/program/outcome';
import { type Context } from './context';
import { ShardSwitchover, type SwitchoverOptions } from './shard-switchover';

export function switchover(context: Context, options: SwitchoverOptions): Promise<Outcome[]> {
  return eachShard(context, options, (shard: ReplicatedShard) => new ShardSwitchover(context, options, shard).run());
}
