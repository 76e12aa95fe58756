import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import {
  type BackupOptions,
  type FleetCharts,
  type FleetChartsProps,
  MigrationPhase,
  NetworkPeer,
  ShardStorage,
} from '../lib';
import { fleet } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { type Manifest, manifests, ofKind, theOnly, validationErrors } from './lab/synth';

const STORAGE = ShardStorage.nfs({ server: 'nfs-2', path: '/backups', capacity: Size.tebibytes(1) });
const OLD_FILES = ShardStorage.nfs({ server: 'nfs-2', path: '/old', capacity: Size.tebibytes(1) });
const WITH_REPLICAS: Partial<FleetChartsProps> = { redis: { replicas: 1 } };

function backedUp(backup: BackupOptions = { storage: STORAGE }, props: Partial<FleetChartsProps> = {}) {
  return fleet({ namespace: 'unit-1', backup, ...props });
}

function cronJob(it: ReturnType<typeof fleet>): Manifest {
  return theOnly(it.app, 'CronJob');
}

function restoreContainer({ charts }: ReturnType<typeof fleet>): Manifest {
  return (charts.backup?.restoreJob.toJson() as Manifest).spec.template.spec.containers[0] as Manifest;
}

/** The hash of the program is part of the names of its ConfigMap and its Jobs. */
function withoutHash(manifest: unknown): unknown {
  return JSON.parse(JSON.stringify(manifest).replace(/(unit-1-backup-[\w-]+)-[0-9a-f]{8}"/g, '$1-HASH"'));
}

function planOf({ backup }: FleetCharts): Manifest {
  return JSON.parse((backup?.planConfigMap.toJson() as Manifest).data['backup.json'] as string) as Manifest;
}

test('a CronJob makes the backups, in objects that are valid in Kubernetes 1.27', () => {
  const it = backedUp({ storage: STORAGE }, WITH_REPLICAS);
  expect(manifests(it.app).flatMap(problemsOf)).toEqual([]);
  expect(validationErrors(it.app)).toEqual([]);
  expect(withoutHash(cronJob(it))).toMatchSnapshot();
  expect(withoutHash(restoreContainer(it))).toMatchSnapshot();
  expect(it.charts.backup?.programConfigMap?.toJson()).toMatchObject({
    immutable: true,
    data: {
      'backup.mjs': expect.stringContaining('import') as string,
      'run-backup.sh': expect.any(String) as string,
    },
  });
});

test('every option is used', () => {
  const every: Required<
    Omit<
      BackupOptions,
      'claimName' | 'nodeSelector' | 'tolerations' | 'affinity' | 'priorityClassName' | 'serviceAccountName'
    >
  > = {
    storage: STORAGE,
    schedule: '0 */6 * * *',
    timeZone: 'Europe/Berlin',
    concurrency: 4,
    keep: 28,
    keepFor: Duration.days(30),
    alertAfter: Duration.days(2),
    drillSchedule: '0 12 * * 0',
    drillMemory: Size.gibibytes(8),
    drillRedisImage: 'registry.example.net/redis:7.2',
    importFrom: { storage: OLD_FILES, memory: Size.gibibytes(9), redisImage: 'registry.example.net/redis:7.2.11' },
    copyTo: {
      remote: 's3:bucket/redis',
      config: { name: 'rclone', key: 'config' },
      schedule: '@daily',
      image: 'registry.example.net/rclone:1.68.2',
      port: 9000,
    },
    stepArguments: { backup: ['--samples', '64'], restore: ['--shards', '0'] },
    image: 'registry.example.net/fleet-jobs:0.1.0',
    programInImage: true,
    memory: Size.mebibytes(512),
    cpu: Cpu.millis(200),
    cpuLimit: Cpu.units(1),
    imagePullPolicy: 'Always',
    imagePullSecrets: ['registry'],
    user: 1001,
    group: 1002,
    podLabels: { team: 'data' },
    podAnnotations: { note: 'x' },
  };
  const it = backedUp(every);
  expect(manifests(it.app).flatMap(problemsOf)).toEqual([]);
  expect(withoutHash(it.charts.backup?.cronJob.toJson())).toMatchSnapshot();
  expect(withoutHash(it.charts.backup?.drillCronJob?.toJson())).toMatchSnapshot();
  expect(withoutHash(it.charts.backup?.copyCronJob?.toJson())).toMatchSnapshot();
  const policy = it.charts.networkPolicies.backupPolicy?.toJson() as Manifest;
  expect(policy.spec.egress).toContainEqual({ ports: [{ protocol: 'TCP', port: 9000 }] });
  expect(it.charts.backup?.programConfigMap).toBeUndefined();
});

test('the plan has the names of each shard on the ring, its servers, and the fingerprint of the ring', () => {
  const ring = expect.stringMatching(/^[0-9a-f]{16}$/) as string;
  const a = (n: number): string => `unit-1-shard-${n}.unit-1.svc.cluster.local.:6379`;
  const b = (n: number): string => `unit-1-shard-${n}-b.unit-1.svc.cluster.local.:6380`;
  const names = ['unit1/redis-a:6379', 'unit1/redis-a:6380', 'unit1/redis-b:6379', 'unit1/named'];
  expect(planOf(backedUp().charts)).toEqual({
    version: 1,
    fleet: 'unit-1',
    ring,
    sentinels: [],
    shards: names.map((name, shard) => ({ shard, names: [name], a: a(shard) })),
  });
  expect(planOf(backedUp({ storage: STORAGE }, WITH_REPLICAS).charts).shards).toEqual(
    names.map((name, shard) => ({ shard, names: [name], a: a(shard), b: b(shard) })),
  );
});

test('an existing claim is mounted', () => {
  const it = backedUp({ claimName: 'tapes' });
  expect(cronJob(it).spec.jobTemplate.spec.template.spec.volumes).toContainEqual({
    name: 'backups',
    persistentVolumeClaim: { claimName: 'tapes' },
  });
  expect(ofKind(it.app, 'PersistentVolume').map(({ metadata }) => metadata.name as string)).toEqual(['unit-1-redis']);
});

test('a drill has a server with the memory and the image of the shards', () => {
  const redis = { memory: Size.gibibytes(3), image: 'registry.example.net/redis:7.2' };
  const { charts } = backedUp({ storage: STORAGE, drillSchedule: '@weekly' }, { redis });
  const { containers } = (charts.backup?.drillCronJob?.toJson() as Manifest).spec.jobTemplate.spec.template
    .spec as Manifest;
  expect((containers as Manifest[]).map(({ name, image }) => [name, image] as unknown)).toEqual([
    ['backup', expect.stringContaining('node:')],
    ['redis', redis.image],
  ]);
  expect(containers[1].resources.limits).toEqual({ memory: '3Gi' });
});

test('an import has the old files, and a server for each shard at a time, with the memory and the image of the shards', () => {
  const redis = { memory: Size.gibibytes(3), image: 'registry.example.net/redis:7.2' };
  const importFrom = { claimName: 'old-files', concurrency: 2, appendOnly: true };
  const it = backedUp({ storage: STORAGE, importFrom }, { redis });
  expect(manifests(it.app).flatMap(problemsOf)).toEqual([]);
  expect(validationErrors(it.app)).toEqual([]);
  const job = it.charts.backup?.importJob?.toJson() as Manifest;
  expect(withoutHash(job)).toMatchSnapshot();
  const { containers } = job.spec.template.spec as Manifest;
  expect(
    (containers as Manifest[]).slice(1).map(({ image, resources }) => [image, resources.limits] as unknown),
  ).toEqual([
    [redis.image, { memory: '3Gi' }],
    [redis.image, { memory: '3Gi' }],
  ]);
  const { pools, shards } = planOf(it.charts);
  expect(pools).toEqual([{ name: 'unit1', hash: 'fnv1a_64', distribution: 'ketama', hashTag: '{}', database: 0 }]);
  const [first, , third, last] = shards as Manifest[];
  expect(first.servers).toEqual([{ pool: 'unit1', ringName: 'redis-a:6379', weight: 1 }]);
  const of = (address: string): string[] => [':', '_', '-', '/'].map((separator) => address.replace(':', separator));
  expect(first.directories).toEqual(of('redis-a:6379'));
  expect(third.directories).toEqual(of('redis-b:6379'));
  expect(last.directories).toContain('named');
  const own = backedUp({ storage: STORAGE, importFrom: { ...importFrom, directories: ['a', 'b/6379', 'c', 'd'] } });
  expect((planOf(own.charts).shards as Manifest[]).map(({ directories }) => directories as unknown)).toEqual([
    ['a'],
    ['b/6379'],
    ['c'],
    ['d'],
  ]);
});

test('without an import, the plan and the other Jobs are the same', () => {
  const { charts } = backedUp({ storage: STORAGE, importFrom: { claimName: 'old-files' } });
  expect(charts.backup?.restoreJob.name).not.toBe('');
  expect(backedUp().charts.backup?.importJob).toBeUndefined();
  expect(planOf(backedUp().charts)).not.toHaveProperty('pools');
});

test('with metrics, an alert fires when the newest backup is too old', () => {
  const rulesOf = (alertAfter?: Duration): string => {
    const metrics = { clients: [NetworkPeer.ownNamespace()] };
    const { charts } = backedUp({ storage: STORAGE, alertAfter }, { metrics });
    const { data } = charts.metrics?.scrapeConfigMap.toJson() as Manifest;
    return (data as Record<string, string>)['rules.yml'];
  };
  expect(rulesOf()).toMatch(/alert: BackupTooOld\n[^]*cronjob="unit-1-backup"\} > 129600\b/);
  expect(rulesOf(Duration.days(8))).toMatch(/cronjob="unit-1-backup"\} > 691200\b/);
});

