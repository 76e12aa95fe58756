// The data of a fleet's runbook, from its constructs and charts.

import { App, Chart, Names } from 'cdk8s';
import { type Construct } from 'constructs';
import { DEFAULT_SECRET_KEY, type SecretKey } from '../common/secret-key';
import { fileOfStep } from '../failover/steps';
import { type FleetFailover } from '../fleet-failover';
import { type FleetMigration } from '../fleet-migration';
import { type FleetReshard } from '../fleet-reshard';
import { type RedisCluster } from '../redis-cluster';
import { DEFAULT_RENAMED_KEY } from '../migration/migration-job';
import { type PhasedMigration } from '../migration/migration-options';
import { migratorHash } from '../migration/migrator-bundle';
import { needsOf } from '../migration/runbook/cluster-requirements';
import { type RunbookInput } from '../migration/runbook/runbook-input';
import { HashRing } from '../nutcracker';
import { type RedisStatefulSet } from '../redis-stateful-set';
import { type ClusterRunbook, type ReshardRunbook, type RunbookOfChange } from '../reshard/runbook/input';
import { CA_FILE, caSecretOf } from '../tls/tls-files';
import { TlsPhase } from '../tls/tls-options';
import { type TwemproxyLayer } from '../twemproxy-layer';
import { nameIn } from '../redis/redis-services';
import { type FleetPools } from './fleet-pools';
import { type RingChange } from './ring-change';

/** The parts of a fleet. */
export interface FleetParts {
  readonly redis: RedisStatefulSet;
  readonly proxies: TwemproxyLayer;
  readonly migration?: FleetMigration;
  readonly failover?: FleetFailover;
  readonly pools: FleetPools;
  readonly password?: SecretKey;
  /** The charts by step. */
  readonly charts: readonly [string, Chart][];
}

/** The options of its migration, and its names. */
export interface FleetNames extends PhasedMigration {
  readonly fleet: string;
  /** The file in which the FleetCharts are. */
  readonly source: string;
  readonly move: string;
  readonly namespace?: string;
}

type ChangedParts = Pick<FleetParts, 'redis' | 'proxies' | 'failover' | 'charts'> & { readonly reshard?: FleetReshard };
type ChangedNames = Omit<FleetNames, keyof PhasedMigration>;

/** The data of the runbook of a change of the ring. */
export function reshardRunbookInput(
  scope: Construct,
  parts: ChangedParts,
  change: RingChange,
  names: ChangedNames,
): ReshardRunbook {
  const { from, to, count } = change;
  const { added, removed, reweighted, movedShare } = HashRing.of(from.pool).diff(HashRing.of(to.pool));
  return {
    ...commonInput(scope, parts, change, names),
    shards: count,
    diff: {
      before: from.pool.servers.length,
      after: to.pool.servers.length,
      added,
      removed,
      reweighted: reweighted.length,
      movedShare,
    },
    certificate: parts.redis.tls && {
      secret: parts.redis.tls.secretName,
      names: namesOf(
        parts.redis,
        to.ordinals.filter((ordinal) => !from.ordinals.includes(ordinal)),
      ),
    },
    users: [from.user, to.user],
  };
}

/** The names of the servers of these shards, as a certificate has them. */
function namesOf({ addresses, replicaAddresses }: RedisStatefulSet, ordinals: readonly number[]): string[] {
  return [addresses, replicaAddresses].flatMap((all) => ordinals.flatMap((n) => (n in all ? [nameIn(all[n])] : [])));
}

/** The data of the runbook of a change to a Redis Cluster. */
export function clusterRunbookInput(
  scope: Construct,
  parts: ChangedParts,
  change: RingChange,
  cluster: RedisCluster,
  names: ChangedNames,
): ClusterRunbook {
  const { to, history } = change;
  const { jobs, ...common } = commonInput(scope, parts, change, names);
  return {
    ...common,
    jobs: { ...jobs, create: cluster.createJob.name },
    hashTag: to.pool.hashTag,
    restarts: history.last === 0 && parts.redis.replicaStatefulSet === undefined,
    cluster: {
      statefulSet: cluster.statefulSet.name,
      file: fileOf(scope, Chart.of(cluster)),
      // A client learns the others from one of them.
      seeds: cluster.addresses.slice(0, SEEDS).map((address) => address.replace('.:', ':')),
      masters: cluster.masters,
      nodes: cluster.addresses.length,
      ...(cluster.tls && {
        tls: {
          caSecret: caSecretOf(cluster.tls),
          ...(cluster.plainPort !== undefined && { plainPort: cluster.plainPort }),
        },
      }),
    },
  };
}

