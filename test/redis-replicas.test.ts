import { JsonPatch, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import {
  RedisSentinels,
  type RedisSentinelsProps,
  RedisStatefulSet,
  type RedisStatefulSetProps,
  ReplicaPlacement,
  ShardStorage,
} from '../lib';
import { problemsOf } from './lab/kubernetes-schema';
import { chart, type Manifest, manifests, ofKind } from './lab/synth';

const NFS = ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(10) });

function redis(props: Partial<RedisStatefulSetProps> = {}, scope = chart('fleet')): RedisStatefulSet {
  return new RedisStatefulSet(scope, 'redis', {
    name: 'unit-redis',
    shards: 3,
    storage: NFS,
    password: { name: 'unit-password' },
    replicas: 1,
    ...props,
  });
}

function sentinels(
  props: Partial<RedisSentinelsProps> = {},
  ofRedis: Partial<RedisStatefulSetProps> = {},
): RedisSentinels {
  const scope = chart('fleet');
  const password = { name: 'unit-password' };
  return new RedisSentinels(scope, 'sentinels', { redis: redis(ofRedis, scope), password, ...props });
}

function objects(construct: RedisStatefulSet | RedisSentinels): Map<string, Manifest> {
  return new Map(manifests(construct).map((it) => [`${it.kind as string} ${it.metadata.name as string}`, it]));
}

function exists<T>(it: T | undefined): T {
  if (it === undefined) throw new Error('it is missing');
  return it;
}

function setsOf(construct: RedisStatefulSet): [a: Manifest, b: Manifest] {
  const [a, b] = ofKind(construct, 'StatefulSet');
  return [a, b];
}

describe('a fleet with replicas', () => {
  test('is valid in Kubernetes 1.27', () => {
    const it = sentinels();
    expect(manifests(it.node.scope as RedisStatefulSet).flatMap(problemsOf)).toEqual([]);
  });

  test('has a second set of servers, each with a Service and a port of its own', () => {
    const it = redis();
    expect(setsOf(it).map(({ metadata, spec }) => [metadata.name, spec.replicas, spec.serviceName])).toEqual([
      ['unit-redis', 3, 'unit-redis'],
      ['unit-redis-b', 3, 'unit-redis-b'],
    ]);
    expect(it.replicaAddresses[2]).toBe('unit-redis-shard-2-b.fleet.svc.cluster.local.:6380');
    const service = objects(it).get('Service unit-redis-shard-2-b');
    expect(service?.spec.selector['statefulset.kubernetes.io/pod-name']).toBe('unit-redis-b-2');
    expect(service?.spec.ports[0].port).toBe(6380);
    expect(it.replicaConfigMap?.toJson().data['redis.conf']).toContain('\nport 6380\n');
  });

  test('keeps the names and immutable fields of the servers that ran without replicas', () => {
    const before = objects(redis({ replicas: 0 }));
    const after = objects(redis());
    const hashed = /^ConfigMap|^PodDisruptionBudget/;
    for (const [name, old] of before) {
      if (hashed.test(name)) continue;
      const now = after.get(name);
      const immutable = ({ spec }: Manifest): unknown =>
        old.kind === 'StatefulSet'
          ? [spec.selector, spec.serviceName, spec.podManagementPolicy, spec.volumeClaimTemplates]
          : [spec.selector, spec.clusterIP, spec.type, spec.ports, spec.nfs, spec.claimRef, spec.volumeName];
      expect([name, immutable(exists(now))]).toEqual([name, immutable(old)]);
    }
  });

  test('shares the volume of the first servers: each pod has a directory of its own', () => {
    const [a, b] = setsOf(redis());
    expect(b.spec.template.spec.volumes[1]).toEqual(a.spec.template.spec.volumes[1]);
    expect(ofKind(redis(), 'PersistentVolume')).toHaveLength(1);
  });

  test('can keep its second servers on other storage', () => {
    const elsewhere = ShardStorage.nfs({ server: 'other', path: '/b', capacity: Size.gibibytes(10) });
    const volumes = ofKind(redis({ replicaStorage: elsewhere }), 'PersistentVolume');
    expect(volumes.map(({ metadata, spec }) => [metadata.name, spec.nfs.server])).toEqual([
      ['unit-redis', 'nfs'],
      ['unit-redis-b', 'other'],
    ]);
  });

  test('lets an eviction take one of the two servers of a shard', () => {
    const budgets = ofKind(redis(), 'PodDisruptionBudget');
    expect(budgets.map(({ metadata }) => metadata.name as string)).toEqual(
      [0, 1, 2].map((n) => `unit-redis-shard-${n}`),
    );
    expect(budgets[1].spec).toEqual({
      minAvailable: 1,
      selector: {
        matchExpressions: [
          {
            key: 'statefulset.kubernetes.io/pod-name',
            operator: 'In',
            values: ['unit-redis-1', 'unit-redis-b-1'],
          },
        ],
      },
    });
  });

  test('hands a shard over before its server stops, and has time for that', () => {
    for (const { spec } of setsOf(redis())) {
      const [server] = spec.template.spec.containers as Manifest[];
      expect(server.lifecycle.preStop.exec.command).toEqual(['sh', '/etc/redis-shard/hand-over.sh']);
      const { value } = exists((server.env as Manifest[]).find(({ name }) => name === 'HAND_OVER_SECONDS'));
      const [without] = ofKind(redis({ replicas: 0 }), 'StatefulSet');
      expect(spec.template.spec.terminationGracePeriodSeconds).toBe(
        Number(value) + (without.spec.template.spec.terminationGracePeriodSeconds as number),
      );
    }
  });

  test('does not restart when shards are added', () => {
    const templates = [3, 4].map((shards) => setsOf(redis({ shards })).map(({ spec }) => spec.template as unknown));
    expect(templates[1]).toEqual(templates[0]);
  });

  test('knows the servers of its shard, whatever its ordinal, and all Sentinels', () => {
    const { data } = redis().configMap.toJson() as Manifest;
    const domain = 'fleet.svc.cluster.local.';
    expect(data.servers).toBe(`unit-redis-shard-{n}.${domain}:6379 unit-redis-shard-{n}-b.${domain}:6380\n`);
    expect((data.sentinels as string).split('\n')[2]).toBe('unit-redis-sentinel-2.fleet.svc.cluster.local.:26379');
  });
});

