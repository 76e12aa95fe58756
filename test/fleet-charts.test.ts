import * as fs from 'node:fs';
import { App, JsonPatch, Size, Testing } from 'cdk8s';
import fc from 'fast-check';
import {
  Distribution,
  FleetCharts,
  type FleetChartsProps,
  HashRing,
  HashType,
  NetworkPeer,
  NutcrackerConfig,
  NutcrackerPool,
  type NutcrackerPoolProps,
  NutcrackerServer,
  ShardStorage,
} from '../lib';
import { problemsOf } from './lab/kubernetes-schema';
import { Lab } from './lab/lab';
import { type Manifest, manifests, ofKind, theOnly, validationErrors } from './lab/synth';
import { poolsOfAFile } from './nutcracker/config-arbitraries';
import { nutcrackerTakes } from './nutcracker/real-verdict';

const LIVE = NutcrackerConfig.fromYaml(
  `
unit1:
  listen: 10.0.0.5:22121
  hash_tag: "{}"
  redis: true
  redis_auth: in the open
  timeout: 400
  servers:
    - redis-a:6379:1
    - redis-a:6380:1
    - redis-b:6379:2
    - redis-b:6380:1 named
`,
).pool();

const NFS = ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(10) });

function fleet(props: Partial<FleetChartsProps> = {}): { app: App; charts: FleetCharts } {
  const app = new App();
  const charts = new FleetCharts(app, 'unit-1', {
    pool: LIVE,
    storage: NFS,
    proxies: { image: 'twemproxy:0.5.0' },
    ...props,
  });
  return { app, charts };
}

function changed(props: Partial<NutcrackerPoolProps>): NutcrackerPool {
  return new NutcrackerPool({ ...LIVE.settings, ...props });
}

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

  test('are left out when nothing is in them', () => {
    const { app } = fleet({ storage: ShardStorage.emptyDir() });
    expect(chartNames(app)).toEqual(['unit-1-10-network-policies', 'unit-1-30-redis', 'unit-1-40-twemproxy']);
  });

  test('have objects that Kubernetes 1.27 takes, with and without a namespace', () => {
    for (const namespace of ['unit-1', undefined]) {
      const { app } = fleet({ namespace, proxyClients: [NetworkPeer.anyone()] });
      expect(manifests(app).flatMap(problemsOf)).toEqual([]);
    }
  });

  test('have names that come from the fleet’s, wherever the construct stands', () => {
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

  test('leave a namespace alone that is made elsewhere', () => {
    const { app } = fleet({ namespace: 'shared', createNamespace: false });
    expect(ofKind(app, 'Namespace')).toEqual([]);
    expect(theOnly(app, 'StatefulSet').metadata.namespace).toBe('shared');
  });

  test('carry the recommended labels on every object', () => {
    for (const { kind, metadata } of manifests(fleet({ namespace: 'unit-1' }).app)) {
      expect([kind, metadata.labels]).toEqual([
        kind,
        expect.objectContaining({
          'app.kubernetes.io/part-of': 'unit-1',
          'app.kubernetes.io/managed-by': 'cdk8s-twemproxy',
        }),
      ]);
    }
  });

  test('take the password from the Secret of the fleet, and write it nowhere', () => {
    const { app } = fleet();
    expect(JSON.stringify(manifests(app))).not.toContain('in the open');
    expect(JSON.stringify(theOnly(app, 'StatefulSet'))).toContain(
      '"secretKeyRef":{"key":"password","name":"unit-1-redis"}',
    );
  });

  test('stay below what a client-side apply can annotate, with a thousand shards', () => {
    const servers = Array.from(
      { length: 1000 },
      (_, i) => new NutcrackerServer({ address: `redis-${i}.example.net:6379` }),
    );
    const { app } = fleet({ namespace: 'unit-1', pool: changed({ servers }) });
    expect(manifests(app).flatMap(problemsOf)).toEqual([]);
    expect(validationErrors(app)).toEqual([]);
  });
});

const EVERY_PROP: Required<FleetChartsProps> = {
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
  newPool: changed({ timeout: 900 }),
  loseKeysThatMove: true,
  clusterDomain: 'corp.local',
};

