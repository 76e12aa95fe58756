// The context of every command.

import { type ReplicatedShard, type ReplicaPlan } from '../../lib/failover/replica-plan';
import { type Run } from '../../migrator/program/each-shard';
import { type Sentinels } from '../sentinel/sentinels';
import { type Access } from '../shard/member';

export interface Context extends Run<ReplicatedShard> {
  readonly plan: ReplicaPlan;
  readonly access: Access;
  readonly sentinels: Sentinels;
}
