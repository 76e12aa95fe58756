import { Duration, JsonPatch, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import {
  MigrationBridge,
  HashRing,
  NutcrackerConfig,
  NutcrackerPool,
  type NutcrackerPoolProps,
  NutcrackerServer,
  ProxyServiceType,
  TwemproxyLayer,
  type TwemproxyLayerProps,
} from '../lib';
import { problemsOf } from './lab/kubernetes-schema';
import { chart, type Manifest, manifests, theOnly } from './lab/synth';

function pool(props: Partial<NutcrackerPoolProps> = {}): NutcrackerPool {
  return new NutcrackerPool({
    name: 'alpha',
    listen: '10.0.0.1:22121',
    redis: true,
    redisAuth: 'in the open',
    timeout: 400,
    servers: ['old-a:6379', 'old-b:6379'].map((address) => new NutcrackerServer({ address })),
    ...props,
  });
}

const PASSWORD = { name: 'alpha-password' };
const ADDRESSES = ['shard-0:6379', 'shard-1:6379'];

function layer(props: Partial<TwemproxyLayerProps> = {}, namespace?: string): TwemproxyLayer {
  return new TwemproxyLayer(chart(namespace), 'proxies', {
    name: 'proxy',
    image: 'twemproxy:0.5.0',
    pools: [{ pool: pool(), addresses: ADDRESSES, password: PASSWORD }],
    ...props,
  });
}

function podOf(it: TwemproxyLayer): Manifest {
  return theOnly(it, 'Deployment').spec.template.spec as Manifest;
}

function configOf(it: TwemproxyLayer): NutcrackerConfig {
  return NutcrackerConfig.fromYaml(theOnly(it, 'ConfigMap').data['nutcracker.yml'] as string);
}

/** The container port behind a port of the Service. */
function containerPortBehind(it: TwemproxyLayer, port: number): unknown {
  const ports = podOf(it).containers[0].ports as Manifest[];
  const { targetPort } = (theOnly(it, 'Service').spec.ports as Manifest[]).find((each) => each.port === port) ?? {};
  return ports.find(({ name }) => name === targetPort)?.containerPort;
}

describe('the configuration of the proxies', () => {
  test('has the addresses of the shards and the ring names of the pool', () => {
    expect(configOf(layer()).pool().servers.map(String)).toEqual([
      'shard-0:6379:1 old-a:6379',
      'shard-1:6379:1 old-b:6379',
    ]);
    expect(HashRing.of(configOf(layer()).pool()).diff(HashRing.of(pool())).isSame).toBe(true);
  });

  test('listens on all addresses of the pod, whatever the old proxy listened on', () => {
    expect(configOf(layer()).pool().listen).toBe('0.0.0.0:22121');
  });

  test('contains no password, but a reference to it', () => {
    const text = JSON.stringify(manifests(layer()));
    expect(text).not.toContain('in the open');
    expect(configOf(layer()).pool().redisAuth).toBe('from-secret/alpha-password/password');
    expect(podOf(layer()).volumes).toContainEqual({
      name: 'passwords',
      projected: {
        defaultMode: 0o440,
        sources: [
          { secret: { name: 'alpha-password', items: [{ key: 'password', path: 'alpha-password/password' }] } },
        ],
      },
    });
  });

  test('gets its password in memory, from an init container', () => {
    const pod = podOf(layer());
    expect(pod.volumes).toContainEqual({ name: 'rendered', emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } });
    expect(pod.containers[0].volumeMounts).toEqual([
      { name: 'config', mountPath: '/etc/nutcracker', readOnly: true },
      { name: 'rendered', mountPath: '/run/nutcracker', readOnly: true },
    ]);
    expect(pod.containers[0]).not.toHaveProperty('env');
  });

  test('rolls the pods when it changes, and older revisions keep their own', () => {
    const before = layer();
    const after = layer({ pools: [{ pool: pool({ timeout: 500 }), addresses: ADDRESSES, password: PASSWORD }] });
    expect(theOnly(before, 'ConfigMap').immutable).toBe(true);
    expect(podOf(after).volumes[0]).not.toEqual(podOf(before).volumes[0]);
  });

  test('rolls the pods by an annotation when its ConfigMap has a fixed name', () => {
    const before = layer({ configMapName: 'twemproxy-config' });
    const after = layer({
      configMapName: 'twemproxy-config',
      pools: [{ pool: pool({ timeout: 500 }), addresses: ADDRESSES, password: PASSWORD }],
    });
    const annotations = (it: TwemproxyLayer): unknown => theOnly(it, 'Deployment').spec.template.metadata.annotations;
    expect(theOnly(before, 'ConfigMap').metadata.name).toBe('twemproxy-config');
    expect(theOnly(before, 'ConfigMap')).not.toHaveProperty('immutable');
    expect(annotations(after)).not.toEqual(annotations(before));
  });

  test('can contain several pools, each with its port, password and shards', () => {
    const it = layer({
      pools: [
        { pool: pool(), addresses: ADDRESSES, password: PASSWORD },
        {
          pool: pool({ name: 'beta', listen: '/run/beta.sock', redisAuth: undefined }),
          addresses: ['b-0:1', 'b-1:1'],
          port: 22122,
        },
        {
          pool: pool({ name: 'gamma', listen: '0.0.0.0:22123' }),
          addresses: ADDRESSES,
          password: { name: 's', key: 'k' },
        },
      ],
    });
    expect(configOf(it).pools.map(({ name, listen, redisAuth }) => [name, listen, redisAuth])).toEqual([
      ['alpha', '0.0.0.0:22121', 'from-secret/alpha-password/password'],
      ['beta', '0.0.0.0:22122', undefined],
      ['gamma', '0.0.0.0:22123', 'from-secret/s/k'],
    ]);
    expect([22121, 22122, 22123, 22222].map((port) => containerPortBehind(it, port))).toEqual([
      22121, 22122, 22123, 22222,
    ]);
    expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  });
});

