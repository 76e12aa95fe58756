// What no move can be made of.

import { type Construct } from 'constructs';
import { checkImage, checkMemoryFor, checkWhole, refuse, withPath } from '../common/prop-errors';
import { checkPodOptions } from '../common/pod-options';
import { checkSecretKey } from '../common/secret-key';
import { type FleetMigrationProps } from '../fleet-migration-props';
import { refuseLeftBehind, refuseOtherPasswords } from '../fleet/shared-servers';
import { NetworkPeer } from '../network-peer';
import { type NutcrackerPool } from '../nutcracker';
import { type FleetShards } from '../nutcracker/fleet-shards';
import { DEFAULT_MIGRATOR_IMAGE } from './migration-options';
import { checkOldUser, isSameUser } from './old-user';
import { checkStepArguments } from './step-arguments';

/** Node takes 56 at its start, and the migrator a heap of up to 96. */
const LEAST_MEBIBYTES = 128;

/** Refuses props that would fail only in the cluster, or endanger data there. */
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
      'programInImage is true, but the stock Node image holds no migrator; name an image built from node_modules/cdk8s-twemproxy/images/migrator',
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
    refuse(scope, 'oldUser of the move and of redis differ, so the shards could not follow; give both the same');
  }
}

function checkPools(scope: Construct, { password }: FleetMigrationProps, pools: readonly NutcrackerPool[]): void {
  for (const { name, redis, redisAuth } of pools) {
    if (!redis) refuse(scope, `pool ${name} speaks the protocol of memcached; set redis: true, or leave the pool out`);
    if (redisAuth !== undefined && password === undefined) {
      refuse(scope, `pool ${name} has a redis_auth, but no password; name the Secret that holds it`);
    }
  }
  refuseOtherPasswords(scope, pools);
  refuseLeftBehind(scope, pools);
}

function checkShards(scope: Construct, { redis, shardAddressesForLegacy }: FleetMigrationProps, servers: number): void {
  if (redis.addresses.length !== servers) {
    const counts = `${servers} old servers and ${redis.addresses.length} shards`;
    refuse(scope, `there are ${counts}; move first, and change the number of shards later`);
  }
  if (!redis.startAsReplica) {
    refuse(scope, 'redis would start as empty masters, which the bridge would prefer; set startAsReplica: true');
  }
  if (shardAddressesForLegacy === undefined) return;
  if (shardAddressesForLegacy.length !== servers) {
    refuse(
      scope,
      `shardAddressesForLegacy has ${shardAddressesForLegacy.length} entries for ${servers} shards; give one each`,
    );
  }
  for (const address of shardAddressesForLegacy) {
    if (/^[^\s/:]+:\d{1,5}$/.test(address)) continue;
    refuse(scope, `shardAddressesForLegacy has ${JSON.stringify(address)}; write host:port`);
  }
}
