import { type App, Size } from 'cdk8s';
import {
  type FleetChartsProps,
  MigrationPhase,
  NetworkPeer,
  NutcrackerPool,
  NutcrackerServer,
  RedisConfig,
  ShardStorage,
} from '../lib';
import { changed, fleet, LIVE, NFS } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { manifests, ofKind, theOnly, validationErrors } from './lab/synth';

function chartNames(app: App): string[] {
  return app.charts.map(({ node }) => node.id);
}

describe('the charts of a fleet', () => {
  test('are numbered in the order in which they are applied, and do not depend on each other', () => {
    const { app } = fleet({ namespace: 'unit-1' });
    expect(chartNames(app)).toEqual([
      'unit-1-00-namespace',
      'unit-1-10-network-policies',
      'unit-1-20-storage',
      'unit-1-30-redis',
      'unit-1-40-twemproxy',
    ]);
    expect(app.node.findAll().flatMap(({ node }) => node.dependencies)).toEqual([]);
  });

  test('have a file for each step of a migration, and let the Jobs reach the shards', () => {
    const { app, charts } = fleet({ namespace: 'unit-1', migration: { phase: MigrationPhase.MOVING } });
    expect(chartNames(app).sort().slice(5)).toEqual([
      'unit-1-45-plan',
      'unit-1-46-migrator',
      'unit-1-50-preflight',
      'unit-1-55-status',
      'unit-1-60-sync',
      'unit-1-70-verify',
      'unit-1-80-cutover',
      'unit-1-90-rollback',
    ]);
    expect(manifests(app).flatMap(problemsOf)).toEqual([]);
    expect(validationErrors(app)).toEqual([]);
    expect(JSON.stringify(charts.networkPolicies.redisPolicy.toJson())).toContain('unit-1-move');
  });

  test('have shards that serve no stale data before their sync, whatever the old redis.conf sets', () => {
    const config = RedisConfig.fromText('slave-serve-stale-data yes\n');
    for (const phase of [MigrationPhase.MOVING, MigrationPhase.MOVED]) {
      const { charts } = fleet({ redis: { config }, migration: { phase } });
      const { data } = charts.redis.configMap.toJson() as { data: Record<string, string> };
      expect(data['initial-role.conf']).toBe('replicaof 127.0.0.1 1\n');
      expect(data['redis.conf']).toMatch(/replica-serve-stale-data yes\n[^]*replica-serve-stale-data no\n$/);
    }
  });

  test('are omitted if they are empty', () => {
    const { app } = fleet({ storage: ShardStorage.emptyDir() });
    expect(chartNames(app)).toEqual(['unit-1-10-network-policies', 'unit-1-30-redis', 'unit-1-40-twemproxy']);
  });

  test('have objects that are valid in Kubernetes 1.27, with and without a namespace', () => {
    for (const namespace of ['unit-1', undefined]) {
      const { app } = fleet({ namespace, proxyClients: [NetworkPeer.anyone()] });
      expect(manifests(app).flatMap(problemsOf)).toEqual([]);
    }
  });

  test('have names with the prefix of the fleet, wherever the construct is in the tree', () => {
    const { app } = fleet({ name: 'prod' });
    const names = ['StatefulSet', 'Deployment', 'PersistentVolume'].map(
      (kind) => theOnly(app, kind).metadata.name as string,
    );
    expect(names).toEqual(['prod-redis', 'prod-twemproxy', 'prod-redis']);
    expect(ofKind(app, 'Service').map(({ metadata }) => metadata.name as string)).toContain('prod-shard-3');
  });

  test('label the namespace for Pod Security "restricted"', () => {
    expect(theOnly(fleet({ namespace: 'unit-1' }).app, 'Namespace').metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  test('do not create a namespace with createNamespace: false', () => {
    const { app } = fleet({ namespace: 'shared', createNamespace: false });
    expect(ofKind(app, 'Namespace')).toEqual([]);
    expect(theOnly(app, 'StatefulSet').metadata.namespace).toBe('shared');
  });

  test('carry the recommended labels on every object except the namespace', () => {
    const { app } = fleet({ namespace: 'unit-1' });
    for (const { kind, metadata } of manifests(app).filter((it) => it.kind !== 'Namespace')) {
      expect([kind, metadata.labels]).toEqual([
        kind,
        expect.objectContaining({
          'app.kubernetes.io/part-of': 'unit-1',
          'app.kubernetes.io/managed-by': 'cdk8s-twemproxy',
        }),
      ]);
    }
  });

  test('take the password from the Secret of the fleet, and write it to no manifest', () => {
    const { app } = fleet();
    expect(JSON.stringify(manifests(app))).not.toContain('in the open');
    expect(JSON.stringify(theOnly(app, 'StatefulSet'))).toContain(
      '"secretKeyRef":{"key":"password","name":"unit-1-redis"}',
    );
  });

  test('stay below the size limit of a client-side apply, with a thousand shards', () => {
    const servers = Array.from(
      { length: 1000 },
      (_, i) => new NutcrackerServer({ address: `redis-${i}.example.net:6379` }),
    );
    const { app } = fleet({ namespace: 'unit-1', pool: changed({ servers }) });
    expect(manifests(app).flatMap(problemsOf)).toEqual([]);
    expect(validationErrors(app)).toEqual([]);
  });
});

/**
 * The props for several pools are in fleet-pools.test.ts, those for replicas in fleet-replicas.test.ts, those of metrics, backups,
 * passwords, changes of the ring and TLS in fleet-metrics.test.ts, fleet-backup.test.ts, fleet-passwords.test.ts, fleet-reshard.test.ts and
 * fleet-tls.test.ts. */
const EVERY_PROP: Required<
  Omit<
    FleetChartsProps,
    | 'pools'
    | 'newPools'
    | 'proxyPorts'
    | 'sentinels'
    | 'bridge'
    | 'failover'
    | 'metrics'
    | 'backup'
    | 'passwords'
    | 'reshard'
    | 'tls'
    | `replica${string}`
  >
> = {
  pool: LIVE,
  storage: NFS,
  proxies: { image: 'twemproxy:0.5.0', replicas: 5 },
  redis: { memory: Size.gibibytes(8) },
  name: 'prod',
  redisName: 'data-redis',
  shardName: 'piece',
  proxiesName: 'gate',
  namespace: 'data',
  createNamespace: true,
  password: { name: 'shared', key: 'redis' },
  proxyPort: 6380,
  proxyClients: [NetworkPeer.pods({ app: 'shop' })],
  redisClients: [NetworkPeer.pods({ app: 'backup' })],
  statsClients: [NetworkPeer.pods({ app: 'metrics' })],
  limitEgress: true,
  oldServerNetworks: ['10.8.0.0/16'],
  egressPeers: [NetworkPeer.cidr('10.9.0.0/16')],
  newPool: changed({ timeout: 900 }),
  loseKeysThatMove: true,
  migration: { phase: MigrationPhase.MOVED },
  clusterDomain: 'corp.local',
};

test('every prop of a fleet is used, in objects that are valid in Kubernetes 1.27', () => {
  const { app, charts } = fleet(EVERY_PROP);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  expect(charts.redis.addresses[0]).toBe('piece-0.data.svc.corp.local.:6379');
  expect(ofKind(app, 'ConfigMap')[1].data['nutcracker.yml']).toMatchSnapshot('nutcracker.yml');
  const policies = ofKind(app, 'NetworkPolicy').map(({ spec: { ingress, egress } }) => ({ ingress, egress }));
  expect(policies).toMatchSnapshot('policies');
  expect(theOnly(app, 'StatefulSet').metadata.name).toBe('data-redis');
  expect(theOnly(app, 'Deployment').metadata.name).toBe('gate');
  expect(theOnly(app, 'Deployment').spec.replicas).toBe(5);
  expect(theOnly(app, 'StatefulSet').spec.template.spec.containers[0]).toMatchObject({
    resources: { limits: { memory: '8Gi' } },
    env: expect.arrayContaining([
      { name: 'REDISCLI_AUTH', valueFrom: { secretKeyRef: { name: 'shared', key: 'redis' } } },
    ]),
  });
});

const ejecting = changed({ autoEjectHosts: true, serverFailureLimit: 1 });

test.each([
  [{ pool: ejecting }, false],
  [{ newPool: ejecting }, false],
  [{ pool: ejecting, migration: { phase: MigrationPhase.MOVING } }, false],
  [{ pool: ejecting, proxies: { image: 'twemproxy:0.5.0', ejectHostsAndServeStaleData: true } }, true],
])('no proxy ejects a shard unless ejectHostsAndServeStaleData is set (%#)', (props, ejects) => {
  const { app, charts } = fleet(props);
  const { data } = charts.proxies.configMap.toJson() as { data: Record<string, string> };
  expect(data['nutcracker.yml']).toContain(`auto_eject_hosts: ${ejects}`);
  expect(validationErrors(app)).toEqual([]);
});

test.each([MigrationPhase.MOVING, MigrationPhase.MOVED])(
  'no fleet with a migration ejects shards, in the phase %s',
  (phase) => {
    const proxies = { image: 'twemproxy:0.5.0', ejectHostsAndServeStaleData: true };
    expect(() => fleet({ pool: ejecting, proxies, migration: { phase } })).toThrow(
      'unit-1: proxies.ejectHostsAndServeStaleData is true, but there is a migration',
    );
  },
);

test('the password is expected in a Secret if the old fleet has one, even if the new pool has none', () => {
  const { redisAuth, ...open } = LIVE.settings;
  expect(redisAuth).toBeDefined();
  const { app } = fleet({ newPool: new NutcrackerPool(open) });
  expect(JSON.stringify(theOnly(app, 'StatefulSet'))).toContain(
    '"secretKeyRef":{"key":"password","name":"unit-1-redis"}',
  );
});

test.each([
  [{ name: 'n'.repeat(47) }, 'unit-1: name is "nnn'],
  [
    { newPool: changed({ name: 'other' }) },
    'unit-1: newPool is named other, but pool is named unit1; use the same name',
  ],
  [
    { newPool: changed({ redisAuth: undefined, redisDb: 16 }) },
    'unit-1: pool unit1 uses redis_db 16; set databases of the shards',
  ],
  [
    { newPool: changed({ redisAuth: undefined, redisDb: 1 }), redis: { config: RedisConfig.of({ databases: 1 }) } },
    'unit-1: pool unit1 uses redis_db 1; set databases of the shards to more than that',
  ],
  [{ namespace: 'A_b', createNamespace: false }, 'unit-1: namespace is "A_b"; use at most 63'],
])('bad props are refused with the path of the construct (%#)', (props, message) => {
  expect(() => fleet(props)).toThrow(message);
});

test('a memcached pool is refused', () => {
  const pool = new NutcrackerPool({ name: 'cache', listen: '0.0.0.0:11211', servers: LIVE.servers });
  expect(() => fleet({ pool })).toThrow('unit-1: pool cache uses the memcached protocol; set redis: true, or');
});
