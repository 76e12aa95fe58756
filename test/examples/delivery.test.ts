// The app with the snippets of docs/how-to.

import * as path from 'node:path';
import { problemsOf } from '../lab/kubernetes-schema';
import { Lab } from '../lab/lab';
import { type Manifest } from '../lab/synth';
import { filesOf, objectsIn, ROOT, synthesize } from '../lab/synthesized';
import { read } from '../docs/documents';

/** The volume types that OpenShift's restricted-v2 allows. */
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
/** The id range that OpenShift assigned to a project: the first id and the size. */
const [FIRST_ID, IDS] = [1000680000, 10000];

let files: Record<string, string>;
let objects: Manifest[];
beforeAll(async () => {
  const lab = new Lab();
  files = synthesize(path.join(ROOT, 'examples/delivery'), path.join(lab.dir, 'dist'));
  objects = objectsIn(files);
  await lab.close();
});

test('every object is valid for Kubernetes 1.27', () => {
  expect(objects.flatMap(problemsOf)).toEqual([]);
});

test('every object has the wave of its file', () => {
  for (const [name, text] of Object.entries(files)) {
    const [, step] = /-(\d\d)-/.exec(name) ?? [];
    const waves = objectsIn({ [name]: text }).map(
      ({ metadata }) => metadata.annotations['argocd.argoproj.io/sync-wave'],
    );
    expect([name, ...new Set(waves)]).toEqual([name, step]);
  }
});

test('namespaces and ConfigMaps are kept, and nothing else', () => {
  const kept = objects.filter(({ metadata }) => {
    return metadata.annotations['kustomize.toolkit.fluxcd.io/prune'] === 'disabled';
  });
  expect([...new Set(kept.map(({ kind }) => kind as string))].sort()).toEqual(['ConfigMap', 'Namespace']);
  expect(kept.map(({ metadata }) => metadata.annotations['argocd.argoproj.io/sync-options'])).toEqual(
    kept.map(() => 'Prune=false'),
  );
  expect(kept.filter(({ kind }) => kind === 'ConfigMap')).toHaveLength(
    objects.filter(({ kind }) => kind === 'ConfigMap').length,
  );
});

test('a fleet with its own images uses no other registry', () => {
  const texts = Object.entries(files).flatMap(([name, text]) => (name.startsWith('mirrored') ? [text] : []));
  expect(imagesIn(texts).filter((image) => !image.startsWith('registry.example.net/'))).toEqual([]);
  expect(texts.join('\n').match(/imagePullSecrets:/g)).toHaveLength(9); // shards, proxies, exporters, and six Jobs
});

test('docs/how-to/air-gapped.md copies every public image to the registry of that fleet', () => {
  const copies = [...read('docs/how-to/air-gapped.md').matchAll(/docker:\/\/(\S+) docker:\/\/(\S+)/g)];
  const unit1 = imagesIn(Object.values(filesOf(path.join(ROOT, 'dist'))));
  const from = unit1.filter((image) => image.startsWith('docker.io/'));
  expect(copies.map(([, source]) => source).sort()).toEqual(from.sort());
  expect(imagesIn(Object.values(files))).toEqual(expect.arrayContaining(copies.map(([, , target]) => target)));
});

test("the fleet for OpenShift passes the rules of restricted-v2, in a project's range of ids", () => {
  const pods = objects.flatMap(({ spec, metadata }) => {
    return metadata.namespace === 'orders' && spec?.template ? [spec.template.spec as Manifest] : [];
  });
  expect(pods).toHaveLength(8);
  for (const { securityContext, volumes, containers, initContainers, ...pod } of pods) {
    for (const id of ['runAsUser', 'runAsGroup', 'fsGroup']) {
      expect(securityContext[id]).toBeGreaterThanOrEqual(FIRST_ID);
      expect(securityContext[id]).toBeLessThan(FIRST_ID + IDS);
    }
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const { name: _, ...volume } of (volumes ?? []) as Manifest[])
      expect(VOLUMES).toContain(Object.keys(volume)[0]);
    expect(Object.keys(pod).filter((field) => field.startsWith('host'))).toEqual([]);
    for (const container of [...(containers as Manifest[]), ...((initContainers ?? []) as Manifest[])]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      });
      expect(JSON.stringify(container.ports ?? [])).not.toContain('hostPort');
    }
  }
});

function imagesIn(manifests: string[]): string[] {
  return [...new Set([...manifests.join('\n').matchAll(/^ +(?:- )?image: (\S+)/gm)].map(([, image]) => image))];
}
