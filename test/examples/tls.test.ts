// The app with the snippets of docs/how-to/tls.md.

import * as path from 'node:path';
import { problemsOf } from '../lab/kubernetes-schema';
import { Lab } from '../lab/lab';
import { type Manifest } from '../lab/synth';
import { objectsIn, ROOT, synthesize } from '../lab/synthesized';

let objects: Manifest[];
beforeAll(async () => {
  const lab = new Lab();
  objects = objectsIn(synthesize(path.join(ROOT, 'examples/tls'), path.join(lab.dir, 'dist')));
  await lab.close();
});

const certificates = (): Manifest[] => objects.filter(({ kind }) => kind === 'Certificate');

test('every object but the Certificates is valid for Kubernetes 1.27', () => {
  expect(objects.filter(({ kind }) => kind !== 'Certificate').flatMap(problemsOf)).toEqual([]);
});

test('every Secret with a certificate that a pod mounts is issued', () => {
  const mounted = new Set(
    [
      ...JSON.stringify(objects).matchAll(/"secret":\{"items":\[\{"key":"(?:tls|ca)\.crt"[^\]]*\],"name":"([^"]+)"/g),
    ].map(([, name]) => name),
  );
  expect([...mounted].sort()).toEqual(
    certificates()
      .map(({ spec }) => spec.secretName as string)
      .sort(),
  );
});

test('the certificates have the names of all Services of servers, Sentinels and nodes, and that of the proxies the one of theirs', () => {
  const [shards, nodes, proxies] = certificates().map(({ spec }) => spec.dnsNames as string[]);
  const services = objects.filter(({ kind, spec }) => kind === 'Service' && spec.clusterIP !== 'None');
  const names = services.map(({ metadata }) => `${metadata.name as string}.carts.svc.cluster.local`);
  const some = ['shard-0', 'shard-0-b', 'sentinel-2'].map((name) => `carts-${name}.carts.svc.cluster.local`);
  expect(names).toEqual(expect.arrayContaining(some));
  expect([...shards, ...nodes, ...proxies].filter((name) => !names.includes(name))).toEqual(['carts.example.net']);
  expect(names.filter((name) => ![...shards, ...nodes, ...proxies].includes(name))).toEqual([]);
});

test('no Service of the servers, the Sentinels, the nodes or the proxies has a port without TLS for data', () => {
  const ports = objects.flatMap(({ kind, spec }) =>
    kind === 'Service' ? (spec.ports as Manifest[]).map(({ name, port }) => `${name as string} ${port as number}`) : [],
  );
  expect([...new Set(ports)].sort()).toEqual([
    'bus 16389',
    'proxy-tls 6379',
    'redis-tls 26389',
    'redis-tls 6389',
    'redis-tls 6390',
    'stats 22222',
  ]);
});
