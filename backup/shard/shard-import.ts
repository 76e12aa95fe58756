// Imports the files of the old server of a shard: a server of no fleet loads them, every key is checked, and that server is backed up.

import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { observe } from '../../migrator/redis/server-view';
import { ServerError } from '../../migrator/redis/server';
import { AbortedError } from '../../migrator/shard/hand-over';
import { reached } from '../../migrator/shard/fault-points';
import { areSame, type OldData, oldDataIn } from '../files/old-data';
import { ScratchServer } from '../files/scratch-server';
import { type BackupDirectory } from '../store/backup-directory';
import { type ShardRecord } from '../store/manifest';
import { type Placement } from './placement';
import { backUpServer } from './shard-backup';

export interface ShardImport {
  readonly shard: BackedUpShard;
  /** The directory of all old files. */
  readonly root: string;
  readonly data: OldData;
  readonly appendOnly?: boolean;
  readonly placement: Placement;
  readonly into: BackupDirectory;
  /** The directory that is shared with the script of the server, and the address of the server. */
  readonly slot: string;
  readonly address: string;
  readonly samples: number;
  readonly onProgress: (state: string, bytes?: number, bytesInAll?: number) => void;
  readonly onRemark: (text: string) => void;
}

/** Throws RefusedError, AbortedError, ServerError, and what the file system reports. */
export async function importShard(it: ShardImport): Promise<ShardRecord> {
  const { shard, data, placement, into, onProgress } = it;
  const scratch = new ScratchServer(it.slot, it.address, it.root, data);
  try {
    const server = await scratch.load((state, view) => {
      const bytes = view?.info.number('loading_loaded_bytes');
      onProgress(state, bytes, view?.info.number('loading_total_bytes'));
    });
    reached('import.loaded');
    const view = await observe(server);
    const onKeys = (): void => {
      onProgress('checking every key');
    };
    for (const remark of await placement.check(shard.shard, data.name, server, view.info, onKeys)) it.onRemark(remark);
    await checkUnchanged(it);
    reached('import.checked');
    return await backUpServer(
      { server, view, role: 'master' },
      {
        shard,
        into,
        samples: it.samples,
        onBytes: (bytes) => {
          onProgress('writing', bytes);
        },
        origin: { server: data.name, role: 'file', files: data.files },
      },
    );
  } catch (error) {
    if (error instanceof ServerError) throw await scratch.gone(error.message);
    throw error;
  } finally {
    await scratch.close();
  }
}

/** A file that is still being copied may have been read in part. */
async function checkUnchanged({ root, data, appendOnly }: ShardImport): Promise<void> {
  const now = await oldDataIn(root, data.directory, appendOnly);
  if (areSame(now.files, data.files)) return;
  throw new AbortedError(`${data.directory} has changed while it was read; run this again when the copy is complete`);
}
