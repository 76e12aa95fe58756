// Installs the output of `npm pack` into an empty project, without a network.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../lab/lab';
import { ROOT } from '../lab/synthesized';
import { committed, compileAsCdk8sInit, install, OWN, packInto, run, synthesized, writeApp } from './packed';

const lab = new Lab();
afterAll(() => lab.close());

beforeAll(() => {
  install(lab.dir, '--offline', packInto(lab), ...OWN);
});

const node = (script: string): unknown =>
  JSON.parse(run(lab.dir, process.execPath, '--input-type=module', '-e', script));

test('an app like that of `cdk8s init typescript-app` compiles without skipLibCheck, and writes the committed output', () => {
  const directory = writeApp(lab.dir, 'main.ts');
  compileAsCdk8sInit(directory);
  expect(fs.readFileSync(path.join(directory, 'tsconfig.json'), 'utf8')).not.toContain('skipLibCheck');
  expect(synthesized(directory, 'main.js')).toEqual(committed());
});

test.each(['main.cjs', 'main.mjs'] as const)('an app in plain JavaScript, %s, writes the committed output', (main) => {
  expect(synthesized(writeApp(lab.dir, main), main)).toEqual(committed());
});

test('every export that can be required can be imported by name', () => {
  const required = node(`
    import { createRequire } from 'node:module';
    console.log(JSON.stringify(Object.keys(createRequire(import.meta.resolve('cdk8s-twemproxy'))('cdk8s-twemproxy'))));
  `) as string[];
  const imported = node(
    "import * as all from 'cdk8s-twemproxy'; console.log(JSON.stringify(Object.keys(all)));",
  ) as string[];
  expect(required).toContain('FleetCharts');
  expect(imported).toEqual(expect.arrayContaining(required));
});

test('tools find the assembly and the manifest, and cannot import internal modules', () => {
  const found = node(`
    import { createRequire } from 'node:module';
    const { resolve } = createRequire(process.cwd() + '/');
    const look = (name) => { try { return resolve(name).length > 0; } catch ({ code }) { return code; } };
    const names = ['.jsii', 'package.json', 'build/lib/common/checks.js'];
    console.log(JSON.stringify(names.map((name) => look('cdk8s-twemproxy/' + name))));
  `);
  expect(found).toEqual([true, true, 'ERR_PACKAGE_PATH_NOT_EXPORTED']);
});

test('npx finds the command line', () => {
  const file = path.join(ROOT, 'fleets', 'unit-1', 'nutcracker.yml');
  const output = run(lab.dir, 'npx', '--no', '--', 'cdk8s-twemproxy', 'check', '--json', file);
  expect(JSON.parse(output)).toMatchObject({ ok: true });
});
