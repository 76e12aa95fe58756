import { Duration, JsonPatch, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { FleetMigration, type FleetMigrationProps, type OldUser, RedisStatefulSet, ShardStorage } from '../lib';
import { type MovePlan } from '../lib/migration/plan';
import { changed, LIVE } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { chart, type Manifest, manifests, ofKind, validationErrors } from './lab/synth';

function redis(
  scope = chart('unit-1'),
  shards = LIVE.servers.length,
  startAsReplica = true,
  oldUser?: OldUser,
): RedisStatefulSet {
  return new RedisStatefulSet(scope, 'redis', {
    name: 'unit-1-redis',
    shardName: 'unit-1-shard',
    shards,
    startAsReplica,
    oldUser,
    storage: ShardStorage.emptyDir(),
  });
}

function migration(props: Partial<FleetMigrationProps> = {}): FleetMigration {
  const scope = chart('unit-1');
  const password = { name: 'unit-1-redis' };
  return new FleetMigration(scope, 'migration', {
    name: 'unit-1-move',
    pool: LIVE,
    redis: redis(),
    password,
    ...props,
  });
}

function textOf(it: FleetMigration): string {
  return (it.planConfigMap.toJson() as Manifest).data['plan.json'] as string;
}

function planOf(it: FleetMigration): MovePlan {
  return JSON.parse(textOf(it)) as MovePlan;
}

function job(it: FleetMigration, step: string): Manifest {
  return it.jobs[step].toJson() as Manifest;
}

describe('the plan', () => {
  test('has one line for each shard', () => {
    expect(textOf(migration())).toMatchSnapshot();
  });

  test('contains all options', () => {
    const it = migration({
      proxyNetworks: ['10.8.0.0/16', 'fd00::/8'],
      syncConcurrency: 3,
      syncsPerSourceHost: 2,
      cutoverConcurrency: 1,
      cutoverDeadline: Duration.millis(500),
      keepLegacyInSync: true,
      shardAddressesForLegacy: ['n1:30000', 'n1:30001', 'n2:30002', 'n2:30003'],
    });
    expect(planOf(it)).toMatchObject({
      version: 2,
      sync: { concurrency: 3, perSourceHost: 2 },
      cutover: { concurrency: 1, deadlineMs: 500 },
      keepLegacyInSync: true,
      proxyNetworks: ['10.8.0.0/16', 'fd00::/8'],
    });
    expect(planOf(it).shards[3]).toMatchObject({
      servers: [{ ringName: 'named' }],
      old: 'redis-b:6380',
      newForOld: 'n2:30003',
    });
  });

  test('has a new name when it changes', () => {
    expect(migration({ syncConcurrency: 3 }).planConfigMap.name).not.toBe(migration().planConfigMap.name);
  });
});

describe('the Jobs', () => {
  test('include this one', () => {
    expect(job(migration(), 'cutover').spec).toMatchSnapshot({
      template: { spec: { volumes: expect.any(Array) } },
    });
  });

  test('run when applied, except cutover and rollback', () => {
    const it = migration();
    const suspended = Object.keys(it.jobs).filter((step) => job(it, step).spec.suspend);
    expect(Object.keys(it.jobs)).toEqual(['preflight', 'status', 'sync', 'verify', 'cutover', 'rollback']);
    expect(suspended).toEqual(['cutover', 'rollback']);
  });

  test('are retried only if that can help', () => {
    const limits = Object.entries(migration().jobs).map(([step, it]) => [
      step,
      (it.toJson() as Manifest).spec.backoffLimit,
    ]);
    expect(Object.fromEntries(limits)).toEqual({
      preflight: 0,
      status: 0,
      sync: 6,
      verify: 0,
      cutover: 6,
      rollback: 6,
    });
    for (const { spec } of ofKind(migration(), 'Job')) {
      expect(spec.template.spec.restartPolicy).toBe('Never');
      expect(spec.podFailurePolicy.rules[0]).toMatchObject({ action: 'FailJob', onExitCodes: { values: [2, 3] } });
    }
  });

  test('are named in a ConfigMap whose name never changes', () => {
    const current = (it: FleetMigration): unknown => (it.currentConfigMap.toJson() as Manifest).data;
    const it = migration();
    expect(current(it)).toEqual(Object.fromEntries(Object.entries(it.jobs).map(([step, { name }]) => [step, name])));
    const other = migration({ stepArguments: { cutover: ['--allow-unexpected-clients'] } });
    expect(other.currentConfigMap.name).toBe(it.currentConfigMap.name);
    expect(current(other)).not.toEqual(current(it));
  });

  test('cannot be patched, since their names contain a hash', () => {
    const it = migration();
    it.jobs.sync.addJsonPatch(JsonPatch.add('/spec/template/spec/hostNetwork', true));
    it.jobs.cutover.addJsonPatch(JsonPatch.replace('/spec/suspend', false));
    expect(validationErrors(it)).toEqual([
      expect.stringMatching(/^a patch changed unit-1-move-sync-\w{8}, which is immutable and has a content hash/),
    ]);
  });

  test('run the built migrator, which is small enough for kubectl apply', () => {
    const it = migration();
    expect(it.migratorConfigMap?.toJson()).toMatchObject({
      immutable: true,
      data: { 'migrator.mjs': expect.stringContaining('import') },
    });
    expect(validationErrors(it)).toEqual([]);
  });
});

test('a plan that is too large for kubectl apply fails the synth', () => {
  const networks = Array.from({ length: 20_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  expect(validationErrors(migration({ proxyNetworks: networks }))).toEqual([
    expect.stringMatching(/^unit-1-move-plan-\w+ has \d+ bytes, but kubectl apply takes at most 26\d{4}/),
  ]);
});

/** All props; `pools` cannot be combined with `pool`, and oldTls is in fleet-tls-migration.test.ts. */
const EVERY_PROP: Required<Omit<FleetMigrationProps, 'pools' | 'oldTls'>> = {
  name: 'm',
  pool: LIVE,
  redis: redis(chart(), 4, true, { name: 'mover', password: { name: 'old', key: 'mover' } }),
  password: { name: 'shared', key: 'redis' },
  partOf: 'whole',
  metrics: true,
  scopes: {},
  proxyNetworks: ['10.8.0.0/16'],
  syncConcurrency: 3,
  syncsPerSourceHost: 2,
  cutoverConcurrency: 1,
  cutoverDeadline: Duration.millis(500),
  keepLegacyInSync: true,
  shardAddressesForLegacy: ['n1:30000', 'n1:30001', 'n2:30002', 'n2:30003'],
  renamedCommands: { name: 'names', key: 'lines' },
  oldUser: { name: 'mover', password: { name: 'old', key: 'mover' } },
  stepArguments: { verify: ['--full'] },
  bridge: { firstPort: 20_000 },
  image: 'registry.example.net/node:20.20.2',
  programInImage: false,
  memory: Size.mebibytes(300),
  cpu: Cpu.millis(100),
  cpuLimit: Cpu.units(1),
  imagePullPolicy: 'Always',
  imagePullSecrets: ['pull'],
  user: 1001,
  group: 1002,
  priorityClassName: 'high',
  nodeSelector: { net: 'fast' },
  tolerations: [{ operator: 'Exists' }],
  affinity: { podAntiAffinity: {} },
  serviceAccountName: 'account',
  podLabels: { team: 'data' },
  podAnnotations: { note: 'yes' },
};

test('every prop is used, in objects that are valid in Kubernetes 1.27', () => {
  const it = migration(EVERY_PROP);
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  expect(validationErrors(it)).toEqual([]);
  expect(it.bridge.listenAddressOf(EVERY_PROP.redis.addresses[1])).toBe('127.0.0.1:20001');
  const { template } = job(it, 'verify').spec;
  expect(template.metadata).toMatchObject({ labels: { team: 'data' }, annotations: { note: 'yes' } });
  const { volumes, ...pod } = template.spec as Manifest;
  expect(volumes).toHaveLength(4);
  expect(pod).toMatchSnapshot();
});

test('renamed commands come from a Secret, and are in no manifest', () => {
  const cutover = job(migration({ renamedCommands: { name: 'names' } }), 'cutover');
  const { containers, volumes } = cutover.spec.template.spec;
  const file = '/run/renamed-commands/lines';
  expect(containers[0].command).toEqual(expect.arrayContaining(['--renamed-commands', file]));
  expect(containers[0].volumeMounts).toContainEqual(expect.objectContaining({ mountPath: '/run/renamed-commands' }));
  expect(volumes).toContainEqual({
    name: 'renamed-commands',
    secret: { secretName: 'names', items: [{ key: 'renamed-commands', path: 'lines' }] },
  });
});

test.each<[Partial<FleetMigrationProps>, string]>([
  [{ name: 'n'.repeat(46) }, 'name is "nnn'],
  [{ image: 'node' }, 'image is "node"; add a tag'],
  [{ syncConcurrency: 0 }, 'syncConcurrency is 0; use a whole number from 1'],
  [{ cutoverDeadline: Duration.millis(99) }, 'cutoverDeadline in milliseconds is 99; use a whole number from 100'],
  [{ proxyNetworks: ['10.8.0.1'] }, 'NetworkPeer.cidr: "10.8.0.1" is not an address block'],
  [{ redis: redis(chart(), 3) }, 'there are 4 old servers but 3 shards; migrate first'],
  [{ redis: redis(chart(), 4, false) }, 'redis would start as empty masters, and the bridge would route to them'],
  [{ password: undefined }, 'pool unit1 has a redis_auth, but no password; set password'],
  [{ shardAddressesForLegacy: ['a:1'] }, 'shardAddressesForLegacy has 1 entries for 4 shards; give one for each'],
  [{ shardAddressesForLegacy: ['a', 'b:1', 'c:1', 'd:1'] }, 'shardAddressesForLegacy has "a"; write host:port'],
  [{ stepArguments: { move: [] } }, 'stepArguments names "move"; the steps are preflight, status, sync'],
  [
    { stepArguments: { cutover: ['--canari'] } },
    'stepArguments of cutover: cutover has no option --canari; did you mean --canary;',
  ],
  [
    { stepArguments: { cutover: ['--hold', 'all'] } },
    'stepArguments of cutover: --hold is "all"; write auto or pause or fence',
  ],
  [{ stepArguments: { sync: ['--shards', '0-4'] } }, 'stepArguments of sync: --shards names 4; the plan has 4 shards'],
  [{ stepArguments: { sync: ['now'] } }, "stepArguments of sync: Unexpected argument 'now'"],
  [{ stepArguments: { status: ['--help'] } }, 'stepArguments of status: --help moves nothing; remove it'],
  [{ stepArguments: { status: ['--plan=x'] } }, 'stepArguments of status: --plan=x is already set by the Job'],
  [
    { stepArguments: { cutover: '--canary' as never } },
    'stepArguments["cutover"] is "--canary"; write a list: ["--canary"]',
  ],
  [{ renamedCommands: { name: 'N' } }, 'renamedCommands.name is "N"; use lower-case letters'],
  [
    { oldUser: { name: 'a b', password: { name: 'old' } } },
    'oldUser.name is "a b"; write the name of a user of the old servers',
  ],
  [{ oldUser: { name: '', password: { name: 'old' } } }, 'oldUser.name is ""; write the name'],
  [
    { oldUser: { name: 'default', password: { name: 'old' } } },
    'oldUser.name is "default", which is the default; leave',
  ],
  [{ oldUser: { name: 'mover', password: { name: 'O' } } }, 'oldUser.password.name is "O"; use lower-case letters'],
  [{ oldUser: { name: 'mover' } as OldUser }, 'oldUser.password is missing'],
  [{ oldUser: { name: 'mover', password: { name: 'old' } } }, 'oldUser of the migration and of redis differ'],
  [{ pool: changed({ servers: LIVE.servers.slice(0, 3) }) }, 'there are 3 old servers but 4 shards'],
])('bad props are refused with the path of the construct (%#)', (props, message) => {
  expect(() => migration(props)).toThrow(`chart/migration: ${message}`);
});
