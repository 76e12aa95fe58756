// The apps of this repository: their output is committed, valid, and accepted by nutcracker.

import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { HashRing, NutcrackerConfig } from '../../lib';
import { problemsOf } from '../lab/kubernetes-schema';
import { Lab } from '../lab/lab';
import { type Manifest } from '../lab/synth';
import { danglingPorts, filesOf, named, objectsIn, ROOT, synthesize } from '../lab/synthesized';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

function committed(app: string): Manifest[] {
  return objectsIn(filesOf(path.join(ROOT, app, 'dist')));
}

function configuration(objects: Manifest[]): string {
  const texts = objects.flatMap(({ data }) =>
    data?.['nutcracker.yml'] === undefined ? [] : [data['nutcracker.yml'] as string],
  );
  expect(texts).toHaveLength(1);
  return texts[0];
}

describe.each([
  ['unit-1', '.', 'fleets/unit-1/nutcracker.yml'],
  ['the article', 'examples/article', 'examples/article/nutcracker.yml'],
])('%s', (_name, app, live) => {
  test('has the output of a fresh synth committed', () => {
    expect(synthesize(path.join(ROOT, app), path.join(lab.dir, 'dist'))).toEqual(filesOf(path.join(ROOT, app, 'dist')));
  });

  test('has objects that are valid for Kubernetes 1.27', () => {
    expect(committed(app).flatMap(problemsOf)).toEqual([]);
  });

  test('has no Service without a matching port', () => {
    expect(danglingPorts(committed(app))).toEqual([]);
  });

  test('has a configuration that nutcracker accepts', () => {
    const file = lab.write('nutcracker.yml', configuration(committed(app)));
    const { stderr, status } = spawnSync('nutcracker', ['-t', '-c', file], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, expect.stringContaining('syntax is ok')]);
  });

  test('keeps every key where it was', () => {
    const before = NutcrackerConfig.fromFile(path.join(ROOT, live)).pool();
    const after = NutcrackerConfig.fromYaml(configuration(committed(app))).pool();
    expect(HashRing.of(before).diff(HashRing.of(after))).toMatchObject({ isSame: true, movedShare: 0 });
    expect(after.servers.map(({ name }) => name)).toEqual(before.servers.map(({ ringName }) => ringName));
  });

  test('writes no password', () => {
    const { redisAuth } = NutcrackerConfig.fromFile(path.join(ROOT, live)).pool();
    expect(redisAuth).toBeDefined();
    // The program of the Jobs may contain the same word.
    const manifests = committed(app).filter(({ data }) => data?.['migrator.mjs'] === undefined);
    expect(JSON.stringify(manifests)).not.toContain(redisAuth);
  });
});

describe('unit-1', () => {
  const objects = committed('.');

  test('has both servers of each of the 108 shards, each with a Service', () => {
    for (const name of ['unit-1-redis', 'unit-1-redis-b'])
      expect(named(objects, 'StatefulSet')[name].spec.replicas).toBe(108);
    const services = Object.keys(named(objects, 'Service')).filter((name) => name.startsWith('unit-1-shard-'));
    expect(services).toHaveLength(2 * 108);
  });

  test('has these objects', () => {
    const names = objects.map(({ kind, metadata }) => {
      return `${kind as string} ${(metadata.name as string).replace(/-[0-9a-f]{8}$/, '-<hash>')}`;
    });
    expect(names.filter((name) => !/shard-([1-9]|\d\d+)(-b)?$/.test(name))).toMatchSnapshot();
  });

  test.each([
    'StatefulSet unit-1-redis',
    'StatefulSet unit-1-redis-b',
    'StatefulSet unit-1-sentinel',
    'Deployment unit-1-twemproxy',
    'Service unit-1-shard-0',
    'Service unit-1-redis',
  ])('has this %s', (object) => {
    const [kind, name] = object.split(' ');
    expect(named(objects, kind)[name].spec).toMatchSnapshot();
  });
});

describe('the article', () => {
  const objects = committed('examples/article');

  test('has the names in the article', () => {
    const names = objects.map(({ metadata }) => metadata.name as string);
    expect(names).toEqual(
      expect.arrayContaining([
        'pv-nfs',
        'pvc-nfs',
        'svc-redis',
        'stateful-redis',
        'svc-twemproxy',
        'twemproxy-deployment',
        'twemproxy-config',
      ]),
    );
  });

  test('has a StatefulSet that names the headless Service', () => {
    expect(named(objects, 'StatefulSet')['stateful-redis'].spec.serviceName).toBe('svc-redis');
    expect(named(objects, 'Service')['svc-redis'].spec.clusterIP).toBe('None');
  });

  test('has stable addresses instead of the pod IPs in the article', () => {
    expect(configuration(objects)).toMatchSnapshot();
  });

  test('has its statistics on the port of the Service', () => {
    const { ports } = named(objects, 'Service')['svc-twemproxy'].spec;
    expect(ports).toContainEqual({ name: 'stats', port: 22122, targetPort: 'stats' });
    expect(named(objects, 'Deployment')['twemproxy-deployment'].spec.template.spec.containers[0].command).toContain(
      '--stats-port=22122',
    );
  });

  test('has two proxies and four shards on 2Gi of NFS', () => {
    expect(named(objects, 'Deployment')['twemproxy-deployment'].spec.replicas).toBe(2);
    expect(named(objects, 'StatefulSet')['stateful-redis'].spec.replicas).toBe(4);
    expect(named(objects, 'PersistentVolume')['pv-nfs'].spec).toMatchSnapshot();
  });
});