describe('the proxies', () => {
  test('are replaced one by one, with no fewer than the configured number', () => {
    const { spec } = theOnly(layer(), 'Deployment');
    expect(spec.replicas).toBe(2);
    expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
  });

  test('are alive while they accept connections, and ready if they reach a shard: nutcracker replies to PING with every shard down', () => {
    const [container] = podOf(layer()).containers as Manifest[];
    expect(container.livenessProbe.tcpSocket).toEqual({ port: 'proxy' });
    expect(container.readinessProbe.exec.command).toEqual(['sh', '/etc/nutcracker/reach.sh', '22121']);
    expect(theOnly(layer(), 'ConfigMap').data.shards).toBe(
      'shard-0:6379 alpha-password/password\nshard-1:6379 alpha-password/password\n',
    );
  });

  test('wait for masters before they start, unless they serve replicas', () => {
    const inits = (props: Partial<TwemproxyLayerProps>): unknown[] =>
      (podOf(layer(props)).initContainers as Manifest[]).map(({ name }) => name as string);
    expect(inits({})).toEqual(['render-config', 'await-masters']);
    expect(inits({ waitForMasters: false })).toEqual(['render-config']);
  });

  test('query only Redis servers; for others, they are ready when they accept connections', () => {
    const cache = new NutcrackerPool({ name: 'cache', listen: '0.0.0.0:11211', servers: pool().servers });
    const pod = podOf(layer({ pools: [{ pool: cache }] }));
    expect(pod.initContainers).toHaveLength(1);
    expect(pod.containers[0].readinessProbe.tcpSocket).toEqual({ port: 'proxy' });
  });

  test('keep serving for the shutdown delay, and then exit on SIGTERM, since they are not process 1', () => {
    const pod = podOf(layer({ shutdownDelay: Duration.seconds(40) }));
    expect(pod.shareProcessNamespace).toBe(true);
    expect(pod.containers[0].lifecycle.preStop.exec.command).toEqual(['sleep', '40']);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(40);
  });

  test('run on amd64, for which the ring is computed, unless the user sets another architecture', () => {
    expect(podOf(layer({ nodeSelector: { net: 'fast' } })).nodeSelector).toEqual({
      'kubernetes.io/arch': 'amd64',
      net: 'fast',
    });
    expect(podOf(layer({ nodeSelector: { 'kubernetes.io/arch': 'arm64' } })).nodeSelector).toEqual({
      'kubernetes.io/arch': 'arm64',
    });
  });

  test('serve their statistics on the port of the Service', () => {
    const it = layer({ statsPort: 22122 });
    expect(podOf(it).containers[0].command).toContain('--stats-port=22122');
    expect(containerPortBehind(it, 22122)).toBe(22122);
  });

  test('do not expose their statistics outside the cluster by default', () => {
    const names = (it: TwemproxyLayer): unknown[] =>
      (theOnly(it, 'Service').spec.ports as Manifest[]).map(({ name }) => name as string);
    const serviceType = ProxyServiceType.LOAD_BALANCER;
    expect(names(layer())).toEqual(['proxy', 'stats']);
    expect(names(layer({ serviceType }))).toEqual(['proxy']);
    expect(names(layer({ serviceType, statsInService: true }))).toEqual(['proxy', 'stats']);
  });

  test('mount a Secret shared by several pools only once', () => {
    const second = pool({ name: 'beta', listen: '0.0.0.0:22122' });
    const it = layer({
      pools: [pool(), second].map((each) => ({ pool: each, addresses: ADDRESSES, password: PASSWORD })),
    });
    const { sources } = (podOf(it).volumes as Manifest[]).find(({ name }) => name === 'passwords')
      ?.projected as Manifest;
    expect(sources).toHaveLength(1);
  });

  test('can have an autoscaler; then no number of replicas is written that would reset it', () => {
    const it = layer({ autoscaling: { maxReplicas: 9 } });
    expect(theOnly(it, 'Deployment').spec).not.toHaveProperty('replicas');
    expect(theOnly(it, 'HorizontalPodAutoscaler').spec).toMatchObject({ minReplicas: 2, maxReplicas: 9 });
    expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  });
});