describe('the two servers of a shard', () => {
  const affinities = (props: Partial<RedisStatefulSetProps>): Manifest[] =>
    setsOf(redis(props)).map(({ spec }) => spec.template.spec.affinity as Manifest);

  test('are on different nodes by default: no node runs servers of both sets', () => {
    const [a, b] = affinities({});
    expect(a).toBeUndefined();
    expect(b.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      {
        topologyKey: 'kubernetes.io/hostname',
        labelSelector: {
          matchLabels: { 'app.kubernetes.io/name': 'redis', 'app.kubernetes.io/instance': 'unit-redis' },
        },
      },
    ]);
  });

  test('can be kept apart by a label of the nodes, beside other rules', () => {
    const zone = { key: 'zone', operator: 'In' };
    const disk = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] };
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [disk, {}] } },
    };
    const placed = affinities({ replicaPlacement: ReplicaPlacement.byLabel('zone', ['1'], ['2', '3']), affinity });
    for (const [i, values] of [['1'], ['2', '3']].entries()) {
      expect(placed[i].nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms).toEqual([
        { matchExpressions: [...disk.matchExpressions, { ...zone, values }] },
        { matchExpressions: [{ ...zone, values }] },
      ]);
    }
  });

  test('cannot be told to share nodes', () => {
    expect(() => ReplicaPlacement.byLabel('zone', ['1', '2'], ['2'])).toThrow('zone=2 is in both lists');
    expect(() => ReplicaPlacement.byLabel('zone', [], ['2'])).toThrow('zone has no values for one of the sets');
  });
});

