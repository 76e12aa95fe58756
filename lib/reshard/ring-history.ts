// All rings that a fleet has had: which server of a ring is which shard, and as which user the proxies log in.

import { type NutcrackerPool } from '../nutcracker';
import { RING_USERS, type RingUser } from './reshard-plan';

/** A ring with the shard of each of its servers. */
export interface PlacedRing {
  readonly pool: NutcrackerPool;
  /** The ordinal of the shard of each server, in the order of the pool. */
  readonly ordinals: readonly number[];
}

export class RingHistory {
  private readonly ordinals = new Map<string, number>();

  /** @param pools the first ring, and one for each change */
  constructor(private readonly pools: readonly NutcrackerPool[]) {
    // A name that was ever used keeps its shard, so that no data changes its place.
    for (const { ringName } of pools.flatMap(({ servers }) => servers)) {
      if (!this.ordinals.has(ringName)) this.ordinals.set(ringName, this.ordinals.size);
    }
  }

  /** The number of the last change; the first ring is number 0. */
  get last(): number {
    return this.pools.length - 1;
  }

  ring(number: number): PlacedRing {
    const pool = this.pools[number];
    return { pool, ordinals: this.placed(pool) };
  }

  /** The users of the rings alternate. */
  static userOf(number: number): RingUser {
    return RING_USERS[number % 2];
  }

  /** The number of shards that these rings need. */
  static countOf(rings: readonly PlacedRing[]): number {
    return 1 + Math.max(...rings.flatMap(({ ordinals }) => ordinals));
  }

  /** The shard of each server of these pools. */
  place(pools: readonly NutcrackerPool[]): number[][] {
    return pools.map((pool) => this.placed(pool));
  }

  private placed({ servers }: NutcrackerPool): number[] {
    return servers.map(({ ringName }) => this.ordinals.get(ringName) ?? -1);
  }
}
