// Checks of the props of RedisCluster.

import { type Construct } from 'constructs';
import { HASH_LENGTH } from '../common/hashed-config-map';
import { checkName, checkWhole } from '../common/prop-errors';
import { refuseSecondKey } from '../common/secret-key';
import { type RedisClusterProps } from '../redis-cluster-props';
import { BUS_OFFSET, nodesOfShard, nodeTimeoutOf, portOf, portsOf } from './cluster-node';
import { checkShardTls } from '../tls/tls-checks';
import { checkShards } from './shard-checks';

/** redis-cli creates no cluster with fewer: the others have to agree that one has failed. */
const LEAST_MASTERS = 3;
/** Each node is connected to each other one. */
const MOST_MASTERS = 500;
const MOST_REPLICAS = 5;

const LARGEST_PORT = 65_535 - BUS_OFFSET;

/** Refuses props with which the nodes would not start, or would be no cluster. */
export function checkCluster(scope: Construct, props: RedisClusterProps): void {
  const { name, masters, replicas = 1, tls } = props;
  checkWhole(scope, 'masters', masters, LEAST_MASTERS, MOST_MASTERS);
  checkWhole(scope, 'replicas', replicas, 0, MOST_REPLICAS);
  checkName(scope, 'name', name, '-create-'.length + HASH_LENGTH);
  checkWhole(scope, 'port', portOf(props), 1024, LARGEST_PORT);
  if (tls !== undefined) {
    checkWhole(scope, 'tls.port', portsOf(props).used, 1024, LARGEST_PORT);
    checkShardTls(scope, tls, portOf(props), portsOf(props).used);
  }
  checkWhole(scope, 'nodeTimeout in milliseconds', nodeTimeoutOf(props), 1000, 600_000);
  refuseSecondKey(scope, 'password', props.password);
  const nodes = { ...props, shards: masters * nodesOfShard(props), shardName: name, replicas: 0, tls: undefined };
  checkShards(scope, { ...nodes, migratorUser: true });
}
