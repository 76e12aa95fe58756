// Which pool a plan or a status is about: the one with its servers. What fits no pool is refused.

import { type PlannedPool, type PlannedShard } from '../../lib/migration/plan';
import { type NutcrackerPool } from '../../lib/nutcracker';
import { refuse } from '../../lib/nutcracker/config-error';
import { FleetShards, groupsOf, instanceOf } from '../../lib/nutcracker/fleet-shards';
import { type ConfigFile } from './pools';
import { type PlanData, type StatusData } from './report-data';
import { shardData, type StatusFile } from './status-file';

/** What plans and statuses tell of a shard. */
type Shard = Pick<PlannedShard, 'shard' | 'servers' | 'old'>;

/** The shard of each server of a pool: as the plan says, or else as a synth of the file would have it. */
export function shardsOf(config: ConfigFile, pool: NutcrackerPool, plan?: PlanData): number[] {
  if (plan === undefined) return fleetOf(config, pool).place([pool])[0];
  const ordinals = new Map(plan.plan.shards.map((shard) => [placeIn(pool, shard)?.ringName, shard.shard]));
  return pool.servers.map(({ ringName }, i) => ordinals.get(ringName) ?? i);
}

/** The shards of the fleet that a pool is in: with those that share servers with it. */
function fleetOf({ pools }: ConfigFile, pool: NutcrackerPool): FleetShards {
  return new FleetShards(groupsOf(pools).find((group) => group.includes(pool)) ?? [pool]);
}

function placeIn({ name }: NutcrackerPool, { servers }: Shard): Shard['servers'][number] | undefined {
  return servers.find((server) => server.pool === name);
}

/** The plan of each pool that has one. Of the plans of one directory, those of other configurations are passed by. */
export function plansByPool(
  config: ConfigFile,
  given: readonly (readonly PlanData[])[],
): Map<NutcrackerPool, PlanData> {
  const found = new Map<NutcrackerPool, PlanData>();
  for (const plans of given) {
    const misfits = plans.flatMap((plan) => place(config.pools, (pool) => misfitOfPlan(pool, plan), plan, found));
    if (misfits.length < plans.length) continue;
    refuse({
      file: plans[0].source,
      because: `it is not the plan of ${config.name}: ${misfits[0]}`,
      remedy: 'give the plan that was synthesized from this file',
    });
  }
  return found;
}

/** The status of each pool that has one. */
export function statusByPool(
  config: ConfigFile,
  given: readonly StatusFile[],
  plans: ReadonlyMap<NutcrackerPool, PlanData>,
): Map<NutcrackerPool, StatusData> {
  const found = new Map<NutcrackerPool, StatusData>();
  for (const status of given) {
    const { file, line, time } = status;
    const facts = { source: file, time, shards: shardData(status) };
    const misfits = place(config.pools, (pool) => misfitOfStatus(config, pool, status, plans.get(pool)), facts, found);
    if (misfits.length === 0) continue;
    refuse({
      file,
      line,
      because: `it is not the status of a move of ${config.name}: ${misfits[0]}`,
      remedy: 'give the status of the fleet that this file is about',
    });
  }
  return found;
}

/** Gives the facts to each pool that they fit; if there is none, says why they fit none. */
function place<T>(
  pools: readonly NutcrackerPool[],
  misfitOf: (pool: NutcrackerPool) => string | undefined,
  facts: T,
  found: Map<NutcrackerPool, T>,
): string[] {
  const misfits = pools.map(misfitOf);
  pools.forEach((pool, i) => {
    if (misfits[i] === undefined) found.set(pool, facts);
  });
  if (misfits.includes(undefined)) return [];
  const [first, ...more] = pools.map(({ name }, i) => `pool ${JSON.stringify(name)}: ${String(misfits[i])}`);
  return [more.length === 0 ? first : `${first}; and neither does it fit the other pools`];
}

function misfitOfPlan(pool: NutcrackerPool, { plan: { shards, pools } }: PlanData): string | undefined {
  const planned = pools.find(({ name }) => name === pool.name);
  if (planned === undefined) return `the plan has the pools ${pools.map(({ name }) => shown(name)).join(', ')}`;
  const own = shards.filter((shard) => placeIn(pool, shard) !== undefined).length;
  const { length } = pool.servers;
  if (own !== length) return `the plan has ${own} shards, and the pool ${length} servers`;
  const keys: readonly (keyof PlannedPool & keyof NutcrackerPool)[] = ['hash', 'distribution', 'hashTag'];
  const other = keys.find((key) => planned[key] !== pool[key]);
  if (other === undefined) return misfitOfShards(pool, shards);
  return `the plan's ${other} is ${shown(planned[other])}, and the pool's ${shown(pool[other])}`;
}

function misfitOfStatus(
  config: ConfigFile,
  pool: NutcrackerPool,
  { shards, left }: StatusFile,
  plan?: PlanData,
): string | undefined {
  const highest = Math.max(-1, ...left.keys());
  const { length } = plan?.plan.shards ?? fleetOf(config, pool).lines;
  if (highest >= length) return `it has a shard ${highest}, and the fleet ${length} shards`;
  const pools = new Set(shards.flatMap(({ servers }) => servers.map((server) => server.pool)));
  if (shards.length > 0 && !pools.has(pool.name)) return `it has the pools ${[...pools].map(shown).join(', ')}`;
  const misfit = misfitOfShards(pool, shards);
  if (misfit !== undefined || plan === undefined) return misfit;
  const places = new Map(plan.plan.shards.map((planned) => [planned.shard, planned.new]));
  const other = shards.find((shard) => places.get(shard.shard) !== shard.new);
  if (other === undefined) return undefined;
  return `shard ${other.shard} goes to ${shown(other.new)}, and in the plan to ${shown(places.get(other.shard))}`;
}

function misfitOfShards(pool: NutcrackerPool, shards: readonly Shard[]): string | undefined {
  for (const shard of shards) {
    const place = placeIn(pool, shard);
    if (place === undefined) continue;
    const server = pool.servers.find(({ ringName }) => ringName === place.ringName);
    if (server === undefined) {
      return `shard ${shard.shard} has the ring name ${shown(place.ringName)}, and the pool no server of that name`;
    }
    if (instanceOf(server.address) !== instanceOf(shard.old)) {
      return `shard ${shard.shard} was at ${shown(shard.old)}, and the pool's server is at ${shown(server.address)}`;
    }
  }
  return undefined;
}

function shown(value: string | undefined): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
