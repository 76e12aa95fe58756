// The labels for version and ordinal.

import { Size } from 'cdk8s';
import { MigrationPhase, ShardStorage } from '../../lib';
import { versionOf } from '../../lib/common/labels';
import { fleet } from '../lab/fleet-charts';
import { type Manifest, manifests, ofKind } from '../lab/synth';

const DIGEST = `sha256:${'0'.repeat(64)}`;

test.each([
  ['docker.io/library/redis:7.2.11-bookworm', '7.2.11'],
  ['localhost:5000/twemproxy:v0.5.0', '0.5.0'],
  [`redis:8@${DIGEST}`, '8'],
  [`localhost:5000/redis@${DIGEST}`, undefined],
  ['redis:alpine', undefined],
])('the version in %s is %s', (image, version) => {
  expect(versionOf(image)).toBe(version);
});

test('workloads have a version label; selectors and volumes do not', () => {
  const storage = ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) });
  const { app } = fleet({ storage, migration: { phase: MigrationPhase.MOVING } });
  const key = 'app.kubernetes.io/version';
  const labelsOf = (object: Manifest) => object.metadata.labels as Record<string, string>;
  for (const kind of ['StatefulSet', 'Deployment']) {
    const [object] = ofKind(app, kind);
    const version = kind === 'StatefulSet' ? '7.2.11' : '0.5.0';
    expect([labelsOf(object)[key], labelsOf(object.spec.template as Manifest)[key]]).toEqual([version, version]);
    expect(object.spec.selector.matchLabels).not.toHaveProperty(key);
  }
  for (const kind of ['PersistentVolume', 'PersistentVolumeClaim']) {
    for (const object of ofKind(app, kind)) expect(labelsOf(object)).not.toHaveProperty(key);
  }
  for (const { spec } of ofKind(app, 'Service')) expect(spec.selector).not.toHaveProperty(key);
});

test('the Service and the volume of a shard have its ordinal as a label', () => {
  const exports = [0, 1, 2, 3].map((n) => ({ server: 'nfs', path: `/export/${n}`, capacity: Size.gibibytes(1) }));
  const { app } = fleet({ storage: ShardStorage.nfsVolumePerShard({ exports }) });
  const labelled = manifests(app).filter(({ metadata }) => 'cdk8s-twemproxy/shard' in (metadata.labels as object));
  for (const { metadata } of labelled)
    expect(metadata.name).toMatch(new RegExp(`-${metadata.labels['cdk8s-twemproxy/shard'] as string}$`));
  expect(labelled.map(({ kind }) => kind as string)).toEqual([
    ...Array<string>(4).fill('PersistentVolume'),
    ...Array<string>(4).fill('Service'),
  ]);
});