test('every prop of a fleet arrives where it belongs, in objects that Kubernetes 1.27 takes', () => {
  const { app, charts } = fleet(EVERY_PROP);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  expect(charts.redis.addresses[0]).toBe('piece-0.data.svc.corp.local.:6379');
  expect(ofKind(app, 'ConfigMap')[1].data['nutcracker.yml']).toMatchSnapshot('nutcracker.yml');
  expect(ofKind(app, 'NetworkPolicy').map(({ spec }) => spec.ingress as unknown)).toMatchSnapshot('ingress');
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

test('the password is expected in a Secret if the old fleet has one, whatever the new pool says', () => {
  const { redisAuth, ...open } = LIVE.settings;
  expect(redisAuth).toBeDefined();
  const { app } = fleet({ newPool: new NutcrackerPool(open) });
  expect(JSON.stringify(theOnly(app, 'StatefulSet'))).toContain(
    '"secretKeyRef":{"key":"password","name":"unit-1-redis"}',
  );
});

test.each([
  [{ name: 'n'.repeat(47) }, 'unit-1: name is "nnn'],
  [{ namespace: 'A_b', createNamespace: false }, 'unit-1: namespace is "A_b"; take at most 63'],
])('%j is refused', (props, message) => {
  expect(() => fleet(props)).toThrow(message);
});

test('a pool that speaks the protocol of memcached is refused', () => {
  const pool = new NutcrackerPool({ name: 'cache', listen: '0.0.0.0:11211', servers: LIVE.servers });
  expect(() => fleet({ pool })).toThrow('unit-1: pool cache speaks the protocol of memcached; set redis: true');
});

describe('the ring of a fleet', () => {
  test('is the old one: every key is found where it was', () => {
    const { app, charts } = fleet({ namespace: 'unit-1' });
    const { data } = charts.proxies.configMap.toJson() as Manifest;
    const pool = NutcrackerConfig.fromYaml(data['nutcracker.yml'] as string).pool();
    expect(HashRing.of(LIVE).diff(HashRing.of(pool)).isSame).toBe(true);
    expect(pool.servers.map(String)).toEqual([
      'unit-1-shard-0.unit-1.svc.cluster.local.:6379:1 redis-a:6379',
      'unit-1-shard-1.unit-1.svc.cluster.local.:6379:1 redis-a:6380',
      'unit-1-shard-2.unit-1.svc.cluster.local.:6379:2 redis-b:6379',
      'unit-1-shard-3.unit-1.svc.cluster.local.:6379:1 named',
    ]);
    expect(validationErrors(app)).toEqual([]);
  });

  test('is the old one for pools of every kind, in a configuration that nutcracker takes', () => {
    const lab = new Lab();
    const pools = poolsOfAFile
      .map(([props]) => props)
      .filter(({ redis, distribution }) => redis === true && distribution !== Distribution.RANDOM)
      // More than nutcracker can add up has no ring at all.
      .filter(({ servers }) => servers.reduce((sum, { weight }) => sum + weight, 0) < 2 ** 31);
    try {
      fc.assert(
        fc.property(pools, (props) => {
          const { app } = fleet({ pool: new NutcrackerPool(props), proxyPort: 22121 });
          expect(validationErrors(app)).toEqual([]);
          const [, { data }] = ofKind(app, 'ConfigMap');
          expect(nutcrackerTakes(lab, data['nutcracker.yml'] as string)).toBe(true);
        }),
        { seed: 1, numRuns: 60 },
      );
    } finally {
      fs.rmSync(lab.dir, { recursive: true });
    }
  });

  test.each([
    ['in another order', [2, 0, 3, 1]],
    ['without one', [3, 1, 0]],
  ])('finds each shard where its data is, for servers %s', (_how, order) => {
    const newPool = changed({ servers: order.map((i) => LIVE.servers[i]) });
    const { app, charts } = fleet({ newPool, loseKeysThatMove: order.length < LIVE.servers.length });
    const { data } = charts.proxies.configMap.toJson() as Manifest;
    const pool = NutcrackerConfig.fromYaml(data['nutcracker.yml'] as string).pool();
    expect(pool.servers.map(({ address }) => address)).toEqual(order.map((i) => `unit-1-shard-${i}:6379`));
    expect(theOnly(app, 'StatefulSet').spec.replicas).toBe(4);
    expect(validationErrors(app)).toEqual([]);
  });

  test('gives servers that the old one does not have the shards behind', () => {
    const added = new NutcrackerServer({ address: 'redis-c:6379' });
    const { app, charts } = fleet({ newPool: changed({ servers: [added, ...LIVE.servers] }), loseKeysThatMove: true });
    const { data } = charts.proxies.configMap.toJson() as Manifest;
    expect(data['nutcracker.yml']).toContain('- unit-1-shard-4:6379:1 redis-c:6379');
    expect(data['nutcracker.yml']).toContain('- unit-1-shard-0:6379:1 redis-a:6379');
    expect(theOnly(app, 'StatefulSet').spec.replicas).toBe(5);
    expect(validationErrors(app)).toEqual([]);
  });

  test('may serve with other settings', () => {
    expect(validationErrors(fleet({ newPool: changed({ timeout: 900, backlog: 1024 }) }).app)).toEqual([]);
  });

  test('fails the synth when it would move keys, and names the share and what to mend', () => {
    const { app } = fleet({ newPool: changed({ hash: HashType.MURMUR, hashTag: undefined }) });
    expect(validationErrors(app).join('\n')).toMatch(
      /^about 7\d(\.\d)? % of all keys would be looked for on another shard/,
    );
    expect(validationErrors(app)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^nutcracker\.yml of ConfigMap unit-1-twemproxy-config-\w+: hash is murmur; it was fnv1a_64$/,
        ),
        expect.stringMatching(/: hash_tag is not set; it was \{\}$/),
        expect.stringContaining('set loseKeysThatMove'),
      ]),
    );
  });

  test('fails the synth of a whole app', () => {
    const { app } = fleet({ newPool: changed({ hash: HashType.MURMUR }) });
    expect(() => Testing.synth(app.charts[app.charts.length - 1])).toThrow('would be looked for on another shard');
  });

  test('names the lines of servers that differ', () => {
    const servers = [...LIVE.servers.slice(0, 2), new NutcrackerServer({ address: 'redis-b:6379' })];
    const errors = validationErrors(fleet({ newPool: changed({ servers }) }).app);
    expect(errors[0]).toMatch(/^[\d.]+ % of all keys would be looked for/);
    expect(errors.filter((error) => error.includes('redis-b:6379'))).toEqual([
      expect.stringMatching(
        /nutcracker\.yml of ConfigMap \S+:10: unit-1-shard-2:6379:1 redis-b:6379: redis-b:6379 had the weight 2 \(line 11 of the old file\)$/,
      ),
    ]);
    expect(errors).toContainEqual(
      expect.stringMatching(/: no server is named named; it had the weight 1 \(line 12 of the old file\)$/),
    );
  });

  test('is proven on what is written: a patch of the ConfigMap is seen', () => {
    const { app, charts } = fleet();
    const { data } = charts.proxies.configMap.toJson() as Manifest;
    const swapped = (data['nutcracker.yml'] as string)
      .replace('shard-0:', 'shard-x:')
      .replace('shard-1:', 'shard-0:')
      .replace('shard-x:', 'shard-1:');
    charts.proxies.configMap.addJsonPatch(JsonPatch.replace('/data/nutcracker.yml', swapped));
    expect(validationErrors(app)).toEqual([
      expect.stringMatching(/unit-1-shard-1:6379:1 redis-a:6379: its data is at unit-1-shard-0:6379$/),
      expect.stringMatching(/unit-1-shard-0:6379:1 redis-a:6380: its data is at unit-1-shard-1:6379$/),
      expect.stringContaining('a patch changed the content of unit-1-twemproxy-config'),
    ]);
  });

  test('is asked of a pool that has one', () => {
    const { app } = fleet({ pool: changed({ distribution: Distribution.RANDOM }) });
    expect(validationErrors(app)).toEqual([expect.stringContaining('"random" sends each command to any server')]);
  });

  test('may change for a user who says that keys may be lost', () => {
    const { app } = fleet({ newPool: changed({ hash: HashType.MURMUR }), loseKeysThatMove: true });
    expect(validationErrors(app)).toEqual([]);
  });
});
