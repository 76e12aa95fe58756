// A change from a ring to a Redis Cluster: its Jobs, what stays as it is, the network policies, and the runbook.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Chart } from 'cdk8s';
import {
  FleetCharts,
  type FleetChartsProps,
  FleetReshard,
  NutcrackerServer,
  RedisCluster,
  type RedisClusterProps,
  ReshardPhase,
  TlsPhase,
  ShardStorage,
} from '../lib';
import { changed, NFS } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { Lab } from './lab/lab';
import { type Manifest, manifests, ofKind, validationErrors } from './lab/synth';

const { RESHARDING, RESHARDED, STABLE } = ReshardPhase;
const PASSWORD = { name: 'unit-1-redis' };
const ring = (...names: string[]) =>
  changed({ servers: names.map((name, i) => new NutcrackerServer({ address: `10.0.0.${i}:6379`, name })) });
const FIRST = ring('a', 'b', 'c');
const MORE = ring('a', 'b', 'c', 'd');

interface Made {
  readonly app: App;
  readonly charts: FleetCharts;
  readonly cluster: RedisCluster;
}

function clusterIn(app: App, props: Partial<RedisClusterProps> = {}): RedisCluster {
  return new RedisCluster(new Chart(app, 'unit-1-cluster', { namespace: 'unit-1' }), 'cluster', {
    name: 'unit-1-cluster',
    masters: 3,
    storage: ShardStorage.emptyDir(),
    password: PASSWORD,
    startClosed: true,
    ...props,
  });
}

function fleet(
  phase: ReshardPhase | undefined,
  { pools = [], ...props }: Partial<FleetChartsProps> = {},
  ofCluster: Partial<RedisClusterProps> = {},
  outdir?: string,
): Made {
  const app = new App({ outdir });
  const cluster = clusterIn(app, ofCluster);
  const charts = new FleetCharts(app, 'unit-1', {
    namespace: 'unit-1',
    pool: FIRST,
    password: PASSWORD,
    storage: NFS,
    proxies: { image: 'twemproxy:0.5.0' },
    ...(phase && { reshard: { pools, cluster, phase } }),
    ...props,
  });
  return { app, charts, cluster };
}

const REPLICAS: Partial<FleetChartsProps> = { redis: { replicas: 1 } };

function planOf({ reshard }: FleetCharts): Manifest {
  const { data } = reshard?.planConfigMap.toJson() as Manifest;
  return JSON.parse(data['reshard.json'] as string) as Manifest;
}

test('the plan has the shards of the last ring, with its user, and the nodes of the cluster', () => {
  const { shards, a, b } = planOf(fleet(RESHARDING).charts);
  expect(shards).toHaveLength(3);
  expect(a).toMatchObject({ user: 'default', servers: [{ shard: 0 }, { shard: 1 }, { shard: 2 }] });
  expect(b).toEqual({
    cluster: Array.from({ length: 6 }, (_, n) => ({
      host: `unit-1-cluster-${n}.unit-1.svc.cluster.local.`,
      port: 6379,
    })),
  });
  const later = planOf(fleet(RESHARDING, { pools: [MORE] }).charts);
  expect(later.shards).toHaveLength(4);
  expect(later.a).toMatchObject({ user: 'ring-2' });
});

test.each<[string, Partial<FleetChartsProps>]>([
  ['without replicas', {}],
  ['with replicas', REPLICAS],
])('%s, the Jobs of each phase are valid, and only those that change nothing run at once', (_, props) => {
  const stepsOf = (phase: ReshardPhase): string[] => {
    const { app, charts } = fleet(phase, props);
    expect(manifests(app).flatMap(problemsOf)).toEqual([]);
    expect(validationErrors(app)).toEqual([]);
    return Object.entries(charts.reshard?.jobs ?? {}).map(
      ([step, job]) => `${step}${(job.toJson() as Manifest).spec.suspend ? ' (suspended)' : ''}`,
    );
  };
  expect(stepsOf(RESHARDING)).toEqual([
    'compatibility',
    'preflight',
    'status',
    'copy',
    'verify',
    'switch (suspended)',
    'return (suspended)',
    'purge (suspended)',
  ]);
  expect(stepsOf(RESHARDED)).toEqual(['status', 'purge (suspended)']);
});

