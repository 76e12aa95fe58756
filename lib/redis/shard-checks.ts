// Checks of the props of RedisStatefulSet.

import { Size } from 'cdk8s';
import { type Construct } from 'constructs';
import {
  checkImage,
  checkMemoryFor,
  checkName,
  checkOneOf,
  checkPort,
  checkSeconds,
  checkSubdomain,
  checkWhole,
  refuse,
} from '../common/prop-errors';
import { checkPodOptions } from '../common/pod-options';
import { checkSecretKey } from '../common/secret-key';
import { checkOldUser } from '../migration/old-user';
import { type RedisStatefulSetProps } from '../redis-stateful-set-props';
import { DEFAULT_REDIS_IMAGE, ServerVersion } from './config/server-version';
import { maxmemoryOf, memoryOf } from './redis-conf';
import { serverVersionOf } from './redis-options';
import { tlsOfReplicas, tlsPortOf } from './server-ports';
import { checkOldTls, checkShardTls } from '../tls/tls-checks';
import { type ShardTls } from '../tls/tls-options';

/** Above this share of its memory, a shard that takes writes during a save is OOM-killed. */
const MOST_OF_MEMORY = 0.9;

/** An empty redis-server takes 12 (7.0.15); probes take some more. */
const LEAST_MEBIBYTES = 32;

/** A StatefulSet appends `-` and ten digits to its name in controller-revision-hash, a label of at most 63 characters. */
const REVISION_SUFFIX = 11;

/** Refuses props with which the shards would not start, or not as they should. */
export function checkShards(scope: Construct, props: RedisStatefulSetProps): void {
  const { name, shards, serviceName = name, shardName = `${name}-shard` } = props;
  checkWhole(scope, 'shards', shards, 1, 10_000);
  const ordinalSuffix = `-${shards - 1}`.length;
  checkName(scope, 'name', name, Math.max(ordinalSuffix, REVISION_SUFFIX));
  checkName(scope, 'serviceName', serviceName);
  checkName(scope, 'shardName', shardName, ordinalSuffix);
  checkReplicas(scope, props);
  checkPort(scope, 'port', props.port ?? 6379);
  checkTls(scope, props);
  checkImage(scope, 'image', props.image ?? DEFAULT_REDIS_IMAGE);
  checkVersion(scope, props);
  checkPodOptions(scope, props);
  checkSecretKey(scope, 'password', props.password);
  checkOldUser(scope, 'oldUser', props.oldUser);
  if (ordinals(shards).some((ordinal) => `${shardName}-${ordinal}` === serviceName)) {
    refuse(
      scope,
      `serviceName is ${JSON.stringify(serviceName)}, which is also the name of a shard's Service; choose another name`,
    );
  }
  checkOneOf(scope, 'updateStrategy', props.updateStrategy, ['RollingUpdate', 'OnDelete']);
  checkSeconds(scope, 'startupTimeout', props.startupTimeout);
  checkSeconds(scope, 'livenessTimeout', props.livenessTimeout);
  checkSeconds(scope, 'terminationGracePeriod', props.terminationGracePeriod);
  checkSubdomain(scope, 'clusterDomain', props.clusterDomain ?? 'cluster.local');
  checkMemory(scope, props);
}

/** TLS of old servers needs that of the shards, and its ports have to tell both servers of a shard apart. */
function checkTls(scope: Construct, { tls, oldTls, port = 6379, ...props }: RedisStatefulSetProps): void {
  checkOldTls(scope, oldTls);
  if (tls === undefined) {
    if (oldTls === undefined) return;
    const why = 'a Redis server connects by TLS only with a certificate of its own';
    refuse(scope, `oldTls is set without tls, but ${why}; set tls, with the phase OFFERED or a later one`);
  }
  checkShardTls(scope, tls, port, tlsPortOf(port, tls));
  if (props.replicas === 1) checkPortsOfBoth(scope, tls, port, props.replicaPort ?? port + 1);
}