describe('Sentinels', () => {
  test('are three, each with a Service of its own, and stay on different nodes if there are enough', () => {
    const it = sentinels();
    expect(it.statefulSet.toJson().spec.replicas).toBe(3);
    expect(it.sentinelServices.map(({ name }) => name)).toEqual([0, 1, 2].map((n) => `unit-redis-sentinel-${n}`));
    expect(it.addresses).toHaveLength(3);
    const [byNode] = it.statefulSet.toJson().spec.template.spec.topologySpreadConstraints as Manifest[];
    expect(byNode).toMatchObject({ topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' });
  });

  test('monitor nothing during a migration, with the same pods otherwise', () => {
    expect((sentinels({ monitor: false }).configMap.toJson() as Manifest).data.shards).toBe('');
  });

  test('connect as the user that may change roles, in every phase: they would lose shards whose user changes', () => {
    for (const startAsReplica of [true, false]) {
      const it = sentinels({}, { startAsReplica });
      expect((it.configMap.toJson() as Manifest).data['role-user']).toBe('migrator\n');
      const [a, b] = ofKind(it.node.scope as RedisStatefulSet, 'ConfigMap');
      for (const { data } of [a, b]) expect(data['users.acl']).toContain('user migrator on');
    }
  });

  test('keep their state on small claims of the class of the shards', () => {
    const storage = ShardStorage.claimTemplate({ capacity: Size.tebibytes(1), storageClassName: 'fast' });
    const [template] = sentinels({}, { storage }).statefulSet.toJson().spec.volumeClaimTemplates as Manifest[];
    expect(template.spec).toEqual({
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '1Gi' } },
    });
  });

  test('use every prop', () => {
    const every: Required<Omit<RedisSentinelsProps, 'redis' | 'storageScope'>> = {
      password: { name: 'secret', key: 'key' },
      monitor: true,
      partOf: 'whole',
      image: 'registry:5000/redis:7.2',
      memory: Size.mebibytes(200),
      cpu: Cpu.millis(50),
      cpuLimit: Cpu.millis(500),
      storage: ShardStorage.emptyDir(),
      imagePullPolicy: 'Always',
      imagePullSecrets: ['pull'],
      user: 1001,
      group: 1002,
      priorityClassName: 'high',
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'redis', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      serviceAccountName: 'account',
      podLabels: { team: 'data' },
      podAnnotations: { note: 'yes' },
    };
    const it = sentinels(every);
    expect(manifests(it).flatMap(problemsOf)).toEqual([]);
    expect(it.statefulSet.toJson()).toMatchSnapshot();
  });
});

test.each<[string, Partial<RedisStatefulSetProps>, string]>([
  ['replicas', { replicas: 2 }, 'replicas is 2; use a whole number from 0 to 1'],
  [
    'a placement without replicas',
    { replicas: 0, replicaPlacement: ReplicaPlacement.separateNodes() },
    'replicas is 0',
  ],
  ['one port for both servers', { replicaPort: 6379 }, 'the ports tell the servers of a shard apart'],
  [
    'volumes for one server of each shard',
    {
      storage: ShardStorage.nfsVolumePerShard({
        exports: [1, 2, 3].map((n) => ({ server: 'nfs', path: `/${n}`, capacity: Size.gibibytes(1) })),
      }),
    },
    'set replicaStorage',
  ],
  ['a name that only fits without -b', { name: 'r'.repeat(52) }, 'name'],
])('refuses %s', (_, props, message) => {
  expect(() => redis(props)).toThrow(message);
});

test('custom storage is checked, for Sentinels and second servers as for shards', () => {
  const storage = { provision: () => ({}) };
  const message = 'provides neither a volume nor a claimTemplate';
  expect(() => sentinels({ storage })).toThrow(`storage ${message}`);
  expect(() => redis({ replicaStorage: storage })).toThrow(`replicaStorage ${message}`);
});

test('Sentinels of shards without replicas are refused', () => {
  expect(() => sentinels({}, { replicas: 0 })).toThrow('has no replicas to promote; set replicas: 1');
});

test('a patch of the ConfigMap of the second servers fails the synth', () => {
  const it = redis();
  it.replicaConfigMap?.addJsonPatch(JsonPatch.replace('/data/shards', 'lies'));
  expect(it.node.findAll().flatMap((node) => node.node.validate())).not.toEqual([]);
});
