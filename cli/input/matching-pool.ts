// Assigns plans and statuses to pools by their servers. A plan or status that matches no pool is an error.

import { type PlannedPool, type PlannedShard } from '../../lib/migration/plan';
import { type NutcrackerPool } from '../../lib/nutcracker';
import { refuse } from '../../lib/nutcracker/config-error';
import { FleetShards, groupsOf, instanceOf } from '../../lib/nutcracker/fleet-shards';
import { type ConfigFile } from './pools';
import { type PlanData, type StatusData } from './report-data';
import { shardData, type StatusFile } from './status-file';

/** The fields of a shard that plans and statuses share. */
type Shard = Pick<PlannedShard, 'shard' | 'servers' | 'old'>;

/** The shard of each server of a pool: from the plan, or without one, as a synth of the file would number them. */
export function shardsOf(config: ConfigFile, pool: NutcrackerPool, plan?: PlanData): number[] {
  if (plan === undefined) return fleetOf(config, pool).place([pool])[0];
  const ordinals = new Map(plan.plan.shards.map((shard) => [serverIn(pool, shard)?.ringName, shard.shard]));
  return pool.servers.map(({ ringName }, i) => ordinals.get(ringName) ?? i);
}

/** The shards of the fleet of a pool: of that pool, and of the pools that share servers with it. */
function fleetOf({ pools }: ConfigFile, pool: NutcrackerPool): FleetShards {
  return new FleetShards(groupsOf(pools).find((group) => group.includes(pool)) ?? [pool]);
}

/** A fleet of the file. */
interface Fleet {
  readonly pools: readonly NutcrackerPool[];
  /** The number of its shards, as a synth of the file would number them. */
  readonly shards: number;
}

/** The fleets of a file: pools that share servers are one fleet. */
export function fleetsOf({ pools }: ConfigFile): Fleet[] {
  return groupsOf(pools).map((group) => ({ pools: group, shards: new FleetShards(group).lines.length }));
}

function serverIn({ name }: NutcrackerPool, { servers }: Shard): Shard['servers'][number] | undefined {
  return servers.find((server) => server.pool === name);
}

/** The plan of each pool that has one. Plans of other configurations in the same directory are ignored. */
export function plansByPool(
  config: ConfigFile,
  given: readonly (readonly PlanData[])[],
): Map<NutcrackerPool, PlanData> {
  const found = new Map<NutcrackerPool, PlanData>();
  for (const plans of given) {
    const mismatches = plans.flatMap((plan) => assign(config.pools, (pool) => planMismatch(pool, plan), plan, found));
    if (mismatches.length < plans.length) continue;
    refuse({
      file: plans[0].source,
      because: `it is not the plan of ${config.name}: ${mismatches[0]}`,
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
    const data = { source: file, time, shards: shardData(status) };
    const mismatches = assign(
      config.pools,
      (pool) => statusMismatch(config, pool, status, plans.get(pool)),
      data,
      found,
    );
    if (mismatches.length === 0) continue;
    refuse({
      file,
      line,
      because: `it is not the status of a migration of ${config.name}: ${mismatches[0]}`,
      remedy: 'give the status of the fleet in this file',
    });
  }
  return found;
}

/** Assigns data to every pool that it matches. If it matches none, returns the reason. */
function assign<T>(
  pools: readonly NutcrackerPool[],
  mismatchOf: (pool: NutcrackerPool) => string | undefined,
  data: T,
  found: Map<NutcrackerPool, T>,
): string[] {
  const mismatches = pools.map(mismatchOf);
  pools.forEach((pool, i) => {
    if (mismatches[i] === undefined) found.set(pool, data);
  });
  if (mismatches.includes(undefined)) return [];
  const [first, ...more] = pools.map(({ name }, i) => `pool ${JSON.stringify(name)}: ${String(mismatches[i])}`);
  return [more.length === 0 ? first : `${first}; it does not match the other pools either`];
}

function planMismatch(pool: NutcrackerPool, { plan: { shards, pools } }: PlanData): string | undefined {
  const planned = pools.find(({ name }) => name === pool.name);
  if (planned === undefined) return `the pools of the plan are ${pools.map(({ name }) => shown(name)).join(', ')}`;
  const own = shards.filter((shard) => serverIn(pool, shard) !== undefined).length;
  const { length } = pool.servers;
  if (own !== length) return `the plan has ${own} shards, and the pool has ${length} servers`;
  const keys: readonly (keyof PlannedPool & keyof NutcrackerPool)[] = ['hash', 'distribution', 'hashTag'];
  const other = keys.find((key) => planned[key] !== pool[key]);
  if (other === undefined) return shardMismatch(pool, shards);
  return `${other} is ${shown(planned[other])} in the plan, and ${shown(pool[other])} in the file`;
}

function statusMismatch(
  config: ConfigFile,
  pool: NutcrackerPool,
  { shards, skipped }: StatusFile,
  plan?: PlanData,
): string | undefined {
  const highest = Math.max(-1, ...skipped.keys());
  const { length } = plan?.plan.shards ?? fleetOf(config, pool).lines;
  if (highest >= length) return `it has a shard ${highest}, and the fleet has ${length} shards`;
  const pools = new Set(shards.flatMap(({ servers }) => servers.map((server) => server.pool)));
  if (shards.length > 0 && !pools.has(pool.name)) return `its pools are ${[...pools].map(shown).join(', ')}`;
  const mismatch = shardMismatch(pool, shards);
  if (mismatch !== undefined || plan === undefined) return mismatch;
  const planned = new Map(plan.plan.shards.map((shard) => [shard.shard, shard.new]));
  const other = shards.find((shard) => planned.get(shard.shard) !== shard.new);
  if (other === undefined) return undefined;
  return `shard ${other.shard} moves to ${shown(other.new)}, but to ${shown(planned.get(other.shard))} in the plan`;
}

function shardMismatch(pool: NutcrackerPool, shards: readonly Shard[]): string | undefined {
  for (const shard of shards) {
    const planned = serverIn(pool, shard);
    if (planned === undefined) continue;
    const server = pool.servers.find(({ ringName }) => ringName === planned.ringName);
    if (server === undefined) {
      return `shard ${shard.shard} has the ring name ${shown(planned.ringName)}, which the pool does not have`;
    }
    if (instanceOf(server.address) !== instanceOf(shard.old)) {
      return `the old server of shard ${shard.shard} is ${shown(shard.old)}, but ${shown(server.address)} in the file`;
    }
  }
  return undefined;
}

function shown(value: string | undefined): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
