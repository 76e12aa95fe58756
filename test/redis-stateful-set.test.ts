import { JsonPatch, Size, Duration } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { RedisConfig, RedisStatefulSet, type RedisStatefulSetProps, ShardStorage } from '../lib';
import { problemsOf } from './lab/kubernetes-schema';
import { chart, type Manifest, manifests, ofKind, theOnly, validationErrors } from './lab/synth';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

function redis(props: Partial<RedisStatefulSetProps> = {}, scope: Construct = chart('fleet')): RedisStatefulSet {
  return new RedisStatefulSet(scope, 'redis', {
    name: 'unit-redis',
    shards: 4,
    storage: ShardStorage.emptyDir(),
    password: { name: 'unit-password' },
    ...props,
  });
}

function podOf(construct: Construct): Manifest {
  return theOnly(construct, 'StatefulSet').spec.template.spec as Manifest;
}

function serverOf(construct: Construct): Manifest {
  return podOf(construct).containers[0] as Manifest;
}

function configOf(construct: Construct): Record<string, string> {
  return theOnly(construct, 'ConfigMap').data as Record<string, string>;
}

describe('a StatefulSet of shards', () => {
  test('refers to its headless Service', () => {
    const it = redis({ serviceName: 'svc-redis' });
    const { serviceName } = theOnly(it, 'StatefulSet').spec as Manifest;
    const headless = ofKind(it, 'Service').filter(({ spec }) => spec.clusterIP === 'None');
    expect(headless.map(({ metadata }) => metadata.name as string)).toEqual([serviceName]);
    expect(headless[0].spec.publishNotReadyAddresses).toBe(true);
  });

  test('starts and stops its pods in parallel', () => {
    expect(theOnly(redis(), 'StatefulSet').spec.podManagementPolicy).toBe('Parallel');
  });

  test.each([1, 4, 108, 1000])('with %i shards has a Service with a stable address for each', (shards) => {
    const it = redis({ shards });
    const services = ofKind(it, 'Service').filter(({ spec }) => spec.type === 'ClusterIP');
    expect(theOnly(it, 'StatefulSet').spec.replicas).toBe(shards);
    expect(it.addresses).toHaveLength(shards);
    expect(new Set(it.addresses).size).toBe(shards);
    expect(services.map(({ spec }) => spec.selector['statefulset.kubernetes.io/pod-name'] as string)).toEqual(
      Array.from({ length: shards }, (_, i) => `unit-redis-${i}`),
    );
    expect(it.addresses[shards - 1]).toBe(`unit-redis-shard-${shards - 1}.fleet.svc.cluster.local.:6379`);
    expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  });

  test('without a namespace has short addresses, which the search list of the namespace resolves', () => {
    expect(redis({ shards: 1 }, chart()).addresses).toEqual(['unit-redis-shard-0:6379']);
  });

  test('has selector labels that do not depend on the position in the construct tree', () => {
    const here = redis();
    const deep = redis({}, new Construct(new Construct(chart('fleet'), 'some'), 'where'));
    const immutable = ({ spec }: Manifest): unknown => [spec.selector, spec.serviceName, spec.volumeClaimTemplates];
    expect(immutable(theOnly(deep, 'StatefulSet'))).toEqual(immutable(theOnly(here, 'StatefulSet')));
    expect(manifests(deep)).toEqual(manifests(here));
  });

  test('passes Pod Security "restricted"', () => {
    const pod = podOf(redis());
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of [...pod.initContainers, ...pod.containers] as Manifest[]) {
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      });
    }
  });

  test('keeps the token and the variables of Services out of its containers', () => {
    expect(podOf(redis())).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
  });

  test('spreads over nodes and zones, and allows one eviction at a time', () => {
    const it = redis();
    expect((podOf(it).topologySpreadConstraints as Manifest[]).map(({ topologyKey }) => topologyKey as string)).toEqual(
      ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'],
    );
    expect(theOnly(it, 'PodDisruptionBudget').spec.maxUnavailable).toBe(1);
  });

  test('gives each pod its own directory on the volume, created by an init container as the user of the server', () => {
    const pod = podOf(redis());
    expect(pod.containers[0].volumeMounts).toContainEqual({
      name: 'data',
      mountPath: '/data',
      subPathExpr: '$(POD_NAME)',
    });
    expect(pod.initContainers[0].securityContext.runAsUser).toBeUndefined();
    expect(pod.initContainers[0].volumeMounts).toContainEqual({ name: 'data', mountPath: '/volume' });
  });

  test('takes the password from the Secret, and writes it to no manifest', () => {
    const it = redis();
    expect(serverOf(it).env).toContainEqual({
      name: 'REDISCLI_AUTH',
      valueFrom: { secretKeyRef: { name: 'unit-password', key: 'password' } },
    });
    expect(configOf(it)['redis.conf']).not.toContain('requirepass');
  });

  test('has no password variable without a password', () => {
    expect(JSON.stringify(podOf(redis({ password: undefined })))).not.toContain('REDISCLI_AUTH');
  });
});

