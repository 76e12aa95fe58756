// The file of a shard in a backup, if it is the same shard.

import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { RefusedError } from '../../migrator/program/outcome';
import { type Chosen } from '../store/choose';
import { type ShardRecord } from '../store/manifest';

/** Throws a RefusedError if the backup has no such shard, or one with other names. */
export function recordOf({ shard, names }: BackedUpShard, { records, directory }: Chosen): ShardRecord {
  const record = records.get(shard);
  if (record === undefined) throw new RefusedError(`${directory.path} has no shard ${shard}`);
  if (names.join() !== record.names.join()) {
    throw new RefusedError(
      `${directory.path} has shard ${shard} as ${record.names.join(', ')}, and the plan as ${names.join(', ')}`,
    );
  }
  return record;
}
