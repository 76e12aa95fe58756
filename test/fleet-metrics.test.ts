import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Duration, JsonPatch, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { type FleetCharts, type FleetChartsProps, type MetricsOptions, MigrationPhase, NetworkPeer } from '../lib';
import { parse, parseAllDocuments } from 'yaml';
import { fleet } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { type Manifest, manifests, ofKind, validationErrors } from './lab/synth';
import { ROOT } from './lab/synthesized';

const MONITORING = NetworkPeer.namespaces({ 'kubernetes.io/metadata.name': 'monitoring' });

function measured(metrics: Partial<MetricsOptions> = {}, props: Partial<FleetChartsProps> = {}) {
  return fleet({ namespace: 'unit-1', metrics: { clients: [MONITORING], ...metrics }, ...props });
}

/** The backups of a fleet, on a claim that exists. */
const BACKUP = { claimName: 'backups' };

const WITH_REPLICAS: Partial<FleetChartsProps> = { redis: { replicas: 1 } };

function objectOf(
  charts: FleetCharts,
  what: 'deployment' | 'service' | 'configMap' | 'scrapeConfigMap' | 'dashboardConfigMap',
): Manifest {
  if (charts.metrics === undefined) throw new Error('there are no metrics');
  return charts.metrics[what]?.toJson() as Manifest;
}

function jobsOf(charts: FleetCharts): Manifest[] {
  return (parse(objectOf(charts, 'scrapeConfigMap').data['scrape.yml'] as string) as { scrape_configs: Manifest[] })
    .scrape_configs;
}

test('metrics are a Deployment of both exporters, in objects that are valid in Kubernetes 1.27', () => {
  const { app, charts } = measured({}, WITH_REPLICAS);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  expect(validationErrors(app)).toEqual([]);
  expect(objectOf(charts, 'deployment')).toMatchSnapshot();
  expect(objectOf(charts, 'service')).toMatchSnapshot();
  expect(objectOf(charts, 'scrapeConfigMap').data['scrape.yml']).toMatchSnapshot();
  expect(JSON.parse(objectOf(charts, 'configMap').data['shards.json'] as string)).toEqual({
    unit1: { 'redis-a:6379': 0, 'redis-a:6380': 1, 'redis-b:6379': 2, named: 3 },
  });
});

test('every option is used', () => {
  const every: Required<
    Omit<MetricsOptions, 'nodeSelector' | 'tolerations' | 'affinity' | 'priorityClassName' | 'serviceAccountName'>
  > = {
    clients: [MONITORING, NetworkPeer.cidr('10.1.0.0/16')],
    interval: Duration.seconds(10),
    grafanaDashboard: true,
    prometheusOperatorLabels: { release: 'prometheus' },
    redisExporterImage: 'registry.example.net/redis_exporter:v1.60.0',
    proxyExporterImage: 'registry.example.net/node:22',
    memory: Size.mebibytes(256),
    cpu: Cpu.millis(200),
    cpuLimit: Cpu.units(1),
    imagePullPolicy: 'Always',
    imagePullSecrets: ['registry'],
    user: 1001,
    group: 1002,
    podLabels: { team: 'data' },
    podAnnotations: { note: 'x' },
  };
  const { app, charts } = measured(every);
  const own = manifests(app).filter(({ apiVersion }) => !(apiVersion as string).startsWith('monitoring.coreos.com/'));
  expect(own.flatMap(problemsOf)).toEqual([]);
  expect(objectOf(charts, 'deployment')).toMatchSnapshot();
  expect(jobsOf(charts).map((job) => [job.scrape_interval, job.scrape_timeout])).toEqual([
    ['10s', '5s'],
    ['10s', '5s'],
  ]);
});

test('each server is a target with the ordinal of its shard', () => {
  const { charts } = measured({}, WITH_REPLICAS);
  const [redis] = jobsOf(charts);
  expect(redis.static_configs).toEqual(
    [0, 1, 2, 3].flatMap((n) => [
      {
        targets: [`unit-1-shard-${n}.unit-1.svc.cluster.local.:6379`],
        labels: { fleet: 'unit-1', shard: `${n}`, server: 'a' },
      },
      {
        targets: [`unit-1-shard-${n}-b.unit-1.svc.cluster.local.:6380`],
        labels: { fleet: 'unit-1', shard: `${n}`, server: 'b' },
      },
    ]),
  );
});

