// The Jobs that operate a fleet that is not being moved: those that change masters, passwords and the ring, and the backups.

import { type Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { type BackupOptions } from '../backup/backup-options';
import { IMPORT_STEP, RESTORE_STEP } from '../backup/steps';
import { type SecretKey } from '../common/secret-key';
import { FAILOVER, fileOfStep } from '../failover/steps';
import { FleetBackup } from '../fleet-backup';
import { type FleetChartsProps } from '../fleet-charts-props';
import { FleetFailover } from '../fleet-failover';
import { FleetPasswords } from '../fleet-passwords';
import { FleetReshard } from '../fleet-reshard';
import { ringFingerprint } from '../nutcracker/ring-fingerprint';
import { fileOfPasswordStep, PASSWORDS } from '../passwords/steps';
import { fileOfReshardStep, reshardProgram } from '../reshard/steps';
import { memoryOf } from '../redis/redis-conf';
import { addressOf, nameIn } from '../redis/redis-services';
import { type RedisStatefulSet } from '../redis-stateful-set';
import { type TwemproxyLayer } from '../twemproxy-layer';
import { acceptsPlain } from '../twemproxy/next-ring';
import { type FleetPools } from './fleet-pools';
import { type RingChange } from './ring-change';
import { ringNamesOfShards } from './ring-names';

/** What the Jobs need of the fleet. */
interface Operated {
  readonly name: string;
  readonly redis: RedisStatefulSet;
  readonly password?: SecretKey;
  readonly pools: FleetPools;
  /** Adds a chart, with the name of a step. */
  readonly chart: (step: string) => Chart;
  /** The chart with the volumes of the shards. */
  readonly storage: Chart;
}

export function failoverOf(props: FleetChartsProps, { name, redis, password, chart }: Operated): FleetFailover {
  const { failover } = props;
  const plan = chart('42-failover');
  const scopes: Record<string, Chart> = {};
  if (failover?.programInImage !== true) scopes.program = chart('43-failover-program');
  for (const step of FAILOVER.steps) scopes[step.name] = chart(`${step.number}-${fileOfStep(step)}`);
  return new FleetFailover(plan, 'failover', {
    ...failover,
    name: `${name}-failover`,
    partOf: name,
    addresses: redis.addresses,
    replicaAddresses: redis.replicaAddresses,
    sentinels: redis.sentinelAddresses,
    tls: redis.tls,
    otherPorts: redis._otherPorts,
    password,
    metrics: props.metrics !== undefined,
    scopes,
  });
}

export function passwordsOf(
  { passwords, metrics, proxies, clusterDomain }: FleetChartsProps,
  password: SecretKey,
  layer: TwemproxyLayer,
  { name, redis, chart }: Operated,
): FleetPasswords {
  const { clientTls } = proxies;
  const service = addressOf(layer, layer.service.name, layer.ports[0], clusterDomain);
  const plan = chart('47-passwords');
  const scopes: Record<string, Chart> = {};
  if (passwords?.programInImage !== true) scopes.program = chart('48-passwords-program');
  for (const step of PASSWORDS.steps) scopes[step.name] = chart(`${step.number}-${fileOfPasswordStep(step)}`);
  return new FleetPasswords(plan, 'passwords', {
    ...passwords,
    name: `${name}-passwords`,
    partOf: name,
    addresses: redis.addresses,
    replicaAddresses: redis.replicaAddresses,
    sentinels: redis.sentinelAddresses,
    // The first one has no TLS if there is one.
    proxyPort: layer.ports[0],
    ...(clientTls && !acceptsPlain(proxies) && { proxyTls: { serverName: nameIn(service), ...clientTls } }),
    tls: redis.tls,
    password,
    metrics: metrics !== undefined,
    scopes,
  });
}

export function reshardOf(
  { phase, options, cluster, from, to }: RingChange,
  password: SecretKey,
  { name, redis, chart }: Operated,
): FleetReshard {
  const { pools: _pools, cluster: _cluster, phase: _phase, bridge: _bridge, ...own } = options;
  const first = cluster ? to : from;
  const plan = chart('45-reshard');
  const scopes: Record<string, Chart> = {};
  if (own.programInImage !== true) scopes.program = chart('46-reshard-program');
  for (const step of reshardProgram(phase, cluster !== undefined).steps)
    scopes[step.name] = chart(`${step.number}-${fileOfReshardStep(step)}`);
  return new FleetReshard(plan, 'reshard', {
    ...own,
    name: `${name}-reshard`,
    partOf: name,
    pool: first.pool,
    ordinals: [...first.ordinals],
    ringUser: first.user,
    ...(cluster ? { cluster } : { nextPool: to.pool, nextOrdinals: [...to.ordinals] }),
    tls: redis.tls,
    addresses: redis.addresses,
    replicaAddresses: redis.replicaAddresses,
    phase,
    password,
    scopes,
  });
}

export function backupOf(
  props: FleetChartsProps,
  options: BackupOptions,
  { name, redis, password, pools, chart, storage }: Operated,
): FleetBackup {
  const scopes: Record<string, Chart> = { restore: chart(`${RESTORE_STEP.number}-${RESTORE_STEP.name}`) };
  if (options.importFrom) scopes.import = chart(`${IMPORT_STEP.number}-${IMPORT_STEP.name}`);
  if (options.programInImage !== true) scopes.program = chart('47-backup-program');
  const { memory, image } = { memory: memoryOf(props.redis ?? {}), image: props.redis?.image };
  const shared = [props.storage, props.replicaStorage].filter((it) => Construct.isConstruct(it));
  return new FleetBackup(chart('48-backup'), 'backup', {
    ...(options.drillSchedule !== undefined && {
      drillMemory: memory,
      drillRedisImage: image,
    }),
    ...options,
    ...(options.importFrom && {
      importFrom: { memory, ...(image !== undefined && { redisImage: image }), ...options.importFrom },
      importPools: [...pools.live],
    }),
    name: `${name}-backup`,
    partOf: name,
    ring: ringFingerprint(pools.served),
    ringNames: ringNamesOfShards(pools.served, pools.count),
    addresses: redis.addresses,
    replicaAddresses: redis.replicaAddresses,
    sentinels: redis.sentinelAddresses,
    shardStorage: [storage, ...shared],
    tls: redis.tls,
    password,
    metrics: props.metrics !== undefined,
    scopes,
  });
}
