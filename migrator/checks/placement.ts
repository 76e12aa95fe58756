// Whether the keys of each shard are where the ring of the plan looks for them. A wrong nutcracker.yml shows here, before
// anything moves.

import { type MovePlan, type PlannedShard } from '../../lib/migration/plan';
import { Distribution, HashType } from '../../lib/nutcracker/algorithms';
import { HashRing } from '../../lib/nutcracker/hash-ring';
import { NutcrackerPool } from '../../lib/nutcracker/nutcracker-pool';
import { NutcrackerServer } from '../../lib/nutcracker/nutcracker-server';
import { percent } from '../../lib/nutcracker/percent';
import { error, type Finding, type Remark, warning } from './finding';
import { printable } from '../data/key-scan';

/** The ring of a plan. Its servers are the plan's shards, in their order. */
export function ringOf({ fleet, ring, shards }: MovePlan): HashRing {
  const { hash, distribution, hashTag } = ring;
  // The addresses of servers with names are not on the ring; only ports tell these apart.
  const servers = shards.map(
    ({ ringName, weight }, i) => new NutcrackerServer({ address: `127.0.0.1:${i + 1}`, name: ringName, weight }),
  );
  const pool = new NutcrackerPool({
    name: fleet,
    listen: '127.0.0.1:1',
    redis: true,
    hash: Object.values(HashType).find((it: string) => it === hash),
    distribution: Object.values(Distribution).find((it: string) => it === distribution),
    hashTag,
    servers,
  });
  return HashRing.of(pool);
}

/** Of how many keys elsewhere on it would be dangerous to go on: more than older rings leave behind. */
const MUCH = 0.05;

/** How sure a sample has to be that all keys of a shard belong to another one. */
const NEARLY_ALL = 0.8;
const ENOUGH = 10;

/** Where the sampled keys of the shards belong. */
export class Placement {
  private readonly ring: HashRing;
  /** By ordinal: the shard of the plan to which nearly all of its keys belong. */
  private readonly owners = new Map<number, PlannedShard>();

  constructor(private readonly plan: MovePlan) {
    this.ring = ringOf(plan);
  }

  /** What is to be said of keys that were found on a shard. */
  check(shard: PlannedShard, address: string, keys: readonly Buffer[]): Remark[] {
    const { shards } = this.plan;
    const owners = keys.map((key) => shards[this.ring._indexOf(key)]);
    this.noteOwner(shard, owners);
    const strays = owners.flatMap((owner, i) => (owner.shard === shard.shard ? [] : [i]));
    if (strays.length === 0) return [];
    const [first] = strays;
    const { shard: ordinal, ringName } = owners[first];
    const share = strays.length / keys.length;
    const found = `of ${keys.length} sampled keys on ${address}, ${strays.length} (${percent(share)}) belong elsewhere, as ${printable(keys[first])} to shard ${ordinal} (${ringName})`;
    if (share >= MUCH) {
      const remedy =
        'the plan was made from another nutcracker.yml than the running one, or its servers are in another order';
      return [error('placement', `${found}; ${remedy}: move nothing before that is mended`)];
    }
    return [
      warning(
        'leftovers',
        `${found}: nutcracker does not find them, nor will it after the move; they may be left from an older ring`,
      ),
    ];
  }

  /** What shows only when all shards are looked at together. */
  get permutation(): Finding[] {
    const swapped = [...this.owners].filter(([ordinal, owner]) => owner.shard !== ordinal).sort(([a], [b]) => a - b);
    if (swapped.length === 0) return [];
    const pairs = swapped.map(([ordinal, owner]) => `the keys of shard ${ordinal} belong to shard ${owner.shard}`);
    const shown = pairs.slice(0, MOST_NAMED).join(', ') + (pairs.length > MOST_NAMED ? ', and so on' : '');
    return [
      error(
        'order',
        `servers have changed places: ${shown}; put the servers of nutcracker.yml into the order of the running one`,
      ),
    ];
  }

  private noteOwner(shard: PlannedShard, owners: readonly PlannedShard[]): void {
    if (owners.length < ENOUGH) return;
    const counts = new Map<PlannedShard, number>();
    for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    for (const [owner, count] of counts) if (count >= NEARLY_ALL * owners.length) this.owners.set(shard.shard, owner);
  }
}

const MOST_NAMED = 8;
