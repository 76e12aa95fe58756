// The manifests in docs/how-to: kustomize runs its own, the schemas of the operators take theirs, and what all of them name is in dist/.

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
/** What a controller may apply: all but the Jobs. */
const APPLIED = MANIFESTS.filter((name) => /^unit-1-[0-4]\d-/.test(name));
const SCHEMAS = JSON.parse(read('test/docs/operator-schemas.json')) as Record<string, Schema>;
const KUSTOMIZE = 'kustomize.config.k8s.io/v1beta1 Kustomization';

/** A file of a how-to: a block whose first line is a remark with its name. */
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

  test('which the schema of its program takes', () => {
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

test('a field that an operator does not know is found', () => {
  const [application] = shown('argocd/unit-1.yaml');
  const ajv = new Ajv({ strict: false });
  expect(ajv.validate(SCHEMAS[kindOf(application)], { ...application.spec, sorce: {} })).toBe(false);
});

test('Argo CD is shown the files before the Jobs, and no other', () => {
  const [{ spec }] = shown('argocd/unit-1.yaml');
  const { path: directory, directory: filter } = spec.source as { path: string; directory: { include: string } };
  expect(directory).toBe('dist');
  // A glob of Argo CD: a star is anything, and a set in brackets is what it is in a regular expression.
  const glob = new RegExp(`^${filter.include.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  expect(Object.keys(DIST).filter((name) => glob.test(name))).toEqual(APPLIED);
});

test('Flux is shown the files before the Jobs, and no other', async () => {
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

test('the Secret that External Secrets makes is the one that the pods ask for', () => {
  const [{ metadata, spec }] = shown('external-secret.yaml');
  const keys = (spec.data as { secretKey: string }[]).map(({ secretKey }) => secretKey);
  const asked = [
    ...Object.values(DIST)
      .join('\n')
      .matchAll(/secretKeyRef:\n +key: (\S+)\n +name: (\S+)/g),
  ];
  expect(asked.length).toBeGreaterThan(0);
  for (const [, key, name] of asked) expect([keys, spec.target.name]).toEqual([[key], name]);
  expect(Object.keys(named(objectsIn(DIST), 'Namespace'))).toContain(metadata.namespace);
});

describe('kustomize', () => {
  const DIRECTORIES = { '.': 'kubectl kustomize .', 'overlays/production': 'kubectl kustomize --load-restrictor' };

  beforeEach(() => {
    fs.cpSync(path.join(ROOT, 'dist'), path.join(lab.dir, 'dist'), { recursive: true });
    for (const { document, file, text } of FILES) {
      if (document !== 'docs/how-to/kustomize.md') continue;
      fs.mkdirSync(path.dirname(path.join(lab.dir, file)), { recursive: true });
      lab.write(file, text);
    }
  });

  async function build(command: string): Promise<Manifest[]> {
    const { code, stdout, stderr } = await run('sh', ['-c', command], { cwd: lab.dir });
    expect([code, stderr]).toEqual([0, '']);
    return objectsIn({ 'built.yaml': String(stdout) });
  }

  test.each(Object.entries(DIRECTORIES))('in %s builds objects that Kubernetes takes', async (_directory, begin) => {
    const [command] = blocksOf('docs/how-to/kustomize.md')
      .filter(({ language, text }) => language === 'sh' && text.startsWith(begin))
      .map(({ text }) => text);
    const objects = await build(command);
    expect(objects.length).toBeGreaterThan(100);
    expect(objects.flatMap(problemsOf)).toEqual([]);
  });

  test('changes what the overlay says, and nothing else', async () => {
    const built = await build('kubectl kustomize .');
    const before = objectsIn(Object.fromEntries(APPLIED.map((name) => [name, DIST[name]])));
    const undone = built.map((object) => {
      const copy = JSON.parse(
        JSON.stringify(object).replaceAll('registry.example.net/library/', 'docker.io/library/'),
      ) as Manifest;
      expect(copy.metadata.labels['example.net/team']).toBe('carts');
      delete copy.metadata.labels['example.net/team'];
      if (copy.kind === 'Deployment') delete copy.spec.template.spec.priorityClassName;
      return copy;
    });
    const sorted = (objects: Manifest[]): string[] => objects.map(identity).sort();
    expect(sorted(undone)).toEqual(sorted(before));
    for (const object of before) {
      expect(undone.find((one) => identity(one) === identity(object))).toEqual(object);
    }
    const images = JSON.stringify(built);
    expect(images).toContain('registry.example.net/library/redis');
    expect(images).toContain('registry.example.net/library/haproxy');
  });

  test('with a prefix would leave nutcracker and the migrator with addresses that nobody has', async () => {
    lab.write('kustomization.yaml', `namePrefix: test-\n${read('docs/how-to/kustomize.md').split('```')[1].slice(5)}`);
    const built = await build('kubectl kustomize .');
    const services = Object.keys(named(built, 'Service'));
    const plan = JSON.stringify(Object.values(named(built, 'ConfigMap')));
    expect(plan).toContain('unit-1-shard-0.unit-1.svc');
    expect(services).toContain('test-unit-1-shard-0');
    expect(services).not.toContain('unit-1-shard-0');
  });
});

const identity = ({ kind, metadata }: Manifest): string => `${String(kind)}/${String(metadata.name)}`;