test('only a fleet with a bridge has the metrics of one', () => {
  const names = (props: Partial<FleetChartsProps>): string[] =>
    jobsOf(measured({}, props).charts).map((job) => job.job_name as string);
  expect(names({})).toEqual(['unit-1-redis', 'unit-1-proxies']);
  expect(names({ migration: { phase: MigrationPhase.MOVED } })).toEqual(['unit-1-redis', 'unit-1-proxies']);
  expect(names({ migration: { phase: MigrationPhase.MOVING } })).toEqual([
    'unit-1-redis',
    'unit-1-proxies',
    'unit-1-bridges',
    'unit-1-jobs',
  ]);
  expect(names(WITH_REPLICAS)).toEqual(['unit-1-redis', 'unit-1-proxies', 'unit-1-bridges', 'unit-1-jobs']);
});

test('the dashboard is optional, and has the panels of what the fleet has', () => {
  interface Dashboard {
    readonly uid: string;
    readonly panels: readonly { readonly id: number; readonly title: string }[];
  }
  const dashboard = (props: Partial<FleetChartsProps>): Dashboard => {
    const { data, metadata } = objectOf(measured({ grafanaDashboard: true }, props).charts, 'dashboardConfigMap');
    expect(metadata).toMatchObject({ name: 'unit-1-metrics-dashboard', labels: { grafana_dashboard: '1' } });
    const text = data['unit-1.json'] as string;
    expect(text).not.toContain('@');
    // A larger one needs another way to be applied.
    expect(text.length).toBeLessThan(100_000);
    return JSON.parse(text) as Dashboard;
  };
  const titles = (props: Partial<FleetChartsProps>): string[] => dashboard(props).panels.map(({ title }) => title);
  const all = titles({ ...WITH_REPLICAS, migration: { phase: MigrationPhase.MOVING } });
  const without = (props: Partial<FleetChartsProps>): string[] => {
    const some = titles(props);
    return all.filter((title) => !some.includes(title));
  };
  const ofMove = [
    ...['Move', 'Moved', 'In sync', 'Synchronizing', 'Progress'],
    ...['Shards of the running Job', 'Data that arrives', 'Lag', 'Data on the new servers'],
  ];
  expect(without(WITH_REPLICAS)).toEqual(ofMove);
  expect(without({ migration: { phase: MigrationPhase.MOVING } })).toEqual([
    'The master of each shard',
    'Replication lag',
  ]);
  expect(without({})).toEqual(['The master of each shard', 'Replication lag', 'Routes of the bridges', ...ofMove]);
  const backup = { claimName: 'backups' };
  const ofBackups = ['Backups', 'Age', 'Failed Jobs', 'Shards of the running backup', 'Data of the running backup'];
  expect(titles({ ...WITH_REPLICAS, backup }).filter((title) => !titles(WITH_REPLICAS).includes(title))).toEqual(
    ofBackups,
  );
  const { uid, panels } = dashboard({});
  expect(uid.length).toBeLessThanOrEqual(40);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(measured().charts.metrics?.dashboardConfigMap).toBeUndefined();
});

describe('the objects of the Prometheus operator', () => {
  const props = { ...WITH_REPLICAS, migration: { phase: MigrationPhase.MOVING } };
  const objects = (): Manifest[] => {
    const { charts } = measured({ prometheusOperatorLabels: { release: 'prometheus' } }, props);
    return (charts.metrics?.operatorObjects ?? []).map((it) => it.toJson() as Manifest);
  };

  test('they are optional, have the labels, and are valid', () => {
    expect(measured({}, props).charts.metrics?.operatorObjects).toEqual([]);
    const all = objects();
    expect(all.map(({ kind, metadata }) => `${kind as string} ${metadata.name as string}`)).toEqual([
      'ScrapeConfig unit-1-metrics-redis',
      'ScrapeConfig unit-1-metrics-proxies',
      'ScrapeConfig unit-1-metrics-bridges',
      'ScrapeConfig unit-1-metrics-jobs',
      'PrometheusRule unit-1-metrics',
    ]);
    for (const { metadata } of all) expect(metadata.labels.release).toBe('prometheus');
    const [{ spec, ...redis }] = all;
    const wrong = { ...redis, spec: { ...spec, metricRelabelings: [{ action: 'dorp' }] } };
    expect(refused(all)).toBe('');
    expect(refused([wrong])).toContain('action');
  });

  test('a JSON patch of a user is in the objects, also with what the library does not use', () => {
    const { charts } = measured({ prometheusOperatorLabels: { release: 'prometheus' } }, props);
    const [redis] = charts.metrics?.operatorObjects ?? [];
    redis.addJsonPatch(JsonPatch.add('/spec/sampleLimit', 100_000));
    expect((redis.toJson() as Manifest).spec.sampleLimit).toBe(100_000);
  });

  test('each field of the definitions in imports/ has its type in the schema of the operator', () => {
    const file = path.join(ROOT, 'imports/prometheus-operator.yaml');
    const definitions = parseAllDocuments(fs.readFileSync(file, 'utf8')).map((one) => one.toJS() as Manifest);
    const wrong = definitions.flatMap(({ spec: { names, group, versions } }) => {
      const [{ name: version, schema }] = versions as Manifest[];
      const object = { apiVersion: `${group as string}/${version as string}`, kind: names.kind as string };
      const definition = schema.openAPIV3Schema as Definition;
      const whole = { ...object, metadata: { name: 'whole' }, ...(sampleOf(definition) as object) };
      expect(refused([whole])).toBe('');
      return fieldsOf(definition).map((field) => {
        const copy = structuredClone(whole);
        breakAt(copy, field);
        return { ...copy, metadata: { name: field.join('.') } };
      });
    });
    expect(wrong.length).toBeGreaterThan(25);
    const found = refused(wrong);
    for (const { kind, metadata } of wrong) expect(found).toContain(`${kind} ${metadata.name}:`);
  });

  test('they say the same as the files for Prometheus', () => {
    const { charts } = measured({}, props);
    const inFile = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(inFile);
      if (typeof value !== 'object' || value === null) return value === 'Pod' ? 'pod' : value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [IN_FILE[key] ?? key, inFile(inner)]));
    };
    const [rules, ...scrapes] = objects().reverse();
    expect(rules.spec).toEqual(parse(objectOf(charts, 'scrapeConfigMap').data['rules.yml'] as string));
    const jobs = scrapes.reverse().map(({ spec }) => {
      const { relabel_configs: relabelings, ...job } = inFile(spec) as Manifest;
      const [{ target_label: label, replacement }, ...others] = relabelings as Manifest[];
      expect(label).toBe('job');
      return { job_name: replacement as string, ...job, relabel_configs: others };
    });
    expect(jobs).toEqual(jobsOf(charts));
  });
});

