// Whether the keys of each shard are where the rings of the plan look for them. This finds a wrong nutcracker.yml before
// anything moves.

import { type MovePlan, type PlannedShard, ringNamesOf } from '../../lib/migration/plan';
import { percent } from '../../lib/nutcracker/percent';
import { error, type Finding, type Remark, warning } from './finding';
import { printable } from '../data/key-scan';
import { ownerOf, type PlannedRing, ringOf, ringsOf } from '../data/planned-ring';

/** The databases that the pools of a shard use. */
export function databasesOf({ pools }: MovePlan, { servers }: PlannedShard): number[] {
  const names = servers.map(({ pool }) => pool);
  return [...new Set(pools.filter(({ name }) => names.includes(name)).map(({ database }) => database))];
}

/** From this share of misplaced keys on, going on is dangerous; old rings leave fewer behind. */
const MAX_LEFTOVERS = 0.05;

/** The share and the size of a sample that show that all keys of a shard belong to another one. */
const NEARLY_ALL = 0.8;
const MIN_SAMPLE = 10;

/** The shards to which the sampled keys belong. */
export class Placement {
  private readonly rings: readonly PlannedRing<PlannedShard>[];
  /** By ordinal of a shard: the shard to which nearly all of its keys belong. */
  private readonly owners = new Map<number, PlannedShard>();

  constructor(plan: MovePlan) {
    this.rings = plan.pools.map((pool) => ringOf(plan.shards, pool));
  }

  /** Checks a sample of keys in a database of a shard. */
  check(shard: PlannedShard, address: string, database: number, keys: readonly Buffer[]): Remark[] {
    const rings = ringsOf(this.rings, shard, database);
    const owners = keys.map((key) => ownerOf(key, shard, rings));
    this.noteOwner(shard, owners);
    const strays = owners.flatMap((owner, i) => (owner.shard === shard.shard ? [] : [i]));
    if (strays.length === 0) return [];
    const [first] = strays;
    const owner = owners[first];
    const where = `${address}${database > 0 ? `, database ${database}` : ''}`;
    const share = strays.length / keys.length;
    const found = `of ${keys.length} sampled keys on ${where}, ${strays.length} (${percent(share)}) belong elsewhere, as ${printable(keys[first])} to shard ${owner.shard} (${ringNamesOf(owner).join(', ')})`;
    if (share >= MAX_LEFTOVERS) {
      const remedy =
        'the plan was made from a different nutcracker.yml than the running one, or its servers are in a different order';
      return [error('placement', `${found}; ${remedy}: fix that before you move anything`)];
    }
    return [
      warning(
        'leftovers',
        `${found}: nutcracker does not find them, and will not after the migration; they may be left from an older ring`,
      ),
    ];
  }

  /**
   * Swapped servers, which only show across all shards. Two shards whose keys belong to the same one are not swapped: another
   * hash may send similar keys to one server.
   */
  get permutation(): Finding[] {
    const swapped = [...this.owners].filter(([ordinal, owner]) => owner.shard !== ordinal).sort(([a], [b]) => a - b);
    if (swapped.length === 0 || new Set(this.owners.values()).size < this.owners.size) return [];
    const pairs = swapped.map(([ordinal, owner]) => `the keys of shard ${ordinal} belong to shard ${owner.shard}`);
    const shown = pairs.slice(0, MAX_LISTED).join(', ') + (pairs.length > MAX_LISTED ? ', and so on' : '');
    return [
      error(
        'order',
        `servers have changed places: ${shown}; put the servers of nutcracker.yml into the order of the running one`,
      ),
    ];
  }

  private noteOwner(shard: PlannedShard, owners: readonly PlannedShard[]): void {
    if (owners.length < MIN_SAMPLE) return;
    const counts = new Map<PlannedShard, number>();
    for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    for (const [owner, count] of counts) if (count >= NEARLY_ALL * owners.length) this.owners.set(shard.shard, owner);
  }
}

const MAX_LISTED = 8;
