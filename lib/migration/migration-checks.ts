// Checks of the migration's props.

import { type Construct } from 'constructs';
import { checkImage, checkMemoryFor, checkWhole, refuse, withPath } from '../common/prop-errors';
import { checkPodOptions } from '../common/pod-options';
import { checkSecretKey } from '../common/secret-key';
import { type FleetMigrationProps } from '../fleet-migration-props';
import { refuseOmittedPools, refuseDifferentPasswords } from '../fleet/shared-servers';
import { NetworkPeer } from '../network-peer';
import { type NutcrackerPool } from '../nutcracker';
import { type FleetShards } from '../nutcracker/fleet-shards';
import { DEFAULT_MIGRATOR_IMAGE } from './migration-options';
import { checkOldUser, isSameUser } from './old-user';
import { checkStepArguments } from './step-arguments';

/** Node.js takes 56 at its start, and the heap of the migrator up to 96. */
const LEAST_MEBIBYTES = 128;

/** Refuses props that would fail only in the cluster, or put data at risk. */
export function checkMigration(
  scope: Construct,
  props: FleetMigrationProps,
  pools: readonly NutcrackerPool[],
  shards: FleetShards,
): void {
  checkPodOptions(scope, props);
  checkMemoryFor(scope, 'memory', props.memory, LEAST_MEBIBYTES);
  checkImage(scope, 'image', props.image ?? DEFAULT_MIGRATOR_IMAGE);
  if (props.programInImage === true && props.image === undefined) {
    refuse(
      scope,
      'programInImage is true, but the default Node image does not contain the migrator; set image to one built from node_modules/cdk8s-twemproxy/images/migrator',
    );
  }
  checkSecretKey(scope, 'password', props.password);
  checkWhole(scope, 'syncConcurrency', props.syncConcurrency ?? 8, 1, 1000);
  checkWhole(scope, 'syncsPerSourceHost', props.syncsPerSourceHost ?? 1, 1, 1000);
  checkWhole(scope, 'cutoverConcurrency', props.cutoverConcurrency ?? 4, 1, 1000);
  const deadline = props.cutoverDeadline?.toMilliseconds() ?? 1000;
  checkWhole(scope, 'cutoverDeadline in milliseconds', deadline, 100, 60_000);
  for (const block of props.proxyNetworks ?? []) withPath(scope, () => NetworkPeer.cidr(block));
  checkPools(scope, props, pools);
  checkShards(scope, props, shards.lines.length);
  checkStepArguments(scope, props.stepArguments ?? {}, shards.lines.length);
  checkSecretKey(scope, 'renamedCommands', props.renamedCommands);
  checkOldUser(scope, 'oldUser', props.oldUser);
  if (!isSameUser(props.oldUser, props.redis.oldUser)) {
    refuse(
      scope,
      'oldUser of the migration and of redis differ, so the shards could not replicate; set both to the same user',
    );
  }
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
