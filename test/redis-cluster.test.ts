import { Duration, JsonPatch, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { NetworkPeer, RedisCluster, type RedisClusterProps, RedisConfig, ShardStorage } from '../lib';
import { problemsOf } from './lab/kubernetes-schema';
import { danglingPorts } from './lab/synthesized';
import { chart, type Manifest, manifests, ofKind, theOnly, validationErrors } from './lab/synth';

function cluster(props: Partial<RedisClusterProps> = {}, scope: Construct = chart('shop')): RedisCluster {
  return new RedisCluster(scope, 'cluster', {
    name: 'cart',
    masters: 3,
    storage: ShardStorage.emptyDir(),
    password: { name: 'cart' },
    ...props,
  });
}

const podOf = (it: Construct): Manifest => theOnly(it, 'StatefulSet').spec.template.spec as Manifest;
const budgetsOf = (it: Construct): Manifest[] => ofKind(it, 'PodDisruptionBudget').map(({ spec }) => spec as Manifest);

const EVERY_PROP: Required<Omit<RedisClusterProps, 'storageScope'>> = {
  name: 'cart',
  masters: 3,
  replicas: 2,
  storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(10) }),
  password: { name: 'cart-secret', key: 'redis' },
  startClosed: true,
  tls: { secretName: 'cart-tls', caSecretName: 'cart-ca', port: 7001, plainPort: true },
  port: 7000,
  nodeTimeout: Duration.seconds(5),
  requireFullCoverage: false,
  separateNodes: true,
  clients: [NetworkPeer.pods({ app: 'shop' })],
  partOf: 'shop',
  clusterDomain: 'cluster.example',
  image: 'registry.example.net/redis:7.2.11',
  serverVersion: '7.2',
  memory: Size.gibibytes(2),
  maxmemory: Size.gibibytes(1),
  cpu: Cpu.millis(500),
  cpuLimit: Cpu.units(2),
  config: RedisConfig.of({ raw: { 'hash-max-listpack-entries': '512' } }),
  startupTimeout: Duration.minutes(10),
  livenessTimeout: Duration.minutes(5),
  terminationGracePeriod: Duration.minutes(2),
  updateStrategy: 'OnDelete',
  imagePullPolicy: 'Always',
  imagePullSecrets: ['registry'],
  user: 1001,
  group: 1002,
  priorityClassName: 'important',
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'redis' }],
  affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  serviceAccountName: 'cart',
  podLabels: { team: 'shop' },
  podAnnotations: { note: 'x' },
  topologySpreadConstraints: [],
  maxUnavailable: 1,
};

test('the manifests with every prop are valid for Kubernetes', () => {
  const it = cluster(EVERY_PROP);
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  expect(validationErrors(it)).toEqual([]);
  const shown = manifests(it).map((manifest) => ({
    ...manifest,
    ...(manifest.kind === 'ConfigMap' && { data: { ...manifest.data, ...scripts(manifest) } }),
  }));
  // The hash of the scripts is part of names.
  expect(
    JSON.parse(JSON.stringify(shown).replace(/(cart-(?:config|create))-[0-9a-f]{8}/g, '$1-HASH')),
  ).toMatchSnapshot();
});

/** The scripts are in files of their own. */
function scripts({ data }: Manifest): Record<string, string> {
  const names = Object.keys(data as Record<string, string>).filter((name) => /\.(sh|awk)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, '(a script)']));
}

test('each node has a Service that reaches it also while it is not ready, with the port of the bus', () => {
  const it = cluster();
  expect(it.addresses).toHaveLength(6);
  expect(it.addresses[5]).toBe('cart-5.shop.svc.cluster.local.:6379');
  const services = ofKind(it, 'Service');
  expect(services).toHaveLength(7);
  for (const { spec } of services) {
    expect(spec.publishNotReadyAddresses).toBe(true);
    expect((spec.ports as Manifest[]).map(({ port }) => port as number)).toEqual([6379, 16_379]);
  }
  expect(danglingPorts(manifests(it))).toEqual([]);
  expect(theOnly(it, 'ConfigMap').data.nodes).toBe(it.addresses.map((address) => `${address}\n`).join(''));
});

test('a master and its replicas have a budget, and every node runs on a Kubernetes node of its own', () => {
  const it = cluster({ replicas: 2 });
  expect(budgetsOf(it).map(({ minAvailable }) => minAvailable as number)).toEqual([2, 2, 2]);
  expect(budgetsOf(it).map(({ selector }) => selector.matchExpressions[0].values as string[])).toEqual([
    ['cart-0', 'cart-1', 'cart-2'],
    ['cart-3', 'cart-4', 'cart-5'],
    ['cart-6', 'cart-7', 'cart-8'],
  ]);
  const { requiredDuringSchedulingIgnoredDuringExecution: rules } = podOf(it).affinity.podAntiAffinity as Manifest;
  expect(rules).toEqual([{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: it.podSelector } }]);
  expect(podOf(cluster({ separateNodes: false })).affinity).toBeUndefined();
});

test('without replicas, one node may be evicted at a time, and a stop waits for nobody', () => {
  const it = cluster({ replicas: 0 });
  expect(budgetsOf(it)).toEqual([expect.objectContaining({ maxUnavailable: 1 })]);
  expect(podOf(it).affinity).toBeUndefined();
  expect(podOf(it).terminationGracePeriodSeconds).toBe(podOf(cluster()).terminationGracePeriodSeconds - 600);
});

