// Delivering fleets: with a GitOps controller, from a private registry, and to OpenShift. The snippets of docs/how-to/ come from here.

import * as path from 'node:path';
import { ApiObject, App, type Chart, Size } from 'cdk8s';
import { FleetCharts, MigrationPhase, NetworkPeer, NutcrackerConfig, ShardStorage } from '../../lib';

const app = new App();
const poolOf = (file: string) => NutcrackerConfig.fromFile(path.join(__dirname, '../constructs', file)).pool();
const [pool, orders] = [poolOf('carts.yml'), poolOf('orders.yml')];
const storage = ShardStorage.claimTemplate({ capacity: Size.gibibytes(20), storageClassName: 'fast' });
const proxyNetworks = ['10.20.64.0/20'];

// All images from a private registry.
new FleetCharts(app, 'mirrored', {
  namespace: 'mirrored',
  pool,
  storage,
  redis: { image: 'registry.example.net/library/redis:7.2.11-bookworm', imagePullSecrets: ['registry'] },
  proxies: { image: 'registry.example.net/twemproxy:0.5.0', imagePullSecrets: ['registry'] },
  metrics: {
    clients: [NetworkPeer.namespaces({ 'kubernetes.io/metadata.name': 'monitoring' })],
    redisExporterImage: 'registry.example.net/oliver006/redis_exporter:v1.45.0',
    proxyExporterImage: 'registry.example.net/library/node:22.23.2-bookworm-slim',
    imagePullSecrets: ['registry'],
  },
  migration: {
    phase: MigrationPhase.MOVING,
    proxyNetworks,
    image: 'registry.example.net/library/node:22.23.2-bookworm-slim',
    imagePullSecrets: ['registry'],
    bridge: { image: 'registry.example.net/library/haproxy:2.6.32' },
  },
});

// The first user ID of the range that OpenShift assigned to the project.
const user = 1000680000;
new FleetCharts(app, 'openshift', {
  namespace: 'orders',
  createNamespace: false,
  pool: orders,
  storage,
  redis: { user },
  proxies: { user, image: 'registry.example.net/twemproxy:0.5.0' },
  migration: { user, phase: MigrationPhase.MOVING, proxyNetworks },
  egressPeers: [NetworkPeer.namespaces({ 'kubernetes.io/metadata.name': 'openshift-dns' })],
});

// Argo CD applies a file when the objects of all previous files are healthy.
const objectsOf = (chart: Chart) => chart.node.findAll().filter((node) => ApiObject.isApiObject(node));
for (const chart of app.charts) {
  const [, step] = /-(\d\d)-[a-z-]+$/.exec(chart.node.id) ?? [];
  for (const object of objectsOf(chart)) object.metadata.addAnnotation('argocd.argoproj.io/sync-wave', step);
}

// Objects that no controller may prune: data, and the ConfigMaps of older revisions.
const KEPT = ['Namespace', 'PersistentVolume', 'PersistentVolumeClaim', 'ConfigMap'];
for (const object of app.charts.flatMap(objectsOf)) {
  if (!KEPT.includes(object.kind)) continue;
  object.metadata.addAnnotation('argocd.argoproj.io/sync-options', 'Prune=false');
  object.metadata.addAnnotation('kustomize.toolkit.fluxcd.io/prune', 'disabled');
}

app.synth();