test.each<[string, Partial<FleetChartsProps>]>([
  ['without replicas', {}],
  ['with replicas', REPLICAS],
])('%s, the proxies do not change in any phase', (_, props) => {
  const proxiesIn = (phase?: ReshardPhase): unknown => {
    const { charts } = fleet(phase, props);
    return manifests(charts.proxies);
  };
  const before = proxiesIn();
  expect(proxiesIn(RESHARDING)).toEqual(before);
  expect(proxiesIn(RESHARDED)).toEqual(before);
});

test('after a change of the ring, the proxies are those of its last phase', () => {
  const app = new App();
  const stable = new FleetCharts(app, 'unit-1', {
    namespace: 'unit-1',
    pool: FIRST,
    password: PASSWORD,
    storage: NFS,
    proxies: { image: 'twemproxy:0.5.0' },
    reshard: { pools: [MORE], phase: STABLE },
  });
  const { charts } = fleet(RESHARDING, { pools: [MORE] });
  expect(manifests(charts.proxies)).toEqual(manifests(stable.proxies));
  expect(manifests(charts.redis)).toEqual(manifests(stable.redis));
});

test('the Jobs may connect to the nodes, and the nodes accept them', () => {
  const { charts, cluster } = fleet(RESHARDING);
  const { networkPolicies, reshard } = charts;
  const { egress } = networkPolicies.reshardPolicy?.toJson().spec as Manifest;
  expect(egress).toContainEqual({
    to: [{ podSelector: { matchLabels: cluster.podSelector } }],
    ports: [{ protocol: 'TCP', port: 6379 }],
  });
  expect(networkPolicies.clusterPolicy?.toJson().spec).toEqual({
    podSelector: { matchLabels: cluster.podSelector },
    policyTypes: ['Ingress'],
    ingress: [
      { from: [{ podSelector: { matchLabels: reshard?.podSelector } }], ports: [{ protocol: 'TCP', port: 6379 }] },
    ],
  });
  expect(fleet(undefined).charts.networkPolicies.clusterPolicy).toBeUndefined();
});

describe('with TLS', () => {
  const OF_NODES: Partial<RedisClusterProps> = { tls: { secretName: 'nodes', caSecretName: 'ca-of-nodes' } };
  const commandOf = ({ charts }: Made): string => {
    const [container] = (charts.reshard?.jobs.copy.toJson() as Manifest).spec.template.spec.containers as Manifest[];
    return (container.command as string[]).join(' ');
  };

  test.each([TlsPhase.USED, TlsPhase.REQUIRED])(
    'in the phase %s, the Jobs verify the shards and the nodes, each by its authorities',
    (phase) => {
      const made = fleet(RESHARDING, { tls: { phase, secretName: 'shards' } }, OF_NODES);
      expect(validationErrors(made.app)).toEqual([]);
      expect(manifests(made.app).flatMap(problemsOf)).toEqual([]);
      expect(commandOf(made)).toContain('--tls-ca /run/tls/ca/ca.crt --cluster-tls-ca /run/tls/ca-of-cluster/ca.crt');
      const job = JSON.stringify(made.charts.reshard?.jobs.copy.toJson());
      for (const secret of ['shards', 'ca-of-nodes']) {
        expect(job).toContain(`"secret":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"${secret}"}`);
      }
      const { shards, b } = planOf(made.charts);
      const portsOf = (servers: unknown): number[] => (servers as Manifest[]).map(({ port }) => port as number);
      expect(new Set([...portsOf(shards), ...portsOf(b.cluster)])).toEqual(new Set([6389]));
      const { ingress } = made.charts.networkPolicies.clusterPolicy?.toJson().spec as Manifest;
      expect((ingress as Manifest[]).map(({ ports }) => ports as unknown)).toEqual([[{ protocol: 'TCP', port: 6389 }]]);
    },
  );

  test.each<[string, Partial<FleetChartsProps>]>([
    ['a fleet without TLS', {}],
    ['a fleet in the phase OFFERED', { tls: { phase: TlsPhase.OFFERED, secretName: 'shards' } }],
  ])('the Jobs of %s verify the nodes, and use the plain port of the shards', (_, props) => {
    const made = fleet(RESHARDING, props, OF_NODES);
    expect(validationErrors(made.app)).toEqual([]);
    expect(commandOf(made)).toContain('--cluster-tls-ca');
    expect(commandOf(made)).not.toContain('--tls-ca /run/tls/ca/ca.crt');
    expect(planOf(made.charts).shards).toContainEqual(expect.objectContaining({ port: 6379 }));
  });

  test.each([
    [false, 'No port is without TLS.'],
    [true, 'A client that has no TLS uses the port 6379.'],
  ])('the runbook tells how the applications verify the nodes (plainPort: %s)', async (plainPort, text) => {
    const lab = new Lab();
    const outdir = path.join(lab.dir, 'dist');
    const { app, charts } = fleet(RESHARDING, {}, { tls: { secretName: 'nodes', plainPort } }, outdir);
    app.synth();
    charts.writeRunbook();
    const runbook = fs.readFileSync(path.join(outdir, 'unit-1.RUNBOOK.md'), 'utf8').replace(/\s+/g, ' ');
    expect(runbook).toContain('the client verifies the nodes with `ca.crt` of the Secret nodes');
    expect(runbook).toContain(text);
    expect(runbook).toContain('`unit-1-cluster-0.unit-1.svc.cluster.local:6389`');
    await lab.close();
  });
});