describe('the configuration of shards', () => {
  test('persists by AOF every second and by RDB, and never evicts', () => {
    const conf = configOf(redis())['redis.conf'];
    expect(conf).toMatch(/^appendonly yes$/m);
    expect(conf).toMatch(/^appendfsync everysec$/m);
    expect(conf).toMatch(/^save 3600 1\nsave 300 100\nsave 60 10000$/m);
    expect(conf).toMatch(/^maxmemory-policy noeviction$/m);
  });

  test('leaves memory for the fork', () => {
    expect(configOf(redis({ memory: Size.gibibytes(10) }))['redis.conf']).toContain(`maxmemory ${6 * 1024 * 1024}kb\n`);
  });

  test('has a file for a shard with its own maxmemory', () => {
    const data = configOf(redis({ memory: Size.gibibytes(4), maxmemoryOfShard: { '2': Size.gibibytes(3) } }));
    expect(data['shard-2.conf']).toBe(`maxmemory ${3 * 1024 * 1024}kb\n`);
  });

  test.each([
    ['4Gi', Size.gibibytes(4), 65_536],
    ['100Mi', Size.mebibytes(100), 7_680],
    ['32Mi', Size.mebibytes(32), 2432],
  ])('has a replication backlog that leaves room for the data: %s', (_, memory, kibibytes) => {
    expect(configOf(redis({ memory }))['redis.conf']).toContain(`\nrepl-backlog-size ${kibibytes}kb\n`);
  });

  test('has its own backlog for a shard with its own maxmemory, unless the configuration sets one for all', () => {
    const maxmemoryOfShard = { '2': Size.mebibytes(80) };
    expect(configOf(redis({ maxmemoryOfShard }))['shard-2.conf']).toBe(
      'maxmemory 81920kb\nrepl-backlog-size 10240kb\n',
    );
    const config = RedisConfig.of({ replBacklogSize: Size.mebibytes(16) });
    expect(configOf(redis({ maxmemoryOfShard, config }))['shard-2.conf']).toBe('maxmemory 81920kb\n');
  });

  test('is in an immutable ConfigMap with a content hash in its name, so that a change rolls the pods', () => {
    const one = theOnly(redis(), 'ConfigMap');
    const same = theOnly(redis(), 'ConfigMap');
    const other = redis({ config: RedisConfig.of({ databases: 4 }) });
    expect(one.immutable).toBe(true);
    expect(same.metadata.name).toBe(one.metadata.name);
    expect(theOnly(other, 'ConfigMap').metadata.name).not.toBe(one.metadata.name);
    expect(podOf(other).volumes[0].configMap.name).toBe(theOnly(other, 'ConfigMap').metadata.name);
  });

  test('can come from an old redis.conf, without its password', () => {
    const config = RedisConfig.fromText(
      'requirepass hunter2\nslave-read-only yes\nhash-max-ziplist-entries 64\nport 7000\n',
    );
    const conf = configOf(redis({ config }))['redis.conf'];
    expect(conf).not.toContain('hunter2');
    expect(conf).not.toContain('7000');
    expect(conf).toContain('hash-max-listpack-entries 64');
  });
});

describe('the timeouts of a shard', () => {
  test('allow an hour for loading; each probe waits half a minute', () => {
    expect((serverOf(redis()).startupProbe as Manifest).failureThreshold * 30).toBe(3600);
    expect(configOf(redis())['probe.sh']).toContain('end=$(($(date +%s) + 30))');
  });

  test('allow enough time at the end to write maxmemory', () => {
    expect(podOf(redis({ memory: Size.gibibytes(10) })).terminationGracePeriodSeconds).toBe(
      60 + Math.ceil((6 * 1024) / 20),
    );
    const large = { memory: Size.gibibytes(10), maxmemoryOfShard: { '1': Size.gibibytes(8) } };
    expect(podOf(redis(large)).terminationGracePeriodSeconds).toBe(60 + Math.ceil((8 * 1024) / 20));
  });

  test('allow an NFS server ten minutes to recover before the shard is restarted', () => {
    const { periodSeconds, failureThreshold } = serverOf(redis()).livenessProbe as Manifest;
    expect(periodSeconds * failureThreshold).toBe(600);
  });
});