/** What the schema of the operator refuses of objects, by its validator, which is an ES module. */
function refused(objects: object[]): string {
  return execFileSync(process.execPath, [path.join(__dirname, 'lab/operator-objects.mjs')], {
    input: JSON.stringify(objects),
    encoding: 'utf8',
  });
}

/** A part of a definition of a custom resource. */
interface Definition {
  readonly type: 'object' | 'array' | 'string' | 'boolean';
  readonly enum?: readonly string[];
  readonly example?: string;
  readonly properties?: Readonly<Record<string, Definition>>;
  readonly additionalProperties?: Definition;
  readonly items?: Definition;
}

/** A value with every field. */
function sampleOf({ type, enum: values, example, properties, additionalProperties, items }: Definition): unknown {
  if (items !== undefined) return [sampleOf(items)];
  if (properties !== undefined)
    return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, sampleOf(inner)]));
  if (additionalProperties !== undefined) return { any: sampleOf(additionalProperties) };
  if (type === 'boolean') return true;
  // Where it is a duration, the operator wants one.
  return values?.[0] ?? example ?? '10s';
}

/** The paths of all values in a sample. */
function fieldsOf({ properties, additionalProperties, items }: Definition): string[][] {
  const inner: [string, Definition][] = [
    ...Object.entries(properties ?? {}),
    ...(items ? [['0', items] as [string, Definition]] : []),
    ...(additionalProperties ? [['any', additionalProperties] as [string, Definition]] : []),
  ];
  return inner.flatMap(([name, definition]) => [[name], ...fieldsOf(definition).map((path) => [name, ...path])]);
}

/** Replaces a value by one of a type that no field has. */
function breakAt(object: object, path: readonly string[]): void {
  const names = [...path];
  const last = names.pop() ?? '';
  const parent = names.reduce((at, name) => at[name] as Record<string, unknown>, object as Record<string, unknown>);
  parent[last] = 0.5;
}

/** The names of fields in the files of Prometheus, where the operator has others. */
const IN_FILE: Partial<Record<string, string>> = {
  scrapeInterval: 'scrape_interval',
  scrapeTimeout: 'scrape_timeout',
  metricsPath: 'metrics_path',
  staticConfigs: 'static_configs',
  kubernetesSDConfigs: 'kubernetes_sd_configs',
  ownNamespace: 'own_namespace',
  relabelings: 'relabel_configs',
  metricRelabelings: 'metric_relabel_configs',
  sourceLabels: 'source_labels',
  targetLabel: 'target_label',
};

test('metrics change nothing of the shards', () => {
  const shards = (metrics?: MetricsOptions): Manifest[] =>
    ofKind(fleet({ ...WITH_REPLICAS, metrics }).app, 'StatefulSet');
  expect(shards({ clients: [MONITORING] })).toEqual(shards());
});

