// Where each ring places a key: the ordinal of its server. Ring B may be the slots of a Redis Cluster.

import { HashRing, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import { isCluster, type PlannedRing, type ReshardPlan, type RingId } from './plan';
import { NO_OWNER, type SlotOwners, slotOf } from './slots';

/** Places keys of any bytes. */
interface Placement {
  readonly ownerOf: (key: Buffer) => number;
  readonly servers: readonly number[];
}

export class Rings {
  private readonly placements: Readonly<Record<RingId, Placement>>;

  /** @param slots if B is a Redis Cluster, the owners of its slots */
  constructor({ a, b }: Pick<ReshardPlan, RingId>, slots: SlotOwners = []) {
    this.placements = { a: onRing(a), b: isCluster(b) ? inSlots(slots) : onRing(b) };
  }

  /** The ordinal of the server of a key, of any bytes. */
  ownerOf(key: Buffer, ring: RingId): number {
    return this.placements[ring].ownerOf(key);
  }

  /** The ordinals of a ring. */
  serversOf(ring: RingId): readonly number[] {
    return this.placements[ring].servers;
  }
}

function onRing({ hash, distribution, hashTag, servers }: PlannedRing): Placement {
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
  const ring = HashRing.of(pool);
  const ordinals = servers.map(({ shard }) => shard);
  return { ownerOf: (key) => ordinals[ring._indexOf(key)], servers: ordinals };
}

function inSlots(slots: SlotOwners): Placement {
  const servers = [...new Set(slots)].filter((ordinal) => ordinal !== NO_OWNER);
  return { ownerOf: (key) => slots[slotOf(key)] ?? NO_OWNER, servers };
}
