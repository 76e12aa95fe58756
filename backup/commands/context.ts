// The context of every command.

import { type BackedUpShard, type BackupPlan } from '../../lib/backup/backup-plan';
import { type Run } from '../../migrator/program/each-shard';
import { type Destination } from '../store/destination';

export interface Context extends Run<BackedUpShard> {
  readonly plan: BackupPlan;
  readonly password?: string;
  readonly destination: Destination;
}