test('the Jobs reach the servers, and only a shard that is restored reaches its Job', () => {
  const { charts } = backedUp({ storage: STORAGE }, WITH_REPLICAS);
  const spec = (policy?: { toJson(): unknown }): Manifest => (policy?.toJson() as Manifest).spec as Manifest;
  const { backupPolicy, redisPolicy, replicaPolicy } = charts.networkPolicies;
  const shards = [charts.redis.podSelector, charts.redis.replicaPodSelector];
  const ports = [7390, 7391, 7392, 7393, 7394, 7395, 7396, 7397].map((port) => ({ protocol: 'TCP', port }));
  expect(spec(backupPolicy).ingress).toEqual([
    { from: shards.map((matchLabels) => ({ podSelector: { matchLabels } })), ports },
  ]);
  expect(
    (spec(backupPolicy).egress as Manifest[])
      .flatMap(({ ports }) => ports as Manifest[])
      .map(({ port }) => port as number),
  ).toEqual(expect.arrayContaining([53, 6379, 6380]));
  const jobs = { podSelector: { matchLabels: charts.backup?.podSelector } };
  for (const policy of [redisPolicy, replicaPolicy]) {
    expect(spec(policy).ingress[0].from).toContainEqual(jobs);
    expect(spec(policy).egress).toContainEqual({ to: [jobs], ports });
  }
});

