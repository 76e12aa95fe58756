// Checks throughout a migration that the two servers of a shard are never masters at the same time.

import { type Redis } from 'ioredis';
import { type LabMove } from './move';

export class SplitBrainObserver {
  /** The shards with two masters. */
  readonly twoMasters: string[] = [];
  private checks = 0;
  private ended = false;
  private readonly watching: Promise<void>;

  constructor(private readonly move: LabMove) {
    this.watching = Promise.all(move.ordinals.map((ordinal) => this.watch(ordinal))).then(() => undefined);
  }

  /** Ends the observer; fails if it never reached both servers of a shard. */
  async end(): Promise<string[]> {
    this.ended = true;
    await this.watching;
    if (this.checks === 0) throw new Error('no shard was checked');
    return this.twoMasters;
  }

  private async watch(ordinal: number): Promise<void> {
    const old = this.move.old.serverClient(ordinal);
    const fresh = this.move.fleet.shardClient(ordinal);
    while (!this.ended) {
      // Each promotion changes the replication id: a master with the same id before and after was a master all the time.
      const before = await masterOf(fresh);
      const oldMaster = await masterOf(old);
      const after = await masterOf(fresh);
      if (oldMaster && before && before === after) this.twoMasters.push(`shard ${ordinal}`);
      if (before !== undefined && oldMaster !== undefined) this.checks += 1;
    }
    old.disconnect();
    fresh.disconnect();
  }
}

/** The replication id of a master; empty for a replica, undefined for a server that does not reply. */
async function masterOf(client: Redis): Promise<string | undefined> {
  try {
    const info = await client.info('replication');
    return info.includes('role:master') ? (/master_replid:(\w+)/.exec(info)?.[1] ?? 'none') : '';
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return undefined;
  }
}
