// What a change of an image or a size changes in the manifests: as much as docs/upgrade.md says, and no more.

import { App, Size } from 'cdk8s';
import { FleetCharts, type FleetChartsProps, ShardStorage } from '../lib';
import { LIVE, NFS } from './lab/fleet-charts';
import { manifests, type Manifest } from './lab/synth';

const IMAGE = { proxies: { image: 'twemproxy:0.5.0' } };

function synth(props: Partial<FleetChartsProps>): Map<string, unknown> {
  const app = new App();
  new FleetCharts(app, 'unit-1', { pool: LIVE, storage: NFS, ...IMAGE, ...props });
  return new Map(manifests(app).map((it) => [`${it.kind} ${withoutHash(it.metadata.name as string)}`, it]));
}

function withoutHash(name: string): string {
  return name.replace(/-[0-9a-f]{8,10}$/, '');
}

/** The paths of the fields that differ, without the labels in an object's own metadata, which restart nothing. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  if (path === '.metadata.labels' || JSON.stringify(before) === JSON.stringify(after)) return [];
  if (!isTree(before) || !isTree(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(before[key], after[key], `${path}.${key}`));
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function changes(before: Partial<FleetChartsProps>, after: Partial<FleetChartsProps>): Record<string, string[]> {
  const [old, now] = [synth(before), synth(after)];
  expect([...now.keys()]).toEqual([...old.keys()]);
  const all = [...old].map(([name, object]) => [name, differences(object, now.get(name))] as const);
  return Object.fromEntries(all.filter(([, paths]) => paths.length > 0));
}

const POD = '.spec.template.spec';
const CONFIG_OF_PODS = { 'StatefulSet unit-1-redis': [`${POD}.volumes.0.configMap.name`] };
const CONFIG = { 'ConfigMap unit-1-redis-config': ['.metadata.name', '.data.redis.conf'] };

test('the image of Redis changes the containers of the shards', () => {
  const image = 'docker.io/library/redis:7.4.1-bookworm';
  expect(changes({}, { redis: { image } })).toEqual({
    'StatefulSet unit-1-redis': [
      '.spec.template.metadata.labels.app.kubernetes.io/version',
      `${POD}.containers.0.image`,
      `${POD}.initContainers.0.image`,
    ],
  });
});

test('with replicas, it changes both servers, and the Sentinels have an image of their own', () => {
  const image = 'docker.io/library/redis:7.4.1-bookworm';
  const changed = changes({ redis: { replicas: 1 } }, { redis: { replicas: 1, image } });
  expect(Object.keys(changed)).toEqual(['StatefulSet unit-1-redis', 'StatefulSet unit-1-redis-b']);
});

test('memory changes the resources of the shards, maxmemory, and the time to stop', () => {
  expect(changes({}, { redis: { memory: Size.gibibytes(4) } })).toEqual({
    'ConfigMap unit-1-redis-config': ['.metadata.name', '.data.redis.conf'],
    'StatefulSet unit-1-redis': [
      `${POD}.containers.0.resources.limits.memory`,
      `${POD}.containers.0.resources.requests.memory`,
      `${POD}.terminationGracePeriodSeconds`,
      `${POD}.volumes.0.configMap.name`,
    ],
  });
});

test('maxmemory below the memory changes the configuration only', () => {
  const memory = Size.gibibytes(4);
  const terminationGracePeriod = undefined;
  const redis = { memory, maxmemory: Size.gibibytes(2), terminationGracePeriod };
  expect(changes({ redis }, { redis: { ...redis, maxmemoryOfShard: { 1: Size.gibibytes(1) } } })).toEqual({
    'ConfigMap unit-1-redis-config': ['.metadata.name', '.data.shard-1.conf'],
    ...CONFIG_OF_PODS,
  });
  expect(changes({ redis }, { redis: { ...redis, maxmemory: Size.mebibytes(2047) } })).toEqual({
    ...CONFIG,
    ...CONFIG_OF_PODS,
  });
});

test('the size of claims changes only the template of the claims, so no pod restarts', () => {
  const claims = (gibibytes: number): Partial<FleetChartsProps> => ({
    storage: ShardStorage.claimTemplate({ storageClassName: 'fast', capacity: Size.gibibytes(gibibytes) }),
  });
  expect(changes(claims(20), claims(40))).toEqual({
    'StatefulSet unit-1-redis': ['.spec.volumeClaimTemplates.0.spec.resources.requests.storage'],
  });
});

test('the name of a claim is that of the document', () => {
  const objects = synth({
    storage: ShardStorage.claimTemplate({ storageClassName: 'fast', capacity: Size.gibibytes(20) }),
  });
  const { spec, metadata } = objects.get('StatefulSet unit-1-redis') as Manifest;
  const [template] = spec.volumeClaimTemplates as Manifest[];
  expect(`${template.metadata.name}-${metadata.name}-7`).toBe('data-unit-1-redis-7');
});
