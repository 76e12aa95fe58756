// The output of the apps of this repository, run as a user would run them.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Manifest } from './synth';

export const ROOT = path.join(__dirname, '..', '..');
const TSX = path.join(ROOT, 'node_modules', '.bin', 'tsx');

/** Runs an app and returns its output, by file name. */
export function synthesize(directory: string, outdir: string): Record<string, string> {
  execFileSync(TSX, ['main.ts'], { cwd: directory, env: { ...process.env, CDK8S_OUTDIR: outdir }, stdio: 'pipe' });
  return filesOf(outdir);
}

/** The files of a directory, by name. */
export function filesOf(directory: string): Record<string, string> {
  const names = fs.readdirSync(directory).sort();
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(directory, name), 'utf8')]));
}

/** The objects in the manifests among the files. */
export function objectsIn(files: Record<string, string>): Manifest[] {
  const manifests = Object.entries(files).filter(([name]) => name.endsWith('.yaml'));
  return manifests.flatMap(([, text]) => parseAllDocuments(text).map((document) => document.toJS() as Manifest));
}

/** The objects of a kind, by name. */
export function named(objects: Manifest[], kind: string): Record<string, Manifest> {
  const found = objects.filter((object) => object.kind === kind);
  return Object.fromEntries(found.map((object) => [object.metadata.name as string, object]));
}

/** Service ports without a matching port in the selected pods, and Services that select no pod. */
export function danglingPorts(objects: Manifest[]): string[] {
  const templates = objects.flatMap(({ spec }) => (spec?.template ? [spec.template as Manifest] : []));
  return Object.values(named(objects, 'Service')).flatMap(({ metadata, spec }) => {
    const { 'statefulset.kubernetes.io/pod-name': _pod, ...selector } = spec.selector as Record<string, string>;
    const pods = templates.filter(({ metadata: { labels } }) =>
      Object.entries(selector).every(([k, v]) => labels[k] === v),
    );
    const open = pods.flatMap((pod) => (pod.spec.containers as Manifest[]).flatMap(({ ports }) => ports as Manifest[]));
    const matches = (port: Manifest): boolean =>
      open.some(({ name, containerPort }) => port.targetPort === name && port.port === containerPort);
    return (spec.ports as Manifest[])
      .filter((port) => !matches(port))
      .map(({ port }) => `${metadata.name as string}:${port}`);
  });
}