test('there are no backups while a fleet is being moved, and they change nothing of the shards', () => {
  const inPhase = (phase: MigrationPhase): FleetCharts =>
    backedUp({ storage: STORAGE }, { migration: { phase } }).charts;
  expect(inPhase(MigrationPhase.MOVING).backup).toBeUndefined();
  expect(inPhase(MigrationPhase.MOVED).backup).toBeDefined();
  const shards = (backup?: BackupOptions): Manifest[] => ofKind(fleet({ backup }).app, 'StatefulSet');
  expect(shards({ storage: STORAGE })).toEqual(shards());
});

test('backups on the server of the shards are lost with them, which is a warning', () => {
  expect(backedUp().charts.backup?.warnings).toEqual([]);
  const same = ShardStorage.nfs({ server: 'nfs', path: '/backups', capacity: Size.tebibytes(1) });
  expect(backedUp({ storage: same }).charts.backup?.warnings).toEqual([
    'unit-1-48-backup/backup: the backups are on the NFS server nfs, which also has the shards, and are lost together with them; use another server, or copy them elsewhere',
  ]);
});

test.each<[Partial<BackupOptions>, string]>([
  [{ storage: undefined }, 'there are neither storage nor claimName; set exactly one of them'],
  [{ claimName: 'tapes' }, 'there are both storage and claimName; set exactly one of them'],
  [{ storage: ShardStorage.emptyDir() }, 'storage is no volume that outlives its pods'],
  [{ storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(1) }) }, 'storage is no volume that outlives'],
  [{ schedule: 'daily' }, `schedule is "daily"; write five fields, such as '17 3 * * *'`],
  [{ schedule: 'TZ=UTC 17 3 * *' }, 'Kubernetes rejects a time zone in it, set timeZone'],
  [{ drillSchedule: 'weekly' }, 'drillSchedule is "weekly"; write five fields'],
  [
    { copyTo: { remote: 'bucket', config: { name: 'rclone' } } },
    'copyTo.remote is "bucket"; write the name of the remote',
  ],
  [{ importFrom: {} }, 'there are neither importFrom.storage nor importFrom.claimName; set exactly one of them'],
  [
    { importFrom: { claimName: 'old', directories: ['a'] } },
    'importFrom.directories has 1 directories, and the fleet 4 shards; give one for each',
  ],
  [
    { importFrom: { claimName: 'old', directories: ['a', 'b', '../c', 'd'] } },
    `importFrom.directories[2] is "../c"; write a path in the volume`,
  ],
  [{ importFrom: { claimName: 'old', directories: ['a', 'b', 'c', 'a'] } }, 'importFrom.directories has "a" twice'],
  [
    { importFrom: { claimName: 'old', concurrency: 99 } },
    'importFrom.concurrency is 99; use a whole number from 1 to 16',
  ],
  [{ timeZone: 'CET -1' }, 'timeZone is "CET -1"; write a name of the IANA database'],
  [{ keep: 0 }, 'keep is 0; use a whole number from 1'],
  [{ keepFor: Duration.hours(36) }, 'keepFor in days is 1.5; use a whole number from 1'],
  [{ concurrency: 0 }, 'concurrency is 0; use a whole number from 1'],
  [{ stepArguments: { backup: ['--keep', 'x'] } }, 'stepArguments of backup: --keep is "x"; write a whole number'],
  [{ programInImage: true }, 'programInImage is true, but the default Node image does not contain the backup'],
])('%j is refused', (options, message) => {
  expect(() => backedUp({ storage: STORAGE, ...options })).toThrow(message);
});
