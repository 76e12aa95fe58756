// The content of plan.json.

import { type NutcrackerPool } from '../nutcracker';
import { type RedisStatefulSet } from '../redis-stateful-set';
import { usesTls } from '../redis/server-ports';
import { type ShardTls } from '../tls/tls-options';
import { type FleetShards } from '../nutcracker/fleet-shards';
import { type MigrationOptions } from './migration-options';
import { type MovePlan, PLAN_VERSION, type PlannedPool, type PlannedTls } from './plan';

/** The plan to migrate the shards of these pools to these servers. */
export function migrationPlan(
  fleet: string,
  pools: readonly NutcrackerPool[],
  shards: FleetShards,
  redis: RedisStatefulSet,
  options: MigrationOptions,
): MovePlan {
  const { addresses, tls } = redis;
  const forLegacy = options.shardAddressesForLegacy ?? plainAddresses(redis, options);
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
    ...((tls ?? options.oldTls) && { tls: plannedTls(options, tls) }),
    shards: shards.lines.map((lines, shard) => ({
      shard,
      servers: lines.map(({ pool, server: { ringName, weight } }) => ({ pool: pool.name, ringName, weight })),
      old: lines[0].server.address,
      new: addresses[shard],
      ...(forLegacy && { newForOld: forLegacy[shard] }),
    })),
  };
}

/** Old servers without TLS follow shards at their port without it, also where everything else uses the other one. */
function plainAddresses(
  { addresses, port, openPorts, tls }: RedisStatefulSet,
  { keepLegacyInSync = false, oldTls }: MigrationOptions,
): string[] | undefined {
  if (!keepLegacyInSync || oldTls !== undefined || !usesTls(tls)) return undefined;
  const plain = openPorts.find((it) => it !== port);
  return plain === undefined ? undefined : addresses.map((it) => `${it.slice(0, it.lastIndexOf(':'))}:${plain}`);
}

function plannedTls({ oldTls }: MigrationOptions, tls?: ShardTls): PlannedTls {
  const oldName = oldTls?.serverName;
  return { new: usesTls(tls), old: oldTls !== undefined, ...(oldName !== undefined && { oldName }) };
}

/** The settings of a pool that map keys to shards. */
export function plannedPool({ name, hash, distribution, hashTag, redisDb }: NutcrackerPool): PlannedPool {
  return { name, hash, distribution, ...(hashTag !== undefined && { hashTag }), database: redisDb };
}
