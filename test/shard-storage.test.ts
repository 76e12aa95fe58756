import { Size } from 'cdk8s';
import { type IShardStorage, NfsStorage, RedisStatefulSet, ShardStorage } from '../lib';
import { problemsOf } from './lab/kubernetes-schema';
import { chart, type Manifest, manifests, ofKind, theOnly } from './lab/synth';

function shardsOn(storage: IShardStorage, shards = 3): RedisStatefulSet {
  return new RedisStatefulSet(chart('fleet'), 'redis', { name: 'unit-redis', shards, storage });
}

function dataVolume(it: RedisStatefulSet): Manifest | undefined {
  const { volumes } = theOnly(it, 'StatefulSet').spec.template.spec;
  return (volumes as Manifest[]).find(({ name }) => name === 'data');
}

test('one NFS volume serves all shards, with the name of the StatefulSet', () => {
  const it = shardsOn(ShardStorage.nfs({ server: 'nfs', path: '/data', capacity: Size.gibibytes(9) }));
  expect(theOnly(it, 'PersistentVolume').metadata.name).toBe('unit-redis');
  expect(dataVolume(it)).toEqual({ name: 'data', persistentVolumeClaim: { claimName: 'unit-redis' } });
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
});

test('a volume from another construct is mounted by its claim', () => {
  const storage = new NfsStorage(chart('fleet'), 'nfs', {
    claimName: 'pvc-nfs',
    server: 'nfs',
    path: '/data',
    capacity: Size.gibibytes(9),
  });
  const it = shardsOn(storage);
  expect(ofKind(it, 'PersistentVolume')).toEqual([]);
  expect(dataVolume(it)).toEqual({ name: 'data', persistentVolumeClaim: { claimName: 'pvc-nfs' } });
});

test('a volume for each ordinal is bound to the StatefulSet’s claim for that ordinal', () => {
  const exports = [3, 1, 2].map((size, i) => ({ server: `nfs-${i}`, path: `/d/${i}`, capacity: Size.gibibytes(size) }));
  const it = shardsOn(ShardStorage.nfsVolumePerShard({ exports }));
  const { volumeClaimTemplates } = theOnly(it, 'StatefulSet').spec;
  const claims = [0, 1, 2].map((ordinal) => `${volumeClaimTemplates[0].metadata.name as string}-unit-redis-${ordinal}`);
  const volumes = ofKind(it, 'PersistentVolume');

  expect(volumes.map(({ spec }) => spec.claimRef.name as string)).toEqual(claims);
  expect(volumes.map(({ spec }) => spec.nfs as Manifest)).toEqual(
    exports.map(({ server, path }) => ({ server, path })),
  );
  expect(volumeClaimTemplates[0].spec).toMatchObject({
    storageClassName: '',
    accessModes: ['ReadWriteMany'],
    resources: { requests: { storage: '1Gi' } },
  });
  expect(dataVolume(it)).toBeUndefined();
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
});

test('a StorageClass provisions a claim for each ordinal, and the claims outlive the StatefulSet', () => {
  const it = shardsOn(ShardStorage.claimTemplate({ capacity: Size.gibibytes(5) }));
  const { spec } = theOnly(it, 'StatefulSet');
  expect(spec.volumeClaimTemplates[0].spec).toEqual({
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '5Gi' } },
  });
  expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
});

test('an emptyDir is for test environments', () => {
  const it = shardsOn(ShardStorage.emptyDir({ sizeLimit: Size.gibibytes(1) }));
  expect(dataVolume(it)).toEqual({ name: 'data', emptyDir: { sizeLimit: '1Gi' } });
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
});

test('volumes, which are cluster-scoped, can have other names', () => {
  const nfs = { server: 'nfs', path: '/d', capacity: Size.gibibytes(1) };
  const shared = shardsOn(ShardStorage.nfs({ ...nfs, volumeName: 'prod.redis', claimName: 'redis-data' }));
  const each = shardsOn(ShardStorage.nfsVolumePerShard({ exports: [nfs], volumeName: 'prod' }), 1);
  expect(theOnly(shared, 'PersistentVolume').metadata.name).toBe('prod.redis');
  expect(dataVolume(shared)).toEqual({ name: 'data', persistentVolumeClaim: { claimName: 'redis-data' } });
  expect(theOnly(each, 'PersistentVolume').metadata.name).toBe('prod-0');
});

test('a claim of another namespace is refused', () => {
  const nfs = { claimName: 'pvc', server: 'nfs', path: '/d', capacity: Size.gibibytes(1) };
  expect(() => shardsOn(new NfsStorage(chart('elsewhere'), 'nfs', nfs))).toThrow(
    'chart/redis: storage is chart/nfs, in namespace elsewhere; pods can mount only claims of their own namespace',
  );
});

test('an invalid access mode is refused', () => {
  expect(() => shardsOn(ShardStorage.claimTemplate({ capacity: Size.gibibytes(1), accessMode: 'RWO' }))).toThrow(
    'chart/redis: accessMode is "RWO"; write ReadWriteOnce or ReadWriteOncePod or ReadWriteMany',
  );
});

test('a wrong number of exports is refused', () => {
  const exports = [{ server: 'nfs', path: '/d', capacity: Size.gibibytes(1) }];
  expect(() => shardsOn(ShardStorage.nfsVolumePerShard({ exports }))).toThrow(
    'chart/redis: exports has 1 entries for 3 shards; list one export for each shard',
  );
});