const SEEDS = 3;

function commonInput(
  scope: Construct,
  { redis, proxies, failover, reshard, charts }: ChangedParts,
  { phase }: RingChange,
  names: ChangedNames,
): RunbookOfChange {
  return {
    ...names,
    phase,
    statefulSet: redis.statefulSet.name,
    replicas: replicasOf(redis),
    deployment: proxies.deployment.name,
    redisCli: redisCliOf(redis),
    files: filesOf(scope, charts),
    jobs: Object.fromEntries([
      ...Object.entries(reshard?.jobs ?? {}).map(([step, { name }]) => [step, name] as const),
      ...failoverJobs(failover),
    ]),
  };
}

function replicasOf({ replicaStatefulSet, sentinelName }: RedisStatefulSet): RunbookInput['replicas'] {
  return replicaStatefulSet && { statefulSet: replicaStatefulSet.name, sentinels: sentinelName };
}

function failoverJobs(failover?: FleetFailover): (readonly [string, string])[] {
  return Object.entries(failover?.jobs ?? {}).map(([step, { name }]) => [fileOfStep({ name: step }), name]);
}

function fileOf(scope: Construct, chart: Chart): string {
  return `${Names.toDnsLabel(chart)}${App.of(scope).outputFileExtension}`;
}

/** The written files, by step. */
function filesOf(scope: Construct, charts: FleetParts['charts']): Record<string, string> {
  return Object.fromEntries(charts.map(([step, chart]) => [step, fileOf(scope, chart)]));
}

function certificatesOf({ tls, oldTls }: RedisStatefulSet): string[] {
  const all = [tls?.secretName, tls?.caSecretName, oldTls?.caSecretName, oldTls?.clientSecretName];
  return [...new Set(all)].filter((it) => it !== undefined);
}

function redisCliOf({ tls, port }: RedisStatefulSet): string {
  return tls?.phase === TlsPhase.REQUIRED ? `redis-cli --tls --cacert ${CA_FILE} -p ${port}` : 'redis-cli';
}

export function runbookInput(scope: Construct, parts: FleetParts, options: FleetNames): RunbookInput {
  const { redis, proxies, migration, failover, pools, password, charts } = parts;
  const { namespace } = options;
  const jobs = [
    ...Object.entries(migration?.jobs ?? {}).map(([step, { name }]) => [step, name] as const),
    ...failoverJobs(failover),
  ];
  return {
    fleet: options.fleet,
    source: options.source,
    phase: options.phase,
    namespace,
    secret: password && { name: password.name, key: password.key ?? DEFAULT_SECRET_KEY },
    oldUser: options.oldUser && {
      user: options.oldUser.name,
      name: options.oldUser.password.name,
      key: options.oldUser.password.key ?? DEFAULT_SECRET_KEY,
    },
    renamedCommands: options.renamedCommands && {
      name: options.renamedCommands.name,
      key: options.renamedCommands.key ?? DEFAULT_RENAMED_KEY,
    },
    certificates: certificatesOf(redis),
    redisCli: redisCliOf(redis),
    keepsBridge: proxies.bridgeConfigMap !== undefined && redis.replicaStatefulSet === undefined,
    shards: pools.count,
    statefulSet: redis.statefulSet.name,
    replicas: replicasOf(redis),
    deployment: proxies.deployment.name,
    healthPort: migration?.bridge.healthPort,
    proxies: pools.served.map(({ pool }, i) => ({
      pool: pool.name,
      address: `${[proxies.service.name, ...(namespace === undefined ? [] : [namespace, 'svc'])].join('.')}:${proxies.ports[i]}`,
    })),
    files: filesOf(scope, charts),
    jobs: Object.fromEntries(jobs),
    move: options.move,
    keepLegacyInSync: options.keepLegacyInSync ?? false,
    oldHosts: new Set(
      pools.live.flatMap(({ servers }) => servers).map(({ address }) => address.slice(0, address.lastIndexOf(':'))),
    ).size,
    syncsPerSourceHost: options.syncsPerSourceHost ?? 1,
    syncConcurrency: options.syncConcurrency ?? 8,
    cutoverConcurrency: options.cutoverConcurrency ?? 4,
    checkInterval: options.bridge?.checkInterval?.toMilliseconds() ?? 100,
    needs: needsOf(charts.flatMap(([, chart]) => chart.toJson() as unknown[])),
    migrator: migration?.migratorConfigMap && {
      configMap: migration.migratorConfigMap.name,
      sha256: migratorHash(scope),
    },
  };
}
