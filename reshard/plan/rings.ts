// Where each ring places a key: the ordinal of its server.

import { HashRing, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import { type PlannedRing, type ReshardPlan, type RingId } from './plan';

export class Rings {
  private readonly rings: Readonly<Record<RingId, HashRing>>;
  private readonly ordinals: Readonly<Record<RingId, readonly number[]>>;

  constructor({ a, b }: Pick<ReshardPlan, RingId>) {
    this.rings = { a: ringOf(a), b: ringOf(b) };
    this.ordinals = { a: a.servers.map(({ shard }) => shard), b: b.servers.map(({ shard }) => shard) };
  }

  /** The ordinal of the server of a key, of any bytes. */
  ownerOf(key: Buffer, ring: RingId): number {
    return this.ordinals[ring][this.rings[ring]._indexOf(key)];
  }

  /** The ordinals of a ring. */
  serversOf(ring: RingId): readonly number[] {
    return this.ordinals[ring];
  }
}

function ringOf({ hash, distribution, hashTag, servers }: PlannedRing): HashRing {
  const pool = new NutcrackerPool({
    name: 'ring',
    listen: '127.0.0.1:1',
    hash,
    distribution,
    hashTag,
    servers: servers.map(
      ({ shard, name, weight }) => new NutcrackerServer({ address: `shard-${shard}:1`, name, weight }),
    ),
  });
  return HashRing.of(pool);
}
