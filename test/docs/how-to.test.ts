// The manifests in docs/how-to: kustomize builds, the schemas of the operators accept them, and all names in them exist in dist/.

import { Ajv, type Schema } from 'ajv';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { run } from '../cli/program';
import { problemsOf } from '../lab/kubernetes-schema';
import { Lab } from '../lab/lab';
import { type Manifest } from '../lab/synth';
import { filesOf, named, objectsIn, ROOT } from '../lab/synthesized';
import { blocksOf, DOCUMENTS, read } from './documents';

const HOW_TO = DOCUMENTS.filter((document) => document.startsWith('docs/how-to/'));
const DIST = filesOf(path.join(ROOT, 'dist'));
const MANIFESTS = Object.keys(DIST).filter((name) => name.endsWith('.yaml'));
/** The files that a controller applies: all except the Jobs. */
const APPLIED = MANIFESTS.filter((name) => /^unit-1-[0-4]\d-/.test(name));
const SCHEMAS = JSON.parse(read('test/docs/operator-schemas.json')) as Record<string, Schema>;
const KUSTOMIZE = 'kustomize.config.k8s.io/v1beta1 Kustomization';

/** A file of a how-to: a block whose first line is a comment with the file name. */
const FILES = HOW_TO.flatMap(blocksOf)
  .filter(({ language }) => language === 'yaml')
  .map(({ document, text }) => ({ document, file: /^# (\S+\.yaml)\n/.exec(text)?.[1] ?? '', text }));

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

function shown(file: string): Manifest[] {
  return objectsIn(Object.fromEntries(FILES.flatMap((one) => (one.file === file ? [[file, one.text]] : []))));
}

const kindOf = ({ apiVersion, kind }: Manifest): string => `${String(apiVersion)} ${String(kind)}`;

describe.each(FILES)('$document shows $file', ({ file, text }) => {
  test('which has a name, and is YAML', () => {
    expect(file).not.toBe('');
    expect(parseAllDocuments(text).flatMap(({ errors }) => errors)).toEqual([]);
  });

  test('which is valid for the schema of its program', () => {
    const ajv = new Ajv({ allErrors: true, strict: false });
    for (const object of objectsIn({ [file]: text })) {
      const kind = kindOf(object);
      if (kind === KUSTOMIZE) continue; // it is run, below
      expect(Object.keys(SCHEMAS)).toContain(kind);
      ajv.validate(SCHEMAS[kind], object.spec);
      expect(ajv.errors ?? []).toEqual([]);
    }
  });
});

test('a field that an operator does not have is found', () => {
  const [application] = shown('argocd/unit-1.yaml');
  const ajv = new Ajv({ strict: false });
  expect(ajv.validate(SCHEMAS[kindOf(application)], { ...application.spec, sorce: {} })).toBe(false);
});

test('Argo CD applies the files before the Jobs, and no other', () => {
  const [{ spec }] = shown('argocd/unit-1.yaml');
  const { path: directory, directory: filter } = spec.source as { path: string; directory: { include: string } };
  expect(directory).toBe('dist');
  // A glob of Argo CD: a star matches anything, and brackets work as in a regular expression.
  const glob = new RegExp(`^${filter.include.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  expect(Object.keys(DIST).filter((name) => glob.test(name))).toEqual(APPLIED);
});

test('Flux applies the files before the Jobs, and no other', async () => {
  const [source, kustomization] = shown('flux/unit-1.yaml');
  expect(kustomization.spec).toMatchObject({ path: './dist', sourceRef: { name: source.metadata.name } });
  lab.write('.gitignore', source.spec.ignore as string);
  const git = (...args: string[]) => run('git', args, { cwd: lab.dir });
  await git('init', '--quiet');
  const names = [...Object.keys(DIST).map((name) => `dist/${name}`), 'main.ts', 'fleets/unit-1/nutcracker.yml'];
  const { stdout } = await git('check-ignore', '--no-index', ...names);
  const ignored = String(stdout).trim().split('\n');
  expect(names.filter((name) => !ignored.includes(name))).toEqual(APPLIED.map((name) => `dist/${name}`));
});

test('the Secret of External Secrets is the one that the pods use', () => {
  const [{ metadata, spec }] = shown('external-secret.yaml');
  const keys = (spec.data as { secretKey: string }[]).map(({ secretKey }) => secretKey);
  const used = [
    ...Object.values(DIST)
      .join('\n')
      .matchAll(/secretKeyRef:\n +key: (\S+)\n +name: (\S+)/g),
  ];
  expect(used.length).toBeGreaterThan(0);
  for (const [, key, name] of used) expect([keys, spec.target.name]).toEqual([[key], name]);
  expect(Object.keys(named(objectsIn(DIST), 'Namespace'))).toContain(metadata.namespace);
});

describe('kustomize', () => {
  const DOCUMENT = 'docs/how-to/kustomize.md';
  const [whole, overlay] = blocksOf(DOCUMENT).flatMap(({ language, text }) => (language === 'sh' ? [text] : []));

  beforeEach(() => {
    fs.cpSync(path.join(ROOT, 'dist'), path.join(lab.dir, 'dist'), { recursive: true });
    for (const { document, file, text } of FILES) {
      if (document !== DOCUMENT) continue;
      fs.mkdirSync(path.dirname(path.join(lab.dir, file)), { recursive: true });
      lab.write(file, text);
    }
  });

  /** The output of a command in the document. */
  async function built(command: string): Promise<string> {
    const { code, stdout, stderr } = await run('sh', ['-c', command], { cwd: lab.dir });
    expect([code, stderr]).toEqual([0, '']);
    return String(stdout);
  }

  test('changes what the overlay changes, and nothing else', async () => {
    const text = await built(whole);
    expect(text).toContain('image: registry.example.net/library/redis:');
    expect(text).toContain('image: registry.example.net/library/haproxy:');
    const undone = objectsIn({ 'built.yaml': text.replaceAll('registry.example.net/library/', 'docker.io/library/') });
    expect(undone.filter(({ kind }) => kind === 'Deployment').flatMap(problemsOf)).toEqual([]);
    for (const { kind, metadata, spec } of undone) {
      expect(metadata.labels['example.net/team']).toBe('carts');
      delete metadata.labels['example.net/team'];
      if (kind === 'Deployment') delete spec.template.spec.priorityClassName;
    }
    const before = objectsIn(Object.fromEntries(APPLIED.map((name) => [name, DIST[name]])));
    const byName = (objects: Manifest[]): Record<string, Manifest> =>
      Object.fromEntries(objects.map((object) => [`${String(object.kind)}/${String(object.metadata.name)}`, object]));
    expect(byName(undone)).toEqual(byName(before));
  });

  test('uses files of dist/ in an overlay elsewhere, if the load restrictor allows it', async () => {
    const [service] = objectsIn({ 'built.yaml': await built(overlay) });
    expect(service.metadata.labels['example.net/environment']).toBe('production');
    const { code, stderr } = await run('kubectl', ['kustomize', 'overlays/production'], { cwd: lab.dir });
    expect([code, stderr]).toEqual([1, expect.stringContaining('is not in or below')]);
  });

  test('with a prefix would leave nutcracker and the migrator with addresses that do not exist', async () => {
    const { text } = FILES.find(({ file }) => file === 'kustomization.yaml') ?? { text: '' };
    lab.write('kustomization.yaml', `namePrefix: test-\n${text}`);
    const prefixed = await built(whole);
    expect(prefixed).toMatch(/^ {2}name: test-unit-1-shard-0$/m);
    expect(prefixed).not.toMatch(/^ {2}name: unit-1-shard-0$/m);
    expect(prefixed).toContain('"new": "unit-1-shard-0.unit-1.svc');
  });
});
