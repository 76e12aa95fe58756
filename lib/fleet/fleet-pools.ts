// The pools of a fleet, as they were and as they will be served, and the shards behind them.

import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { type FleetChartsProps } from '../fleet-charts-props';
import { type NutcrackerPool } from '../nutcracker';
import { FleetShards } from '../nutcracker/fleet-shards';
import { refuseLeftBehind, refuseOtherPasswords } from './shared-servers';

/** Redis' own default of `databases`. */
const REDIS_DATABASES = 16;

/** A pool that the proxies serve. */
export interface ServedPool {
  readonly pool: NutcrackerPool;
  /** The shard of each of its servers. */
  readonly ordinals: readonly number[];
  readonly port?: number;
}

/** The pools of a fleet. */
export interface FleetPools {
  /** Those of the old fleet. */
  readonly live: readonly NutcrackerPool[];
  /** Those that the proxies serve, in the same order. */
  readonly served: readonly ServedPool[];
  readonly shards: FleetShards;
  /** How many shards there are. */
  readonly count: number;
}

/** Reads them from the props; refuses what cannot be served from one set of shards. */
export function fleetPools(scope: Construct, props: FleetChartsProps): FleetPools {
  const live = livePools(scope, props);
  const pools = newPools(scope, props, live);
  for (const pool of pools) checkServed(scope, pool, props);
  refuseOtherPasswords(scope, live);
  if (props.migration) refuseLeftBehind(scope, live);
  const shards = new FleetShards(live);
  const ordinals = shards.place(pools);
  const ports = portsOf(scope, props, live);
  return {
    live,
    served: pools.map((pool, i) => ({ pool, ordinals: ordinals[i], port: ports[pool.name] })),
    shards,
    count: Math.max(shards.lines.length, ...ordinals.flat().map((ordinal) => ordinal + 1)),
  };
}

/** The pools of a fleet or of a move, which are given as one or as several. */
export function livePools(
  scope: Construct,
  { pool, pools }: { readonly pool?: NutcrackerPool; readonly pools?: readonly NutcrackerPool[] },
): readonly NutcrackerPool[] {
  if ((pool === undefined) === (pools === undefined)) {
    refuse(scope, `pool and pools are ${pool ? 'both set' : 'both missing'}; give pool, or pools if there are several`);
  }
  const live = pools ?? (pool ? [pool] : []);
  if (live.length === 0) refuse(scope, 'pools is empty; name the pools of the old fleet');
  refuseTwice(scope, 'pools', live);
  return live;
}

function newPools(
  scope: Construct,
  { pool, newPool, newPools: several = [] }: FleetChartsProps,
  live: readonly NutcrackerPool[],
): NutcrackerPool[] {
  if (newPool !== undefined) {
    if (pool === undefined) refuse(scope, 'newPool goes with pool; where there are pools, give newPools');
    if (several.length > 0) refuse(scope, 'newPool and newPools are both set; leave one out');
    if (newPool.name !== pool.name) {
      refuse(scope, `newPool is called ${newPool.name}, and pool ${pool.name}; give it the same name`);
    }
    return [newPool];
  }
  refuseTwice(scope, 'newPools', several);
  const byName = new Map(several.map((one) => [one.name, one]));
  const names = live.map(({ name }) => name);
  const unknown = several.find(({ name }) => !names.includes(name));
  if (unknown !== undefined) {
    refuse(scope, `newPools has ${unknown.name}, and the pools are ${names.join(', ')}; give it the name of its pool`);
  }
  return live.map((one) => byName.get(one.name) ?? one);
}

function refuseTwice(scope: Construct, prop: string, pools: readonly NutcrackerPool[]): void {
  const names = pools.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return;
  const remedy = `rename one, as with new NutcrackerPool({ ...pool.settings, name: '${twice}-2' })`;
  refuse(scope, `${prop} has two pools called ${twice}; ${remedy}`);
}

function checkServed(scope: Construct, pool: NutcrackerPool, { redis }: FleetChartsProps): void {
  if (!pool.redis) {
    refuse(scope, `pool ${pool.name} speaks the protocol of memcached; set redis: true, or leave the pool out`);
  }
  const databases = redis?.config?.directives.find((directive) => directive.name === 'databases')?.args[0];
  if (pool.redisDb >= Number(databases ?? REDIS_DATABASES)) {
    refuse(scope, `pool ${pool.name} uses redis_db ${pool.redisDb}; give the shards more databases than that`);
  }
}

function portsOf(
  scope: Construct,
  { proxyPort, proxyPorts = {} }: FleetChartsProps,
  live: readonly NutcrackerPool[],
): Readonly<Record<string, number | undefined>> {
  const names = live.map(({ name }) => name);
  const unknown = Object.keys(proxyPorts).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    refuse(scope, `proxyPorts names ${JSON.stringify(unknown)}; the pools are ${names.join(', ')}`);
  }
  if (proxyPort === undefined) return proxyPorts;
  if (names.length > 1) refuse(scope, `proxyPort is for one pool, and there are ${names.length}; give proxyPorts`);
  return { [names[0]]: proxyPort };
}
