// Writes plan.json: the settings of the migration, and a line for each shard.

import { type NutcrackerPool } from '../nutcracker';
import { type FleetShards } from '../nutcracker/fleet-shards';
import { type MigrationOptions } from './migration-options';
import { type MovePlan, PLAN_VERSION, type PlannedPool } from './plan';

/** The plan to migrate the shards of these pools to these addresses. */
export function migrationPlan(
  fleet: string,
  pools: readonly NutcrackerPool[],
  shards: FleetShards,
  addresses: string[],
  options: MigrationOptions,
): MovePlan {
  return {
    version: PLAN_VERSION,
    fleet,
    pools: pools.map(plannedPool),
    sync: { concurrency: options.syncConcurrency ?? 8, perSourceHost: options.syncsPerSourceHost ?? 1 },
    cutover: {
      concurrency: options.cutoverConcurrency ?? 4,
      deadlineMs: options.cutoverDeadline?.toMilliseconds() ?? 1000,
    },
    keepLegacyInSync: options.keepLegacyInSync ?? false,
    proxyNetworks: options.proxyNetworks ?? [],
    ...(options.oldUser && { oldUser: options.oldUser.name }),
    shards: shards.lines.map((lines, shard) => ({
      shard,
      servers: lines.map(({ pool, server: { ringName, weight } }) => ({ pool: pool.name, ringName, weight })),
      old: lines[0].server.address,
      new: addresses[shard],
      ...(options.shardAddressesForLegacy && { newForOld: options.shardAddressesForLegacy[shard] }),
    })),
  };
}

function plannedPool({ name, hash, distribution, hashTag, redisDb }: NutcrackerPool): PlannedPool {
  return { name, hash, distribution, ...(hashTag !== undefined && { hashTag }), database: redisDb };
}

/** The text of plan.json, with a line for each pool and shard. */
export function planJson(plan: MovePlan): string {
  const fields = Object.entries(plan).map(([key, value]) => {
    const isList = key === 'pools' || key === 'shards';
    const lines = isList ? (value as object[]).map((entry) => `\n    ${spaced(entry)}`) : [];
    return `  ${JSON.stringify(key)}: ${isList ? `[${lines.join(',')}\n  ]` : spaced(value)}`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
}

/** JSON on one line, with spaces after commas and colons, and inside braces. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${spaced(inner)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
