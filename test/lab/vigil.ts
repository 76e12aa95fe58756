// Watches the two servers of each shard all through a move: never are both masters at the same time.

import { type Redis } from 'ioredis';
import { type LabMove } from './move';

export class Vigil {
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
      // The new one first: what was the master before the old one said so as well was a master beside it.
      const newRole = await roleOf(fresh);
      const oldRole = await roleOf(old);
      if (newRole === 'master' && oldRole === 'master') this.twoMasters.push(`shard ${ordinal}`);
      if (newRole !== undefined && oldRole !== undefined) this.looks += 1;
    }
    old.disconnect();
    fresh.disconnect();
  }
}

async function roleOf(client: Redis): Promise<string | undefined> {
  try {
    return /role:(\w+)/.exec(await client.info('replication'))?.[1];
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return undefined;
  }
}