test('only clients reach the nodes, and only nodes reach the bus', () => {
  const it = cluster({ clients: [NetworkPeer.pods({ app: 'shop' })] });
  const { ingress } = it.networkPolicy.toJson().spec as Manifest;
  const rules = (ingress as Manifest[]).map(({ from, ports }) => [
    (from as Manifest[]).map(({ podSelector }) => Object.values(podSelector.matchLabels as Manifest).join(' ')),
    (ports as Manifest[]).map(({ port }) => port as number),
  ]);
  expect(rules).toEqual([
    [['cart redis'], [6379, 16_379]],
    [['shop', 'cart-create redis'], [6379]],
  ]);
});

describe('with TLS', () => {
  const TLS = { secretName: 'cart-tls', caSecretName: 'cart-ca' };
  const portsIn = (it: RedisCluster): unknown[] =>
    ((it.networkPolicy.toJson().spec as Manifest).ingress as Manifest[]).map(({ ports }) =>
      (ports as Manifest[]).map(({ port }) => port as number),
    );
  const servicePorts = (it: RedisCluster): Record<string, number> =>
    Object.fromEntries(
      (it.service.toJson().spec.ports as Manifest[]).map(({ name, port }) => [name as string, port as number]),
    );

  test('no port is without it, and nodes, clients and the Job use the same one', () => {
    const it = cluster({ tls: TLS });
    expect([it.port, it.plainPort]).toEqual([6389, undefined]);
    expect(it.addresses[5]).toBe('cart-5.shop.svc.cluster.local.:6389');
    expect(it.tlsNames[5]).toBe('cart-5.shop.svc.cluster.local');
    expect(servicePorts(it)).toEqual({ 'redis-tls': 6389, bus: 16_389 });
    expect(portsIn(it)).toEqual([[6389, 16_389], [6389]]);
    expect(danglingPorts(manifests(it))).toEqual([]);
    const conf = theOnly(it, 'ConfigMap').data['redis.conf'] as string;
    expect(conf).toContain('\nport 0\ntls-port 6389\n');
    for (const line of ['tls-cluster yes', 'tls-replication yes', 'cluster-preferred-endpoint-type hostname'])
      expect(conf).toContain(`\n${line}\n`);
    // The key is in the pods of the nodes only.
    const job = JSON.stringify(it.createJob.toJson());
    expect(job).toContain('"secret":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"cart-ca"}');
    expect(job).not.toContain('tls.key');
    expect(JSON.stringify(podOf(it))).toContain('{"key":"tls.key","path":"tls.key"}],"name":"cart-tls"}');
    expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  });

  test('clients may have a port without it, which nodes and the Job do not use', () => {
    const it = cluster({ tls: { ...TLS, plainPort: true } });
    expect([it.port, it.plainPort]).toEqual([6389, 6379]);
    expect(servicePorts(it)).toEqual({ redis: 6379, 'redis-tls': 6389, bus: 16_389 });
    expect(portsIn(it)).toEqual([
      [6389, 16_389],
      [6379, 6389],
    ]);
    const [, { ports }] = (it.createPolicy.toJson().spec as Manifest).egress as Manifest[];
    expect((ports as Manifest[]).map(({ port }) => port as number)).toEqual([6389, 16_389]);
    expect(theOnly(it, 'ConfigMap').data.nodes).toContain('cart-0.shop.svc.cluster.local.:6389\n');
  });

  test('a cluster without it has no names to certify', () => {
    expect([cluster().tlsNames, cluster().plainPort]).toEqual([[], 6379]);
  });
});

test('starts closed only if it is asked to', () => {
  const data = (it: RedisCluster): Record<string, string> => theOnly(it, 'ConfigMap').data as Record<string, string>;
  expect(data(cluster())).not.toHaveProperty('initial-users');
  expect(data(cluster({ startClosed: true }))['initial-users']).toContain('user default on resetkeys\n');
});

test('has selector labels that do not depend on the position in the construct tree', () => {
  const deep = cluster({}, new Construct(new Construct(chart('shop'), 'some'), 'where'));
  expect(manifests(deep)).toEqual(manifests(cluster()));
});

test('a changed Job would not be accepted by a cluster, and is refused', () => {
  const it = cluster();
  it.createJob.addJsonPatch(JsonPatch.add('/spec/backoffLimit', 3));
  expect(validationErrors(it)).toEqual([expect.stringContaining('is immutable and has a content hash in its name')]);
});

test.each<[Partial<RedisClusterProps>, string]>([
  [{ masters: 2 }, 'masters is 2; use a whole number from 3 to 500'],
  [{ replicas: -1 }, 'replicas is -1; use a whole number from 0 to 5'],
  [{ port: 60_000 }, 'port is 60000; use a whole number from 1024 to 55535'],
  [{ name: 'Cart' }, 'name is "Cart"'],
  [{ nodeTimeout: Duration.millis(10) }, 'nodeTimeout in milliseconds is 10'],
  [{ password: { name: 'cart', secondKey: 'next' } }, 'password.secondKey is set, but only the password of the fleet'],
  [{ image: 'redis:6.2' }, 'image is "redis:6.2", Redis 6.2; use Redis 7.0 or later'],
  [{ tls: { secretName: 'not a name' } }, 'tls.secretName is "not a name"'],
  [{ tls: { secretName: 'cart', port: 6379 } }, 'tls.port is 6379, which is also port; choose another one'],
  [{ tls: { secretName: 'cart', port: 60_000 } }, 'tls.port is 60000; use a whole number from 1024 to 55535'],
  [{ memory: Size.mebibytes(1) }, 'memory is 1Mi'],
])('refuses %j', (props, message) => {
  expect(() => cluster(props)).toThrow(`cluster: ${message}`);
});
