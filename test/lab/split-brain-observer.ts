// Watches the two servers of each shard all through a move: never are both masters at the same time.

import { type Redis } from 'ioredis';
import { type LabMove } from './move';

export class SplitBrainObserver {
  /** What was seen that must not be. */
  readonly twoMasters: string[] = [];
  private looks = 0;
  private over = false;
  private readonly watching: Promise<void>;

  constructor(private readonly move: LabMove) {
    this.watching = Promise.all(move.ordinals.map((ordinal) => this.watch(ordinal))).then(() => undefined);
  }

  /** Ends it; fails if it never saw both servers of a shard. */
  async end(): Promise<string[]> {
    this.over = true;
    await this.watching;
    if (this.looks === 0) throw new Error('nothing was watched');
    return this.twoMasters;
  }

  private async watch(ordinal: number): Promise<void> {
    const old = this.move.old.serverClient(ordinal);
    const fresh = this.move.fleet.shardClient(ordinal);
    while (!this.over) {
      // Each promotion gives a master another history: one that has the same before and after was a master all along.
      const before = await masterOf(fresh);
      const oldMaster = await masterOf(old);
      const after = await masterOf(fresh);
      if (oldMaster && before && before === after) this.twoMasters.push(`shard ${ordinal}`);
      if (before !== undefined && oldMaster !== undefined) this.looks += 1;
    }
    old.disconnect();
    fresh.disconnect();
  }
}

/** The name of a master's history; empty for a replica, and nothing for a server that does not answer. */
async function masterOf(client: Redis): Promise<string | undefined> {
  try {
    const info = await client.info('replication');
    return info.includes('role:master') ? (/master_replid:(\w+)/.exec(info)?.[1] ?? 'none') : '';
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return undefined;
  }
}
