// The ring of a pool of a plan, and the shard to which it maps a key.

import { type PlannedPool, type PlannedServer } from '../../lib/migration/plan';
import { Distribution, HashType } from '../../lib/nutcracker/algorithms';
import { HashRing } from '../../lib/nutcracker/hash-ring';
import { NutcrackerPool } from '../../lib/nutcracker/nutcracker-pool';
import { NutcrackerServer } from '../../lib/nutcracker/nutcracker-server';

/** A shard, and its place on the ring of each pool that it serves. */
export interface RingShard {
  readonly shard: number;
  readonly servers: readonly PlannedServer[];
}

/** The ring of a pool, and the shard of each of its servers. */
export interface PlannedRing<S extends RingShard> {
  readonly pool: PlannedPool;
  readonly ring: HashRing;
  readonly shards: readonly S[];
}

export function ringOf<S extends RingShard>(all: readonly S[], pool: PlannedPool): PlannedRing<S> {
  const members = all.flatMap((shard) =>
    shard.servers.filter((server) => server.pool === pool.name).map((server) => ({ shard, server })),
  );
  const { name, hash, distribution, hashTag } = pool;
  // The addresses of named servers are not on the ring; only the ports have to be distinct.
  const servers = members.map(
    ({ server: { ringName, weight } }, i) =>
      new NutcrackerServer({ address: `127.0.0.1:${i + 1}`, name: ringName, weight }),
  );
  const live = new NutcrackerPool({
    name,
    listen: '127.0.0.1:1',
    redis: true,
    hash: Object.values(HashType).find((it: string) => it === hash),
    distribution: Object.values(Distribution).find((it: string) => it === distribution),
    hashTag,
    servers,
  });
  return { pool, ring: HashRing.of(live), shards: members.map(({ shard }) => shard) };
}

/** The rings that place keys in a database of a shard. */
export function ringsOf<S extends RingShard>(
  rings: readonly PlannedRing<S>[],
  shard: S,
  database: number,
): PlannedRing<S>[] {
  return rings.filter(({ pool, shards }) => pool.database === database && shards.includes(shard));
}

/** The shard itself if any of its rings looks for the key there: pools may share a database. */
export function ownerOf<S extends RingShard>(key: Buffer, shard: S, rings: readonly PlannedRing<S>[]): S {
  const owners = rings.map(({ ring, shards }) => shards[ring._indexOf(key)]);
  return owners.includes(shard) ? shard : owners[0];
}
