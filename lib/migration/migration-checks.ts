// Checks of the migration's props.

import { type Construct } from 'constructs';
import { checkWhole, refuse, withPath } from '../common/prop-errors';
import { checkSecretKey, refuseSecondKey } from '../common/secret-key';
import { checkOldTls, isSameOldTls } from '../tls/tls-checks';
import { TlsPhase } from '../tls/tls-options';
import { type FleetMigrationProps } from '../fleet-migration-props';
import { refuseOmittedPools, refuseDifferentPasswords } from '../fleet/shared-servers';
import { NetworkPeer } from '../network-peer';
import { type NutcrackerPool } from '../nutcracker';
import { type FleetShards } from '../nutcracker/fleet-shards';
import { checkOldUser, isSameUser } from './old-user';
import { checkJobs } from '../jobs/job-checks';
import { MIGRATOR } from './steps';

/** Refuses props that would fail only in the cluster, or put data at risk. */
export function checkMigration(
  scope: Construct,
  props: FleetMigrationProps,
  pools: readonly NutcrackerPool[],
  shards: FleetShards,
): void {
  checkJobs(scope, MIGRATOR, props, shards.lines.length);
  checkSecretKey(scope, 'password', props.password);
  checkWhole(scope, 'syncConcurrency', props.syncConcurrency ?? 8, 1, 1000);
  checkWhole(scope, 'syncsPerSourceHost', props.syncsPerSourceHost ?? 1, 1, 1000);
  checkWhole(scope, 'cutoverConcurrency', props.cutoverConcurrency ?? 4, 1, 1000);
  const deadline = props.cutoverDeadline?.toMilliseconds() ?? 1000;
  checkWhole(scope, 'cutoverDeadline in milliseconds', deadline, 100, 60_000);
  for (const block of props.proxyNetworks ?? []) withPath(scope, () => NetworkPeer.cidr(block));
  checkPools(scope, props, pools);
  checkShards(scope, props, shards.lines.length);
  checkSecretKey(scope, 'renamedCommands', props.renamedCommands);
  refuseSecondKey(scope, 'renamedCommands', props.renamedCommands);
  checkOldUser(scope, 'oldUser', props.oldUser);
  if (!isSameUser(props.oldUser, props.redis.oldUser)) {
    refuse(
      scope,
      'oldUser of the migration and of redis differ, so the shards could not replicate; set both to the same user',
    );
  }
  checkTls(scope, props);
}

function checkTls(scope: Construct, props: FleetMigrationProps): void {
  const { oldTls, redis, keepLegacyInSync, shardAddressesForLegacy } = props;
  checkOldTls(scope, oldTls);
  if (!isSameOldTls(oldTls, redis.oldTls))
    refuse(
      scope,
      'oldTls of the migration and of redis differ, so the shards could not replicate; set both to the same',
    );
  const isClosed = redis.tls?.phase === TlsPhase.REQUIRED && oldTls === undefined;
  if (isClosed && keepLegacyInSync === true && shardAddressesForLegacy === undefined)
    refuse(
      scope,
      'keepLegacyInSync is set, but the old servers have no TLS (oldTls), and shards in the phase REQUIRED no port without TLS that they could follow; set the phase of tls to USED until the fleet has moved, or shardAddressesForLegacy to tunnels before the shards',
    );
}

function checkPools(scope: Construct, { password }: FleetMigrationProps, pools: readonly NutcrackerPool[]): void {
  for (const { name, redis, redisAuth } of pools) {
    if (!redis) refuse(scope, `pool ${name} uses the memcached protocol; set redis: true, or leave the pool out`);
    if (redisAuth !== undefined && password === undefined) {
      refuse(scope, `pool ${name} has a redis_auth, but no password; set password to its Secret`);
    }
  }
  refuseDifferentPasswords(scope, pools);
  refuseOmittedPools(scope, pools);
}

function checkShards(scope: Construct, { redis, shardAddressesForLegacy }: FleetMigrationProps, servers: number): void {
  if (redis.addresses.length !== servers) {
    const counts = `${servers} old servers but ${redis.addresses.length} shards`;
    refuse(scope, `there are ${counts}; migrate first, and change the number of shards afterwards`);
  }
  if (!redis.startAsReplica) {
    refuse(scope, 'redis would start as empty masters, and the bridge would route to them; set startAsReplica: true');
  }
  if (shardAddressesForLegacy === undefined) return;
  if (shardAddressesForLegacy.length !== servers) {
    refuse(
      scope,
      `shardAddressesForLegacy has ${shardAddressesForLegacy.length} entries for ${servers} shards; give one for each shard`,
    );
  }
  for (const address of shardAddressesForLegacy) {
    if (/^[^\s/:]+:\d{1,5}$/.test(address)) continue;
    refuse(scope, `shardAddressesForLegacy has ${JSON.stringify(address)}; write host:port`);
  }
}
