// Assigns the INFO of servers to the shards of a fleet. Every shard must have exactly one.

import { type Objection, refuseAny } from '../../lib/nutcracker/config-error';
import { FleetShards, instanceOf } from '../../lib/nutcracker/fleet-shards';
import { type NutcrackerPool } from '../../lib/nutcracker';
import { type ConfigFile } from './pools';
import { type ServerInfo } from './server-info';

/** The addresses of the shards of a fleet, by ordinal. */
export function addressesOf(pools: readonly NutcrackerPool[]): string[] {
  return new FleetShards(pools).addresses;
}

/**
 * The INFO of each shard, by ordinal. A name is the address in nutcracker.yml, or the ordinal of the shard. Servers of other pools
 * of the file are ignored.
 */
export function infoByShard(
  config: ConfigFile,
  pools: readonly NutcrackerPool[],
  servers: readonly ServerInfo[],
): ServerInfo[] {
  const addresses = addressesOf(pools);
  const others = new Set(addressesOf(config.pools).map(instanceOf));
  const found: (ServerInfo | undefined)[] = addresses.map(() => undefined);
  const byRunId = new Map<string, ServerInfo>();
  const objections: Objection[] = [];
  for (const server of servers) {
    const shard = shardOf(server.name, addresses);
    if (shard === undefined) {
      if (!others.has(instanceOf(server.name))) objections.push(unknown(server, config.name, addresses));
      continue;
    }
    const { [shard]: first } = found;
    const same = byRunId.get(server.text('run_id'));
    if (first !== undefined) objections.push(twice(server, first, `shard ${shard}`));
    else if (same !== undefined) objections.push(twice(server, same, `the server with this run_id`));
    found[shard] ??= server;
    byRunId.set(server.text('run_id'), server);
  }
  const missing = addresses.filter((_, shard) => found[shard] === undefined);
  if (missing.length > 0 && objections.length === 0) objections.push(incomplete(servers, missing));
  refuseAny(objections);
  return found.filter((server) => server !== undefined);
}

function shardOf(name: string, addresses: readonly string[]): number | undefined {
  if (/^\d{1,5}$/.test(name)) return Number(name) < addresses.length ? Number(name) : undefined;
  const shard = addresses.findIndex((address) => instanceOf(address) === instanceOf(name));
  return shard < 0 ? undefined : shard;
}

function unknown({ name, source }: ServerInfo, config: string, addresses: readonly string[]): Objection {
  const because = `${JSON.stringify(name)} is not the address of a server in ${config}`;
  return {
    ...source,
    because,
    remedy: `write one as it is there, such as ${addresses[0]}, or the ordinal of its shard`,
  };
}

function twice({ name, source }: ServerInfo, first: ServerInfo, what: string): Objection {
  const place = `${first.source.file}:${first.source.line}`;
  const because = `${JSON.stringify(name)} is ${what}, which is also at ${place} (${JSON.stringify(first.name)})`;
  return { ...source, because, remedy: 'give the INFO of each server once, and of each its own' };
}

const SHOWN = 5;

function incomplete([{ source }]: readonly ServerInfo[], missing: readonly string[]): Objection {
  const names = missing.slice(0, SHOWN).join(', ');
  const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} others` : '';
  return { file: source.file, because: `it has no INFO of ${names}${more}`, remedy: 'give the INFO of every server' };
}
