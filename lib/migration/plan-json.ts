// plan.json as it is written: what is set for the whole move, and a line for each shard.

import { type NutcrackerPool } from '../nutcracker';
import { type MigrationOptions } from './migration-options';
import { type MovePlan, PLAN_VERSION } from './plan';

/** The plan of a move of this pool to these addresses. */
export function movePlan(
  fleet: string,
  pool: NutcrackerPool,
  addresses: string[],
  options: MigrationOptions,
): MovePlan {
  const { hash, distribution, hashTag } = pool;
  const renamed = Object.entries(options.renamedCommands ?? {}).map(([command, name]) => [command.toUpperCase(), name]);
  return {
    version: PLAN_VERSION,
    fleet,
    ring: { hash, distribution, ...(hashTag !== undefined && { hashTag }) },
    sync: { concurrency: options.syncConcurrency ?? 8, perSourceHost: options.syncsPerSourceHost ?? 1 },
    cutover: {
      concurrency: options.cutoverConcurrency ?? 4,
      deadlineMs: options.cutoverDeadline?.toMilliseconds() ?? 1000,
    },
    keepLegacyInSync: options.keepLegacyInSync ?? false,
    proxyNetworks: options.proxyNetworks ?? [],
    renamedCommands: Object.fromEntries(renamed) as Record<string, string>,
    shards: pool.servers.map(({ ringName, weight, address }, shard) => ({
      shard,
      ringName,
      weight,
      old: address,
      new: addresses[shard],
      ...(options.shardAddressesForLegacy && { newForOld: options.shardAddressesForLegacy[shard] }),
    })),
  };
}

/** The text of plan.json. */
export function planJson({ shards, ...settings }: MovePlan): string {
  const lines = Object.entries(settings).map(([key, value]) => `  ${JSON.stringify(key)}: ${spaced(value)},`);
  const entries = shards.map((shard) => `    ${spaced(shard)}`);
  return ['{', ...lines, '  "shards": [', entries.join(',\n'), '  ]', '}', ''].join('\n');
}

/** JSON on one line, with a space behind each comma and colon, and inside braces. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${spaced(inner)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
