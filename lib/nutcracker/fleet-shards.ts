// The shards of a fleet: each Redis server once, however many pools use it.

import { type NutcrackerPool } from './nutcracker-pool';
import { type NutcrackerServer } from './nutcracker-server';

/** A server's line in a pool. */
export interface PooledServer {
  readonly pool: NutcrackerPool;
  readonly server: NutcrackerServer;
}

/** The shards of pools: the distinct servers, in the order in which they first appear. */
export class FleetShards {
  /** The lines of each shard, by ordinal: one for each pool that uses it. */
  readonly lines: readonly (readonly PooledServer[])[];
  /** The shard of each ring name, by pool name. */
  private readonly ordinals = new Map<string, Map<string, number>>();

  constructor(pools: readonly NutcrackerPool[]) {
    const lines: PooledServer[][] = [];
    const places = placesOf(pools);
    for (const [i, pool] of pools.entries()) {
      for (const [j, server] of pool.servers.entries()) (lines[places[i][j]] ??= []).push({ pool, server });
      this.ordinals.set(pool.name, new Map(pool.servers.map(({ ringName }, j) => [ringName, places[i][j]])));
    }
    this.lines = lines;
  }

  /** The address of each shard's old server, as written in the first pool that has it. */
  get addresses(): string[] {
    return this.lines.map(([{ server }]) => server.address);
  }

  /**
   * The shard of each server of other pools with the same names. A ring name keeps its shard, whatever the order. New servers
   * get the next ordinals, one for each address.
   */
  place(pools: readonly NutcrackerPool[]): number[][] {
    const added = pools.map((pool) => pool.servers.filter(({ ringName }) => this.find(pool, ringName) === undefined));
    const places = placesOf(added.map((servers) => ({ servers })));
    return pools.map((pool, i) => {
      const next = places[i].values();
      return pool.servers.map(
        ({ ringName }) => this.find(pool, ringName) ?? this.lines.length + (next.next().value ?? 0),
      );
    });
  }

  private find(pool: NutcrackerPool, ringName: string): number | undefined {
    return this.ordinals.get(pool.name)?.get(ringName);
  }
}

/** Whether two pools share a server. */
export function shareServer(one: NutcrackerPool, other: NutcrackerPool): boolean {
  return sharedServer(one, other) !== undefined;
}

/** The first server of one pool that the other has as well. */
export function sharedServer(
  one: NutcrackerPool,
  other: NutcrackerPool,
): { readonly one: NutcrackerServer; readonly other: NutcrackerServer } | undefined {
  const byInstance = new Map(other.servers.map((server) => [instanceOf(server.address), server]));
  for (const server of one.servers) {
    const same = byInstance.get(instanceOf(server.address));
    if (same !== undefined) return { one: server, other: same };
  }
  return undefined;
}

/** Groups of pools that share servers, in the order of their first pools. */
export function groupsOf(pools: readonly NutcrackerPool[]): NutcrackerPool[][] {
  const groups: NutcrackerPool[][] = [];
  for (const pool of pools) {
    const related = groups.filter((group) => group.some((member) => shareServer(member, pool)));
    const [first, ...others] = related;
    if (related.length === 0) {
      groups.push([pool]);
      continue;
    }
    for (const other of others) {
      first.push(...other);
      groups.splice(groups.indexOf(other), 1);
    }
    first.push(pool);
  }
  return groups.map((group) => group.sort((a, b) => pools.indexOf(a) - pools.indexOf(b)));
}

/** Normalizes an address: `Host.:06379` becomes `host:6379`, `localhost` becomes 127.0.0.1. */
export function instanceOf(address: string): string {
  if (address.startsWith('/')) return address;
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).toLowerCase().replace(/\.$/, '');
  return `${host === 'localhost' ? '127.0.0.1' : host}:${Number(address.slice(colon + 1))}`;
}

/**
 * The index of each server among the distinct ones. Two lines of one pool are always distinct: the second line for an
 * address gets the same index as the second line for it in another pool.
 */
function placesOf(pools: readonly { readonly servers: readonly NutcrackerServer[] }[]): number[][] {
  const places = new Map<string, number>();
  return pools.map(({ servers }) => {
    const seen = new Map<string, number>();
    return servers.map(({ address }) => {
      const instance = instanceOf(address);
      const nth = seen.get(instance) ?? 0;
      seen.set(instance, nth + 1);
      const key = `${instance} ${nth}`;
      const place = places.get(key) ?? places.size;
      places.set(key, place);
      return place;
    });
  });
}
