// The charts of a fleet with replicas, with and without a migration.

import { isDeepStrictEqual as isEqual } from 'node:util';
import { type App, Duration, JsonPatch, Size } from 'cdk8s';
import { type FleetChartsProps, MigrationPhase, NutcrackerServer, ShardStorage } from '../lib';
import { changed, fleet } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { type Manifest, manifests, ofKind, validationErrors } from './lab/synth';

const WITH = { namespace: 'unit-1', redis: { replicas: 1 } };

function moving(phase: MigrationPhase): Partial<FleetChartsProps> {
  return { ...WITH, migration: { phase, proxyNetworks: ['10.20.64.0/20'] } };
}

function chartsOf(app: App): string[] {
  return app.node.children.filter(({ node }) => node.children.length > 0).map(({ node }) => node.id);
}

function named(app: App, kind: string, name: string): Manifest {
  const found = ofKind(app, kind).find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

test('a fleet with replicas has Sentinels, the failover bridge, and Jobs, all valid in Kubernetes 1.27', () => {
  const { app, charts } = fleet(WITH);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  expect(validationErrors(app)).toEqual([]);
  expect(chartsOf(app)).toEqual(
    expect.arrayContaining(
      ['25-sentinel', '42-failover', '43-failover-program', '57-failover-status', '85-switchover', '95-failover'].map(
        (step) => `unit-1-${step}`,
      ),
    ),
  );
  expect(charts.proxies.bridgeStatesConfigMap).toBeDefined();
});

test('the Sentinels monitor nothing, and no Job changes roles, while the fleet moves', () => {
  const { app, charts } = fleet(moving(MigrationPhase.MOVING));
  expect((charts.sentinels?.configMap.toJson() as Manifest).data.shards).toBe('');
  expect(charts.failover).toBeUndefined();
  expect(charts.proxies.bridgeStatesConfigMap).toBeUndefined();
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
});

test('the servers of shards are the same in both phases: the end of the migration restarts none of them', () => {
  const [before, after] = [MigrationPhase.MOVING, MigrationPhase.MOVED].map((phase) => fleet(moving(phase)).app);
  for (const name of ['unit-1-redis', 'unit-1-redis-b']) {
    expect(named(after, 'StatefulSet', name)).toEqual(named(before, 'StatefulSet', name));
  }
});

test('stays below the size limit of a client-side apply with 108 shards', () => {
  const servers = Array.from({ length: 108 }, (_, i) => new NutcrackerServer({ address: `10.0.${i}.1:6379` }));
  const { app } = fleet({ ...WITH, pool: changed({ servers }) });
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  expect(validationErrors(app)).toEqual([]);
});

describe('network policies', () => {
  const { app, charts } = fleet(WITH);
  const selectors = {
    a: charts.redis.podSelector,
    b: charts.redis.replicaPodSelector,
    sentinels: charts.sentinels?.podSelector,
    proxies: charts.proxies.podSelector,
    jobs: charts.failover?.podSelector,
  };
  const policyOf = (who: keyof typeof selectors): Manifest => {
    const found = ofKind(app, 'NetworkPolicy').find(({ spec }) =>
      isEqual(spec.podSelector.matchLabels, selectors[who]),
    );
    if (found === undefined) throw new Error(`${who} have no policy`);
    return found;
  };
  const ports = { a: 6379, b: 6380, sentinels: 26_379 };
  const mentions = (rules: Manifest[], selector: unknown, port: number): boolean =>
    rules.some(
      ({ from, to, ports: allowed }) =>
        ((from ?? to ?? []) as Manifest[]).some(({ podSelector }) => isEqual(podSelector?.matchLabels, selector)) &&
        (allowed as Manifest[]).some((it) => it.port === port),
    );

  test('have the labels of what they select', () => {
    for (const who of ['a', 'b', 'sentinels', 'proxies', 'jobs'] as const)
      expect(policyOf(who).metadata.labels).toMatchObject(selectors[who] ?? {});
  });

  test.each(
    (['a', 'b', 'sentinels', 'proxies', 'jobs'] as const).flatMap((from) =>
      (['a', 'b', 'sentinels'] as const).map((to) => [from, to] as const),
    ),
  )('let %s connect to %s', (from, to) => {
    expect(mentions(policyOf(from).spec.egress as Manifest[], selectors[to], ports[to])).toBe(true);
    expect(mentions(policyOf(to).spec.ingress as Manifest[], selectors[from], ports[to])).toBe(true);
  });
});

test('every prop of replicas is used', () => {
  const every: Required<
    Pick<FleetChartsProps, 'sentinels' | 'bridge' | 'failover' | 'replicaPort' | 'replicaStorage'>
  > = {
    sentinels: { memory: Size.mebibytes(200) },
    bridge: { checkInterval: Duration.millis(500) },
    failover: { stepArguments: { switchover: ['--concurrency', '2'] } },
    replicaPort: 7380,
    replicaStorage: ShardStorage.nfs({ server: 'other', path: '/b', capacity: Size.gibibytes(1) }),
  };
  const { app, charts } = fleet({ ...WITH, ...every });
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  expect(charts.redis.replicaAddresses[0]).toContain(':7380');
  expect(JSON.stringify(charts.sentinels?.statefulSet.toJson())).toContain('200Mi');
  expect(JSON.stringify(charts.proxies.bridgeConfigMap?.toJson())).toContain('inter 500ms');
  expect(JSON.stringify(charts.failover?.jobs.switchover.toJson())).toContain('--concurrency');
  expect(ofKind(app, 'PersistentVolume').map(({ spec }) => spec.nfs.server as string)).toEqual(['nfs', 'other']);
  for (const [prop, value] of Object.entries(every)) {
    expect(() => fleet({ [prop]: value })).toThrow(`${prop} is set, but the shards have no replicas`);
  }
});

test('an old server that follows its shard cannot be mistaken for the second server', () => {
  const migration = { phase: MigrationPhase.MOVED, keepLegacyInSync: true };
  expect(() => fleet({ ...WITH, migration })).toThrow('redis-a:6380 follows its shard (keepLegacyInSync)');
  fleet({ ...WITH, migration, replicaPort: 7380 });
});

test.each(['haproxy.cfg', 'stopped-servers'])('a patch of %s that routes a shard elsewhere fails the synth', (file) => {
  const { app, charts } = fleet(WITH);
  const { bridgeConfigMap, bridgeStatesConfigMap } = charts.proxies;
  const map = file === 'haproxy.cfg' ? bridgeConfigMap : bridgeStatesConfigMap;
  const text = (map?.toJson() as Manifest).data[file] as string;
  map?.addJsonPatch(JsonPatch.replace(`/data/${file}`, text.replace(/6380/g, '6381')));
  expect(validationErrors(app)).not.toEqual([]);
});