test.each<[string, () => unknown, string]>([
  ['no target', () => fleet(RESHARDING, { reshard: { phase: RESHARDING } }), 'reshard.pools is empty'],
  ['the phase STABLE', () => fleet(STABLE), 'reshard.phase is STABLE, but the Redis Cluster has all keys then'],
  [
    'a cluster that is open',
    () => fleet(RESHARDING, {}, { startClosed: false }),
    'cluster is unit-1-cluster/cluster, whose clients could write to it before the switch; set its prop startClosed',
  ],
  [
    'another password',
    () => fleet(RESHARDING, {}, { password: { name: 'other' } }),
    'whose password is key password of Secret other, but that of the shards key password of Secret unit-1-redis',
  ],
  [
    'a cluster without TLS for a fleet with it',
    () => fleet(RESHARDING, { tls: { phase: TlsPhase.USED, secretName: 'shards' } }),
    'which has no TLS, and its clients would lose that of the fleet; set its prop tls before it is created',
  ],
  ['another namespace', () => fleet(RESHARDING, { namespace: 'unit-2' }), 'in another namespace'],
  [
    'two targets',
    () => {
      const app = new App();
      return new FleetReshard(new Chart(app, 'jobs', { namespace: 'unit-1' }), 'reshard', {
        name: 'unit-1-reshard',
        pool: FIRST,
        nextPool: MORE,
        cluster: clusterIn(app),
        addresses: ['a:1', 'b:1', 'c:1', 'd:1'],
        password: PASSWORD,
      });
    },
    'nextPool and cluster are both set',
  ],
])('refuses %s', (_, make, message) => {
  expect(make).toThrow(message);
});

describe('the runbook', () => {
  test.each([RESHARDING, RESHARDED])('of the phase %s names only files and Jobs that exist', async (phase) => {
    const lab = new Lab();
    const outdir = path.join(lab.dir, 'dist');
    const { app, charts } = fleet(phase, {}, {}, outdir);
    app.synth();
    charts.writeRunbook();
    const text = fs.readFileSync(path.join(outdir, 'unit-1.RUNBOOK.md'), 'utf8');
    expect(text).not.toContain('undefined');
    for (const [file] of text.matchAll(/unit-1-[\w-]+\.k8s\.yaml/g)) {
      expect([file, fs.existsSync(path.join(outdir, file))]).toEqual([file, true]);
    }
    const jobs = ofKind(app, 'Job').map(({ metadata }) => metadata.name as string);
    for (const [, job] of text.matchAll(/job(?:\/|-name=)([\w-]+)/g)) expect(jobs).toContain(job);
    // The hash of the program is part of a Job's name.
    expect(text.replace(/(unit-1-(?:reshard|cluster)-\w+)-[0-9a-f]{8}/g, '$1-HASH')).toMatchSnapshot();
    await lab.close();
  });
});