test('moving the construct in the tree changes no object', () => {
  const props = {
    name: 'proxy',
    image: 'twemproxy:0.5.0',
    pools: [{ pool: pool(), addresses: ADDRESSES, password: PASSWORD }],
  };
  const deep = new TwemproxyLayer(new Construct(new Construct(chart(), 'some'), 'where'), 'else', props);
  expect(manifests(deep)).toEqual(manifests(layer()));
});

/** The tests of the bridge are in bridge.test.ts, those of two rings in fleet-reshard.test.ts. */
const EVERY_PROP: Required<Omit<TwemproxyLayerProps, 'replicas' | 'bridge' | 'nextRing' | 'clientTls'>> = {
  name: 'p',
  pools: [
    { pool: pool({ autoEjectHosts: true }), addresses: ADDRESSES, password: { name: 's', key: 'k' }, port: 6379 },
  ],
  ejectHostsAndServeStaleData: true,
  ringUser: 'default',
  serviceName: 'cache',
  configMapName: 'cache-config',
  partOf: 'whole',
  image: 'registry.example.net/twemproxy:0.5.0',
  autoscaling: { minReplicas: 3, maxReplicas: 9, targetCpuPercent: 50 },
  serviceType: ProxyServiceType.LOAD_BALANCER,
  serviceAnnotations: { 'cloud.example/internal': 'true' },
  nodePort: 30_000,
  externalTrafficPolicy: 'Local',
  listenAddress: '::',
  statsInService: true,
  mbufBytes: 65_536,
  statsPort: 30_001,
  statsInterval: Duration.seconds(5),
  verbosity: 6,
  shutdownDelay: Duration.seconds(20),
  waitForMasters: false,
  memory: Size.gibibytes(1),
  cpu: Cpu.units(1),
  cpuLimit: Cpu.units(2),
  imagePullPolicy: 'Always',
  imagePullSecrets: ['pull'],
  user: 1001,
  group: 1002,
  priorityClassName: 'high',
  nodeSelector: { net: 'fast' },
  tolerations: [{ operator: 'Exists' }],
  affinity: { podAntiAffinity: {} },
  topologySpreadConstraints: [],
  serviceAccountName: 'account',
  podLabels: { team: 'data' },
  podAnnotations: { note: 'yes' },
  maxUnavailable: 2,
};