test('the proxies update their statistics every second, and show the fingerprint of their rings', () => {
  const proxy = ({ charts }: ReturnType<typeof fleet>): Manifest =>
    (charts.proxies.deployment.toJson() as Manifest).spec.template as Manifest;
  const labels = (it: ReturnType<typeof fleet>): string => proxy(it).metadata.labels['cdk8s-twemproxy/ring'] as string;
  const command = (it: ReturnType<typeof fleet>): string[] =>
    (proxy(it).spec.containers as Manifest[]).at(-1)?.command as string[];
  expect(command(fleet())).toContain('--stats-interval=30000');
  expect(labels(fleet())).toBeUndefined();
  expect(command(measured())).toContain('--stats-interval=1000');
  expect(labels(measured())).toMatch(/^[0-9a-f]{16}$/);
  const slower = { image: 'twemproxy:0.5.0', statsInterval: Duration.seconds(5) };
  expect(command(measured({}, { proxies: slower }))).toContain('--stats-interval=5000');
});

test('the exporters reach the shards and the statistics, and only the clients reach the exporters', () => {
  const { charts } = measured({}, WITH_REPLICAS);
  const spec = (policy?: { toJson(): unknown }): Manifest => (policy?.toJson() as Manifest).spec as Manifest;
  const { metricsPolicy, redisPolicy, replicaPolicy, proxyPolicies } = charts.networkPolicies;
  expect(spec(metricsPolicy)).toMatchSnapshot();
  const exporters = { podSelector: { matchLabels: charts.metrics?.podSelector } };
  for (const policy of [redisPolicy, replicaPolicy]) expect(spec(policy).ingress[0].from).toContainEqual(exporters);
  const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
  expect((spec(proxyPolicies[0]).ingress as Manifest[]).slice(1)).toEqual([
    { from: [exporters], ports: [{ protocol: 'TCP', port: 22222 }] },
    { from: [monitoring], ports: [{ protocol: 'TCP', port: 8404 }] },
  ]);
});

test.each<[string, Partial<FleetChartsProps>]>([
  ['migration', { migration: { phase: MigrationPhase.MOVING } }],
  ['failover', WITH_REPLICAS],
  ['backup', { backup: { ...BACKUP, drillSchedule: '0 12 * * 0' } }],
  ['change of the password', { password: { name: 'p', key: 'current', secondKey: 'next' } }],
])('the Jobs of a %s export their progress to the clients, and without metrics they have no port', (_, props) => {
  const { app, charts } = measured({}, props);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  const jobs = [...ofKind(app, 'Job'), ...ofKind(app, 'CronJob').map(({ spec }) => spec.jobTemplate as Manifest)];
  expect(jobs.length).toBeGreaterThan(2);
  for (const { spec } of jobs) {
    const [{ command, ports }] = spec.template.spec.containers as Manifest[];
    expect(command).toContain('--metrics-port');
    expect(ports).toEqual([{ name: 'job-metrics', containerPort: 9123 }]);
  }
  const scrape = jobsOf(charts).find(({ job_name: name }) => name === 'unit-1-jobs');
  expect(scrape).toMatchSnapshot();
  const { migrationPolicy, failoverPolicy, backupPolicy, passwordsPolicy } = charts.networkPolicies;
  const policy = (migrationPolicy ?? failoverPolicy ?? backupPolicy ?? passwordsPolicy)?.toJson() as Manifest;
  const from = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }];
  expect((policy.spec.ingress as Manifest[]).at(-1)).toEqual({ from, ports: [{ protocol: 'TCP', port: 9123 }] });
  expect(JSON.stringify(manifests(fleet(props).app))).not.toContain('"--metrics-port"');
});

test('one job scrapes the Jobs of all programs of a fleet', () => {
  const { charts } = measured({}, { ...WITH_REPLICAS, backup: BACKUP, password: { name: 'p', secondKey: 'next' } });
  const scrape = jobsOf(charts).find(({ job_name: name }) => name === 'unit-1-jobs');
  const selectors = (scrape?.kubernetes_sd_configs as Manifest[]).map(({ selectors: [{ label }] }) => label as string);
  expect(selectors).toEqual(
    ['failover', 'backup', 'passwords'].map(
      (name) => `app.kubernetes.io/name=${name},app.kubernetes.io/instance=unit-1-${name}`,
    ),
  );
});

test.each<[Partial<MetricsOptions>, string]>([
  [{ clients: [] }, 'clients is empty; list the peers that scrape'],
  [{ interval: Duration.seconds(2) }, 'interval in seconds is 2; use a whole number from 5 to 60'],
  [{ interval: Duration.millis(5500) }, 'interval is 5.5 seconds; use a whole number'],
  [{ redisExporterImage: 'redis_exporter' }, 'redisExporterImage is "redis_exporter"'],
  [{ proxyExporterImage: 'node:latest' }, 'proxyExporterImage is "node:latest"'],
  [{ memory: Size.mebibytes(32) }, 'memory is 32Mi; use at least 64Mi'],
])('%j is refused', (options, message) => {
  expect(() => measured(options)).toThrow(message);
});
