// Which pool a plan or a status is about: the one with its servers. What fits no pool is refused.

import { type PlannedRing } from '../../lib/migration/plan';
import { type NutcrackerPool } from '../../lib/nutcracker';
import { refuse } from '../../lib/nutcracker/config-error';
import { type ConfigFile } from '../input';
import { type PlanFacts, type StatusFacts } from './facts';
import { shardFacts, type StatusFile } from './status-file';

/** What plans and statuses tell of a shard. */
interface Shard {
  readonly shard: number;
  readonly ringName: string;
  readonly old: string;
}

/** The plan of each pool that has one. Of the plans of one folder, those of other configurations are passed by. */
export function plansByPool(
  config: ConfigFile,
  given: readonly (readonly PlanFacts[])[],
): Map<NutcrackerPool, PlanFacts> {
  const found = new Map<NutcrackerPool, PlanFacts>();
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
  plans: ReadonlyMap<NutcrackerPool, PlanFacts>,
): Map<NutcrackerPool, StatusFacts> {
  const found = new Map<NutcrackerPool, StatusFacts>();
  for (const status of given) {
    const { file, line, time } = status;
    const facts = { source: file, time, shards: shardFacts(status) };
    const misfits = place(config.pools, (pool) => misfitOfStatus(pool, status, plans.get(pool)), facts, found);
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

function misfitOfPlan(pool: NutcrackerPool, { plan: { shards, ring } }: PlanFacts): string | undefined {
  const { length } = pool.servers;
  if (shards.length !== length) return `the plan has ${shards.length} shards, and the pool ${length} servers`;
  const keys: readonly (keyof PlannedRing)[] = ['hash', 'distribution', 'hashTag'];
  const other = keys.find((key) => ring[key] !== pool[key]);
  if (other !== undefined) return `the plan's ${other} is ${shown(ring[other])}, and the pool's ${shown(pool[other])}`;
  return misfitOfShards(pool, shards);
}

function misfitOfStatus(pool: NutcrackerPool, { shards, left }: StatusFile, plan?: PlanFacts): string | undefined {
  const highest = Math.max(-1, ...shards.map(({ shard }) => shard), ...left.keys());
  const { length } = pool.servers;
  if (highest >= length) return `it has a shard ${highest}, and the pool ${length} servers`;
  const misfit = misfitOfShards(pool, shards);
  if (misfit !== undefined || plan === undefined) return misfit;
  const places = new Map(plan.plan.shards.map((planned) => [planned.shard, planned.new]));
  const other = shards.find((shard) => places.get(shard.shard) !== shard.new);
  if (other === undefined) return undefined;
  return `shard ${other.shard} goes to ${shown(other.new)}, and in the plan to ${shown(places.get(other.shard))}`;
}

function misfitOfShards(pool: NutcrackerPool, shards: readonly Shard[]): string | undefined {
  for (const { shard, ringName, old } of shards) {
    const server = pool.servers.at(shard);
    if (server?.ringName !== ringName) {
      return `shard ${shard} has the ring name ${shown(ringName)}, and the pool's server ${shown(server?.ringName)}`;
    }
    if (server.address !== old) {
      return `shard ${shard} was at ${shown(old)}, and the pool's server is at ${shown(server.address)}`;
    }
  }
  return undefined;
}

function shown(value: string | undefined): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