/** The props of replicas are in redis-replicas.test.ts. */
const EVERY_PROP: Required<Omit<RedisStatefulSetProps, `replica${string}` | 'sentinelName' | 'tls' | 'oldTls'>> = {
  name: 'r',
  shards: 3,
  storage: ShardStorage.claimTemplate({
    capacity: Size.gibibytes(8),
    storageClassName: 'fast',
    accessMode: 'ReadWriteOncePod',
  }),
  storageScope: chart('fleet'),
  password: { name: 'secret', key: 'key' },
  oldUser: { name: 'mover', password: { name: 'old', key: 'mover' } },
  serviceName: 'governing',
  shardName: 'piece',
  port: 7000,
  partOf: 'whole',
  clusterDomain: 'corp.local',
  image: `registry:5000/team/redis:6.2@${DIGEST}`,
  imagePullPolicy: 'Always',
  imagePullSecrets: ['pull'],
  user: 1001,
  group: 1002,
  memory: Size.gibibytes(3),
  maxmemory: Size.gibibytes(2),
  maxmemoryOfShard: { '1': Size.gibibytes(1) },
  cpu: Cpu.millis(100),
  cpuLimit: Cpu.units(2),
  serverVersion: 'valkey 8.1',
  config: RedisConfig.of({ databases: 1 }),
  startAsReplica: true,
  migratorUser: true,
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated, but still a prop
  bornAsReplica: true,
  startupTimeout: Duration.minutes(10),
  livenessTimeout: Duration.minutes(2),
  terminationGracePeriod: Duration.minutes(9),
  updateStrategy: 'OnDelete',
  priorityClassName: 'high',
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'redis', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: { nodeAffinity: {} },
  topologySpreadConstraints: [],
  serviceAccountName: 'account',
  podLabels: { team: 'data' },
  podAnnotations: { note: 'yes' },
  maxUnavailable: 2,
};

test('the deprecated name of startAsReplica still works', () => {
  expect(configOf(redis({ bornAsReplica: true }))).toEqual(configOf(redis({ startAsReplica: true })));
});

test.each(['redis:7.2', `redis@${DIGEST}`, `localhost:5000/team/redis@${DIGEST}`])(
  'the image %s is allowed',
  (image) => {
    expect(serverOf(redis({ image })).image).toBe(image);
  },
);

test('every prop is used, in objects that are valid in Kubernetes 1.27', () => {
  const it = redis(EVERY_PROP);
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  expect(it.addresses[2]).toBe('piece-2.fleet.svc.corp.local.:7000');
  expect({ statefulSet: theOnly(it, 'StatefulSet'), budget: theOnly(it, 'PodDisruptionBudget') }).toMatchSnapshot();
  expect(configOf(it)['redis.conf']).toMatchSnapshot('redis.conf');
});

test('a patch of a ConfigMap with a content hash fails the synth: no pod would see it', () => {
  const it = redis();
  it.configMap.addJsonPatch(JsonPatch.replace('/data/redis.conf', 'port 7000'));
  expect(validationErrors(it)).toEqual([
    expect.stringMatching(
      /^a patch changed the content of unit-redis-config-\w+, which is immutable and has a content hash/,
    ),
  ]);
});

test('two objects with the same kind and name in a chart fail the synth', () => {
  const scope = chart('fleet');
  redis({}, scope);
  new RedisStatefulSet(scope, 'again', {
    name: 'unit-redis',
    shards: 1,
    storage: ShardStorage.emptyDir(),
    serviceName: 'x',
  });
  expect(validationErrors(scope)).toContain(
    'chart/redis/stateful-set and chart/again/stateful-set are both StatefulSet unit-redis; rename one of them',
  );
});

