// The content of backup.json.

import { type Construct } from 'constructs';
import { type FleetBackupProps } from '../fleet-backup-props';
import { BACKUP_PLAN_VERSION, type BackupPlan } from './backup-plan';
import { importPlan } from './import-pod';

/** The servers of every shard; with an import also what places the keys of the old servers, and where their files are. */
export function backupPlan(scope: Construct, fleet: string, props: FleetBackupProps): BackupPlan {
  const { ring, ringNames, addresses, replicaAddresses = [], sentinels = [], importFrom, importPools } = props;
  const { pools, parts } = importFrom
    ? importPlan(scope, importFrom, importPools, ring)
    : { pools: undefined, parts: [] };
  return {
    version: BACKUP_PLAN_VERSION,
    fleet,
    ring,
    sentinels,
    ...(pools && { pools }),
    shards: addresses.map((a, shard) => ({
      shard,
      names: ringNames[shard],
      a,
      ...(shard < replicaAddresses.length && { b: replicaAddresses[shard] }),
      ...parts.at(shard),
    })),
  };
}
