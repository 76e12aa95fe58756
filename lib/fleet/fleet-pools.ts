// The old pools of a fleet, the pools that the proxies serve, and their shards.

import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { type FleetChartsProps } from '../fleet-charts-props';
import { type NutcrackerPool } from '../nutcracker';
import { FleetShards } from '../nutcracker/fleet-shards';
import { ringChange, type RingChange } from './ring-change';
import { refuseOmittedPools, refuseDifferentPasswords } from './shared-servers';

/** The default of the Redis setting `databases`. */
const REDIS_DATABASES = 16;

/** A pool that the proxies serve. */
export interface ServedPool {
  readonly pool: NutcrackerPool;
  /** The ordinal of the shard of each server. */
  readonly ordinals: readonly number[];
  readonly port?: number;
}

/** The pools of a fleet. */
export interface FleetPools {
  /** The pools of the old fleet. */
  readonly live: readonly NutcrackerPool[];
  /** The pools that the proxies serve, in the same order. */
  readonly served: readonly ServedPool[];
  readonly shards: FleetShards;
  /** The number of shards. */
  readonly count: number;
  /** The last change of the ring, if there is one. */
  readonly change?: RingChange;
}

/** Reads the pools from the props; refuses pools that one set of shards cannot serve. */
export function fleetPools(scope: Construct, props: FleetChartsProps): FleetPools {
  const live = livePools(scope, props);
  const change = ringChange(scope, props);
  const pools = change ? [change.served.pool] : newPools(scope, props, live);
  for (const pool of pools) checkServed(scope, pool, props);
  refuseDifferentPasswords(scope, live);
  if (props.migration) refuseOmittedPools(scope, live);
  const shards = new FleetShards(live);
  const ordinals = (change?.history ?? shards).place(pools);
  const ports = portsOf(scope, props, live);
  return {
    live,
    served: pools.map((pool, i) => ({ pool, ordinals: ordinals[i], port: ports[pool.name] })),
    shards,
    count: change?.count ?? Math.max(shards.lines.length, ...ordinals.flat().map((ordinal) => ordinal + 1)),
    change,
  };
}

/** The pools of a fleet or a migration, given as `pool` or `pools`. */
export function livePools(
  scope: Construct,
  { pool, pools }: { readonly pool?: NutcrackerPool; readonly pools?: readonly NutcrackerPool[] },
): readonly NutcrackerPool[] {
  if ((pool === undefined) === (pools === undefined)) {
    refuse(scope, `pool and pools are ${pool ? 'both set' : 'both missing'}; set pool, or pools if there are several`);
  }
  const live = pools ?? (pool ? [pool] : []);
  if (live.length === 0) refuse(scope, 'pools is empty; list the pools of the old fleet');
  refuseSameName(scope, 'pools', live);
  return live;
}

function newPools(
  scope: Construct,
  { pool, newPool, newPools: several = [] }: FleetChartsProps,
  live: readonly NutcrackerPool[],
): NutcrackerPool[] {
  if (newPool !== undefined) {
    if (pool === undefined) refuse(scope, 'newPool replaces pool, but pools is set; use newPools');
    if (several.length > 0) refuse(scope, 'newPool and newPools are both set; remove one of them');
    if (newPool.name !== pool.name) {
      refuse(scope, `newPool is named ${newPool.name}, but pool is named ${pool.name}; use the same name`);
    }
    return [newPool];
  }
  refuseSameName(scope, 'newPools', several);
  const byName = new Map(several.map((each) => [each.name, each]));
  const names = live.map(({ name }) => name);
  const unknown = several.find(({ name }) => !names.includes(name));
  if (unknown !== undefined) {
    refuse(
      scope,
      `newPools has ${unknown.name}, but the pools are ${names.join(', ')}; use the name of the pool that it replaces`,
    );
  }
  return live.map((each) => byName.get(each.name) ?? each);
}

function refuseSameName(scope: Construct, prop: string, pools: readonly NutcrackerPool[]): void {
  const names = pools.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return;
  const remedy = `rename one, as with new NutcrackerPool({ ...pool.settings, name: '${twice}-2' })`;
  refuse(scope, `${prop} has two pools named ${twice}; ${remedy}`);
}

function checkServed(scope: Construct, pool: NutcrackerPool, { redis }: FleetChartsProps): void {
  if (!pool.redis) {
    refuse(scope, `pool ${pool.name} uses the memcached protocol; set redis: true, or leave the pool out`);
  }
  const databases = redis?.config?.directives.find((directive) => directive.name === 'databases')?.args[0];
  if (pool.redisDb >= Number(databases ?? REDIS_DATABASES)) {
    refuse(scope, `pool ${pool.name} uses redis_db ${pool.redisDb}; set databases of the shards to more than that`);
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
  if (names.length > 1) refuse(scope, `proxyPort is for one pool, but there are ${names.length}; use proxyPorts`);
  return { [names[0]]: proxyPort };
}
