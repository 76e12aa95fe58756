import { JsonPatch, Size } from 'cdk8s';
import { NfsStorage, type NfsStorageProps } from '../lib';
import { problemsOf } from './lab/kubernetes-schema';
import { chart, manifests, theOnly } from './lab/synth';

function storage(props: Partial<NfsStorageProps> = {}, namespace?: string): NfsStorage {
  return new NfsStorage(chart(namespace), 'storage', {
    claimName: 'pvc-nfs',
    volumeName: 'pv-nfs',
    server: '172.17.8.101',
    path: '/root/data',
    capacity: Size.gibibytes(2),
    ...props,
  });
}

test('the volume and the claim are bound only to each other', () => {
  const it = storage({}, 'fleet');
  expect(theOnly(it, 'PersistentVolume').spec.claimRef).toEqual({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    namespace: 'fleet',
    name: 'pvc-nfs',
  });
  expect(theOnly(it, 'PersistentVolumeClaim').spec.volumeName).toBe('pv-nfs');
  expect(theOnly(it, 'PersistentVolume').spec.storageClassName).toBe('');
  expect(theOnly(it, 'PersistentVolumeClaim').spec.storageClassName).toBe('');
});

test('the data outlives the claim, and mounts wait for an unavailable server', () => {
  const { spec } = theOnly(storage(), 'PersistentVolume');
  expect(spec.persistentVolumeReclaimPolicy).toBe('Retain');
  expect(spec.mountOptions).toEqual(['hard', 'nfsvers=4.1', 'noatime']);
});

test('the volume has no namespace, the claim has the chart’s', () => {
  const it = storage({}, 'fleet');
  expect(theOnly(it, 'PersistentVolume').metadata).not.toHaveProperty('namespace');
  expect(theOnly(it, 'PersistentVolumeClaim').metadata.namespace).toBe('fleet');
});

test('without a namespace the volume is reserved for the claim in default', () => {
  expect(theOnly(storage(), 'PersistentVolume').spec.claimRef.namespace).toBe('default');
});

const EVERY_PROP: Required<NfsStorageProps> = {
  claimName: 'claim',
  volumeName: 'volume',
  server: 'nfs.example.net',
  path: '/export',
  capacity: Size.tebibytes(3),
  mountOptions: ['soft'],
  labels: { tier: 'data' },
};

test('every prop is used, in objects that are valid in Kubernetes 1.27', () => {
  const it = storage(EVERY_PROP, 'fleet');
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  expect(manifests(it)).toMatchSnapshot();
});

test('the volume defaults to the name of the claim', () => {
  expect(theOnly(storage({ volumeName: undefined }), 'PersistentVolume').metadata.name).toBe('pvc-nfs');
});

test('fields without a prop can be patched', () => {
  const it = storage();
  it.volume.addJsonPatch(JsonPatch.add('/spec/nfs/readOnly', true));
  it.claim.addJsonPatch(JsonPatch.add('/metadata/annotations', { owner: 'data' }));
  expect(theOnly(it, 'PersistentVolume').spec.nfs.readOnly).toBe(true);
  expect(theOnly(it, 'PersistentVolumeClaim').metadata.annotations).toEqual({ owner: 'data' });
});

test.each<[Partial<NfsStorageProps>, string]>([
  [{ claimName: 'PVC' }, 'claimName is "PVC"; use lower-case letters'],
  [{ volumeName: '' }, 'volumeName is ""'],
  [{ path: 'root/data' }, 'path is "root/data"; write an absolute path: "/..."'],
  [{ server: 'nfs:/data' }, 'server is "nfs:/data"; write a host name or an address'],
])('%j is refused with the path of the construct', (props, message) => {
  expect(() => storage(props)).toThrow(`chart/storage: ${message}`);
});