/** The ports of both servers tell them apart, with TLS and without. */
function checkPortsOfBoth(scope: Construct, tls: ShardTls, port: number, replicaPort: number): void {
  const ofA = tlsPortOf(port, tls);
  const ofB = tlsPortOf(replicaPort, tlsOfReplicas(tls, port, replicaPort));
  checkPort(scope, 'tls.port of the second servers', ofB);
  const all = { port, replicaPort, 'tls.port': ofA, 'tls.port of the second servers': ofB };
  const names = Object.entries(all);
  for (const [n, [name, value]] of names.entries()) {
    const same = names.slice(0, n).find(([, other]) => other === value);
    if (same)
      refuse(
        scope,
        `${name} is ${value}, which is also ${same[0]}; the ports tell the servers of a shard apart: set another tls.port`,
      );
  }
}

/** `-b`, after the ordinal or before it. */
const SUFFIX_OF_B = '-b'.length;

function checkReplicas(scope: Construct, props: RedisStatefulSetProps): void {
  const { name, shards, serviceName = name, shardName = `${name}-shard`, port = 6379, replicas = 0 } = props;
  checkWhole(scope, 'replicas', replicas, 0, 1);
  if (replicas === 0) {
    for (const prop of ['replicaPlacement', 'replicaPort', 'replicaStorage'] as const) {
      if (props[prop] !== undefined) refuse(scope, `${prop} is set, but replicas is 0; set replicas: 1, or remove it`);
    }
    return;
  }
  const ordinalSuffix = `-${shards - 1}`.length;
  checkName(scope, 'name', name, SUFFIX_OF_B + Math.max(ordinalSuffix, REVISION_SUFFIX));
  checkName(scope, 'serviceName', serviceName, SUFFIX_OF_B);
  checkName(scope, 'shardName', shardName, ordinalSuffix + SUFFIX_OF_B);
  checkName(scope, 'sentinelName', props.sentinelName ?? `${name}-sentinel`, REVISION_SUFFIX);
  const { replicaPort = port + 1 } = props;
  checkPort(scope, 'replicaPort', replicaPort);
  if (replicaPort === port) {
    refuse(
      scope,
      `replicaPort is ${port}, which is also port; the ports tell the servers of a shard apart: change one`,
    );
  }
}

function checkVersion(scope: Construct, props: RedisStatefulSetProps): void {
  const { image = DEFAULT_REDIS_IMAGE, serverVersion } = props;
  if (serverVersion !== undefined && ServerVersion.of(serverVersion) === undefined) {
    refuse(scope, `serverVersion is ${JSON.stringify(serverVersion)}; write a version such as "7.2" or "valkey 8.1"`);
  }
  const version = serverVersionOf(props);
  if (version.has({ redis: '7.0', valkey: '7.2' })) return;
  const [prop, value] = serverVersion === undefined ? ['image', image] : ['serverVersion', serverVersion];
  refuse(scope, `${prop} is ${JSON.stringify(value)}, ${version.toString()}; use Redis 7.0 or later, or Valkey`);
}

function checkMemory(scope: Construct, props: RedisStatefulSetProps): void {
  checkMemoryFor(scope, 'memory', props.memory, LEAST_MEBIBYTES);
  const memory = memoryOf(props);
  const largest = Size.kibibytes(Math.floor(memory.toKibibytes() * MOST_OF_MEMORY));
  const checkSize = (prop: string, size: Size): void => {
    if (size.toKibibytes() < 1024)
      refuse(scope, `${prop} is ${size.asString()}; use at least 1Mi; 0 would mean no limit`);
    if (size.toKibibytes() <= largest.toKibibytes()) return;
    const reason = 'the fork of a save needs the rest';
    refuse(
      scope,
      `${prop} is ${size.asString()} of ${memory.asString()} memory; use at most ${largest.asString()}: ${reason}`,
    );
  };
  checkSize('maxmemory', maxmemoryOf(props));
  for (const [ordinal, size] of Object.entries(props.maxmemoryOfShard ?? {})) {
    if (String(Number(ordinal)) !== ordinal || !ordinals(props.shards).includes(Number(ordinal))) {
      refuse(scope, `maxmemoryOfShard names shard ${JSON.stringify(ordinal)}; the shards are 0 to ${props.shards - 1}`);
    }
    checkSize(`maxmemoryOfShard ${ordinal}`, size);
  }
}

function ordinals(count: number): number[] {
  return Array.from({ length: count }, (_, ordinal) => ordinal);
}
