// The Jobs that change the password, and what a second key changes in the manifests of a fleet.

import { App } from 'cdk8s';
import { FleetCharts, type FleetChartsProps, FleetPasswords, type FleetPasswordsProps, MigrationPhase } from '../lib';
import { LIVE, NFS } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { chart, type Manifest, manifests, ofKind, validationErrors } from './lab/synth';
import { named } from './lab/synthesized';

const PASSWORD = { name: 'unit-1-redis', secondKey: 'second' };

function passwords(props: Partial<FleetPasswordsProps> = {}): FleetPasswords {
  return new FleetPasswords(chart('unit-1'), 'passwords', {
    name: 'unit-1-passwords',
    password: PASSWORD,
    addresses: ['shard-0.:6379', 'shard-1.:6379'],
    proxyPort: 22121,
    partOf: 'unit-1',
    ...props,
  });
}

const REPLICATED = {
  replicaAddresses: ['shard-0-b.:6380', 'shard-1-b.:6380'],
  sentinels: [0, 1, 2].map((n) => `unit-1-sentinel-${n}.:26379`),
};

function synth(props: Partial<FleetChartsProps>): App {
  const app = new App();
  new FleetCharts(app, 'unit-1', { pool: LIVE, storage: NFS, proxies: { image: 'twemproxy:0.5.0' }, ...props });
  return app;
}

/** By kind and name, without the suffix of a hash. */
function objects(app: App): Map<string, string> {
  return new Map(
    manifests(app).map((it) => [
      `${it.kind} ${(it.metadata.name as string).replace(/-[0-9a-f]{8,10}$/, '')}`,
      JSON.stringify(it),
    ]),
  );
}

test.each<[string, Partial<FleetPasswordsProps>]>([
  ['without replicas', {}],
  ['with replicas', REPLICATED],
])('the plan %s has the servers of each shard', (_what, props) => {
  const { data } = passwords(props).planConfigMap.toJson() as Manifest;
  expect(JSON.parse(data['passwords.json'] as string)).toEqual({
    version: 1,
    fleet: 'unit-1',
    proxyPort: 22121,
    sentinels: props.sentinels ?? [],
    shards: [0, 1].map((shard) => ({
      shard,
      servers: [`shard-${shard}.:6379`, ...(props.replicaAddresses ? [`shard-${shard}-b.:6380`] : [])],
    })),
  });
});

test('the Jobs are valid in Kubernetes 1.27, and only the status runs when it is applied', () => {
  const it = passwords(REPLICATED);
  expect(validationErrors(it)).toEqual([]);
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  expect(ofKind(it, 'Job').map(({ spec }) => spec.suspend as unknown)).toEqual([undefined, true, true]);
  const [{ env }] = (it.jobs.apply.toJson() as Manifest).spec.template.spec.containers as Manifest[];
  expect(env).toMatchObject([
    { name: 'REDIS_PASSWORD', valueFrom: { secretKeyRef: { name: 'unit-1-redis', key: 'password' } } },
    { name: 'SECOND_PASSWORD', valueFrom: { secretKeyRef: { name: 'unit-1-redis', key: 'second', optional: true } } },
    { name: 'JOB_NAME' },
  ]);
});

test.each<[Partial<FleetPasswordsProps>, string]>([
  [{ password: { name: 'unit-1-redis' } }, 'password has no secondKey'],
  [{ password: { name: 'a', key: 'b', secondKey: 'b' } }, 'password.secondKey is "b", which is also key'],
  [{ password: { name: 'a', secondKey: 'b c' } }, 'password.secondKey is "b c"; use letters'],
  [{ addresses: [] }, 'there are 0 addresses and 0 replicaAddresses'],
  [{ replicaAddresses: ['b:1'] }, 'there are 2 addresses and 1 replicaAddresses'],
  [{ sentinels: ['s'] }, '"s" is not host:port'],
  [{ proxyPort: 0 }, 'proxyPort is 0'],
  [{ stepArguments: { retire: ['--watch', '0'] } }, 'stepArguments of retire: --watch is "0"; write a whole number'],
  [{ stepArguments: { rotate: [] } }, 'stepArguments names "rotate"; the steps are status, apply, retire'],
  [{ programInImage: true }, 'programInImage is true, but the default Node image does not contain the passwords'],
])('%j is refused', (props, message) => {
  expect(() => passwords(props)).toThrow(message);
});

test.each<[string, Partial<FleetChartsProps>, string[]]>([
  ['without replicas', {}, ['StatefulSet unit-1-redis']],
  [
    'with replicas',
    { redis: { replicas: 1 } },
    ['StatefulSet unit-1-redis', 'StatefulSet unit-1-redis-b', 'StatefulSet unit-1-sentinel'],
  ],
])('a second key %s changes the pods of the servers only, and adds the Jobs', (_what, props, sets) => {
  const before = objects(synth({ ...props, password: { name: 'unit-1-redis' } }));
  const app = synth({ ...props, password: PASSWORD, passwords: { stepArguments: { retire: ['--watch', '60'] } } });
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  const after = objects(app);
  const changed = [...before].filter(([name, text]) => after.get(name) !== text).map(([name]) => name);
  // The Jobs for failovers do not connect to those for passwords.
  const policies = [...before.keys()].filter((name) => /^NetworkPolicy (?!.*failover)/.test(name));
  expect(changed.sort()).toEqual([...policies, ...sets].sort());
  expect([...after.keys()].filter((name) => !before.has(name)).sort()).toEqual(
    [
      'ConfigMap unit-1-passwords-current',
      'ConfigMap unit-1-passwords-plan',
      'ConfigMap unit-1-passwords-program',
      'Job unit-1-passwords-apply',
      'Job unit-1-passwords-retire',
      'Job unit-1-passwords-status',
      'NetworkPolicy unit-1-passwords',
    ].sort(),
  );
  for (const set of sets) {
    const spec = named(manifests(app), 'StatefulSet')[set.split(' ')[1]].spec.template.spec as Manifest;
    expect(spec.volumes).toContainEqual({
      name: 'passwords',
      projected: {
        defaultMode: 0o440,
        sources: [
          { secret: { name: 'unit-1-redis', items: [{ key: 'password', path: 'password' }] } },
          { secret: { name: 'unit-1-redis', items: [{ key: 'second', path: 'second' }], optional: true } },
        ],
      },
    });
  }
});

test('there are no Jobs while the fleet is moved, and the pods of the shards are the same in every phase', () => {
  const [moving, moved] = [MigrationPhase.MOVING, MigrationPhase.MOVED].map((phase) =>
    synth({ password: PASSWORD, migration: { phase } }),
  );
  const jobs = (app: App): string[] =>
    ofKind(app, 'Job')
      .map(({ metadata }) => metadata.name as string)
      .filter((name) => name.includes('passwords'));
  expect([jobs(moving).length, jobs(moved).length]).toEqual([0, 3]);
  expect(ofKind(moving, 'StatefulSet')).toEqual(ofKind(moved, 'StatefulSet'));
});

test('options without a second key are refused', () => {
  expect(() => synth({ passwords: {} })).toThrow('passwords is set, but password has no secondKey');
});
