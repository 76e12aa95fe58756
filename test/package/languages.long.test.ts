// The library in the other languages of jsii. The generated code is inspected, not compiled, which would need their toolchains.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../lab/lab';
import { ROOT } from '../lab/synthesized';
import { run } from './packed';

interface Assembly {
  readonly types: Record<string, { readonly name: string }>;
}

const lab = new Lab();
afterAll(() => lab.close());

beforeAll(() => {
  run(ROOT, 'jsii-pacmak', '--code-only', '--outdir', lab.dir, '--pack-command', 'npm pack --ignore-scripts');
});

const { types } = JSON.parse(fs.readFileSync(path.join(ROOT, '.jsii'), 'utf8')) as Assembly;
const exported = Object.values(types).map(({ name }) => name);

const JAVA = 'java/src/main/java/io/github/cdk8stwemproxy';
const DOTNET = 'dotnet/Cdk8sTwemproxy/Cdk8sTwemproxy';
const GO = 'go/cdk8stwemproxy';
const PYTHON = 'python/src/cdk8s_twemproxy/__init__.py';

const read = (file: string): string => fs.readFileSync(path.join(lab.dir, file), 'utf8');

test.each([
  ['Java', JAVA, '.java'],
  ['.NET', DOTNET, '.cs'],
  ['Go', GO, '.go'],
])('jsii-pacmak --code-only generates a %s package with every type', (_language, directory, extension) => {
  const files = fs.readdirSync(path.join(lab.dir, directory));
  expect(exported).toContain('FleetCharts');
  expect(files).toEqual(expect.arrayContaining(exported.map((name) => name + extension)));
});

test('jsii-pacmak --code-only generates a Python package with every type', () => {
  const classes = [...read(PYTHON).matchAll(/^class (\w+)/gm)].map(([, name]) => name);
  expect(exported).toContain('FleetCharts');
  expect(classes).toEqual(expect.arrayContaining(exported));
});

test('the two names that are keywords of a language are usable in it', () => {
  expect(read(PYTHON)).toContain('def from_(self)');
  expect(read(`${DOTNET}/FleetChartsProps.cs`)).toContain('public string? Namespace');
});

test('Git ignores its default output directory', () => {
  const { outdir } = (JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Manifest).jsii;
  const inside = path.join(outdir, 'java', 'pom.xml');
  expect(run(ROOT, 'git', 'check-ignore', '--no-index', inside).trim()).toBe(inside);
});

interface Manifest {
  readonly jsii: { readonly outdir: string };
}