test('every prop is used, in objects that are valid in Kubernetes 1.27', () => {
  const it = layer(EVERY_PROP, 'fleet');
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  for (const kind of ['Deployment', 'Service', 'HorizontalPodAutoscaler', 'PodDisruptionBudget']) {
    expect(theOnly(it, kind)).toMatchSnapshot(kind);
  }
  expect(theOnly(it, 'ConfigMap').data['nutcracker.yml']).toMatchSnapshot('nutcracker.yml');
});

test('fields without a prop can be patched', () => {
  const it = layer();
  it.deployment.addJsonPatch(JsonPatch.add('/spec/template/spec/hostNetwork', true));
  it.service.addJsonPatch(JsonPatch.add('/spec/loadBalancerClass', 'example.net/lb'));
  expect(podOf(it).hostNetwork).toBe(true);
  expect(theOnly(it, 'Service').spec.loadBalancerClass).toBe('example.net/lb');
});

test.each<[Partial<TwemproxyLayerProps>, string]>([
  [{ name: 'Proxy' }, 'name is "Proxy"'],
  [{ image: 'twemproxy' }, 'image is "twemproxy"; add a tag'],
  [{ memory: Size.mebibytes(5) }, 'memory is 5Mi; use at least 16Mi'],
  [{ replicas: 0 }, 'replicas is 0; use a whole number from 1'],
  [{ pools: [] }, 'pools is empty; list the pools'],
  [{ mbufBytes: 100 }, 'mbufBytes is 100; use a whole number from 512 to 16777216'],
  [{ verbosity: 12 }, 'verbosity is 12; use a whole number from 0 to 11'],
  [{ statsPort: 22121 }, 'port 22121 is used by pool alpha and by the statistics; change one'],
  [{ listenAddress: 'all' }, 'listenAddress is "all"; write an address such as 0.0.0.0 or ::'],
  [{ externalTrafficPolicy: 'local' }, 'externalTrafficPolicy is "local"; write Cluster or Local'],
  [{ statsInterval: Duration.days(40) }, 'statsInterval in seconds is 3456000; use a whole number from 1 to 86400'],
  [{ shutdownDelay: Duration.millis(10) }, 'shutdownDelay is 0.01 seconds'],
  [{ autoscaling: { maxReplicas: 9, targetCpuPercent: 0 } }, 'autoscaling.targetCpuPercent is 0'],
  [
    { pools: [{ pool: pool(), addresses: ['a', 'b'], password: PASSWORD }] },
    'servers: "a" has no port from 1 to 65535',
  ],
  [
    { ejectHostsAndServeStaleData: true },
    'ejectHostsAndServeStaleData is true, but no pool has auto_eject_hosts: true',
  ],
  [
    { ejectHostsAndServeStaleData: true, bridge: new MigrationBridge([]) },
    'ejectHostsAndServeStaleData is true, but these proxies have a bridge',
  ],
  [{ nodePort: 30_000 }, 'nodePort is 30000, but the Service is a ClusterIP'],
  [{ replicas: 3, autoscaling: { maxReplicas: 9 } }, 'replicas and autoscaling are both set; remove one of them'],
  [{ autoscaling: { minReplicas: 5, maxReplicas: 4 } }, 'autoscaling.maxReplicas is 4; use a whole number from 5'],
  [{ pools: [{ pool: pool(), addresses: ['a:1'], password: PASSWORD }] }, 'pool alpha has 2 servers but 1 addresses'],
  [{ pools: [{ pool: pool(), addresses: ADDRESSES }] }, 'pool alpha has a redis_auth, but no password; set password'],
  [
    { pools: [{ pool: pool({ listen: '/run/a.sock' }), addresses: ADDRESSES, password: PASSWORD }] },
    'pool alpha listens on /run/a.sock; set the port of the proxies',
  ],
])('bad props are refused with the path of the construct (%#)', (props, message) => {
  expect(() => layer(props)).toThrow(`chart/proxies: ${message}`);
});