test('fields without a prop can be patched', () => {
  const it = redis();
  it.statefulSet.addJsonPatch(
    JsonPatch.add('/spec/minReadySeconds', 30),
    JsonPatch.add(
      '/spec/template/spec/containers/0/resources/requests/ephemeral-storage',
      k8s.Quantity.fromString('1Gi'),
    ),
  );
  it.shardServices[0].addJsonPatch(JsonPatch.add('/spec/sessionAffinity', 'ClientIP'));
  expect(theOnly(it, 'StatefulSet').spec.minReadySeconds).toBe(30);
  expect(serverOf(it).resources.requests['ephemeral-storage']).toBe('1Gi');
  expect(it.shardServices[0].toJson()).toMatchObject({ spec: { sessionAffinity: 'ClientIP' } });
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
});

test.each<[Partial<RedisStatefulSetProps>, string]>([
  [{ shards: 0 }, 'shards is 0; use a whole number from 1'],
  [{ shards: 1.5 }, 'shards is 1.5;'],
  [{ name: 'Unit_1' }, 'name is "Unit_1"; use at most 52 lower-case letters'],
  [{ name: 'n'.repeat(53) }, `name is "${'n'.repeat(53)}"; use at most 52`],
  [{ shardName: 's'.repeat(62) }, 'use at most 61'],
  [{ serviceName: 'svc.redis' }, 'serviceName is "svc.redis"'],
  [{ serviceName: 'a-1', shardName: 'a' }, 'serviceName is "a-1", which is also the name of a shard\'s Service'],
  [{ port: 70_000 }, 'port is 70000; use a whole number from 1024 to 65535'],
  [{ port: 80 }, 'port is 80; use a whole number from 1024'],
  [{ image: 'redis@sha256:12' }, 'that is not an image reference'],
  [{ image: 'redis' }, 'image is "redis"; add a tag'],
  [{ image: 'redis:latest' }, 'add a tag (not "latest") or a digest'],
  [{ image: 'localhost:5000/redis' }, 'add a tag'],
  [{ image: 'redis:6.2-bookworm' }, 'image is "redis:6.2-bookworm", Redis 6.2; use Redis 7.0 or later, or Valkey'],
  [{ serverVersion: 'seven' }, 'serverVersion is "seven"; write a version such as "7.2" or "valkey 8.1"'],
  [
    { config: RedisConfig.fromText('lookahead 1', 'live.conf') },
    'live.conf:1: Redis 7.2 has no directive lookahead, which came with Redis 8.4;',
  ],
  [{ image: 'redis 7' }, 'image is "redis 7"; that is not an image reference'],
  [{ password: { name: 'My_Secret' } }, 'password.name is "My_Secret"; use lower-case letters'],
  [{ user: 0 }, 'user is 0; use a whole number from 1'],
  [
    { maxmemory: Size.mebibytes(1000) },
    'maxmemory is 1000Mi of 1Gi memory; use at most 943718Ki: the fork of a save needs the rest',
  ],
  [{ maxmemory: Size.kibibytes(0) }, 'maxmemory is 0Ki; use at least 1Mi; 0 would mean no limit'],
  [{ memory: Size.mebibytes(10) }, 'memory is 10Mi; use at least 32Mi: with less it does not start'],
  [{ maxmemoryOfShard: { '0': Size.gibibytes(2) } }, 'maxmemoryOfShard 0 is 2Gi of 1Gi memory'],
  [{ maxmemoryOfShard: { '4': Size.mebibytes(1) } }, 'maxmemoryOfShard names shard "4"; the shards are 0 to 3'],
  [{ maxmemoryOfShard: { '01': Size.mebibytes(1) } }, 'maxmemoryOfShard names shard "01"; the shards are 0 to 3'],
  [{ startupTimeout: Duration.millis(1500) }, 'startupTimeout is 1.5 seconds; use a whole number from 1'],
  [{ imagePullPolicy: 'always' }, 'imagePullPolicy is "always"; write Always or IfNotPresent or Never'],
  [{ clusterDomain: 'cluster.local.' }, 'clusterDomain is "cluster.local."'],
  [
    { storageScope: chart('elsewhere') },
    'storageScope is chart, in another namespace; pods can mount only claims of their own namespace',
  ],
  [{ updateStrategy: 'Recreate' }, 'updateStrategy is "Recreate"; write RollingUpdate or OnDelete'],
])('%j is refused with the path of the construct', (props, message) => {
  expect(() => redis(props)).toThrow(`chart/redis: `);
  expect(() => redis(props)).toThrow(message);
});
