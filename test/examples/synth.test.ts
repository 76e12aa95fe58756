// `npm run synth` in a copy of the app's directory.

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { Lab } from '../lab/lab';
import { filesOf, ROOT } from '../lab/synthesized';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

function synth(app: string): { status: number | null; output: string } {
  const directory = path.relative(ROOT, path.join(lab.dir, 'app'));
  fs.writeFileSync(path.join(lab.dir, 'app', 'cdk8s.yaml'), `language: typescript\napp: ${process.execPath} app.js\n`);
  fs.writeFileSync(path.join(lab.dir, 'app', 'app.js'), app);
  const { status, stdout, stderr } = spawnSync('node', ['scripts/synth.mjs', directory], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const WRITE = "require('fs').mkdirSync(process.env.CDK8S_OUTDIR, { recursive: true });";
const GOOD = `${WRITE} require('fs').writeFileSync(process.env.CDK8S_OUTDIR + '/new.k8s.yaml', 'kind: New\\n');`;

test('a synth replaces the old output', () => {
  fs.mkdirSync(path.join(lab.dir, 'app', 'dist'), { recursive: true });
  lab.write('app/dist/old.k8s.yaml', 'kind: Old\n');
  expect(synth(GOOD).status).toBe(0);
  expect(filesOf(path.join(lab.dir, 'app', 'dist'))).toEqual({ 'new.k8s.yaml': 'kind: New\n' });
});

test('a failed synth changes nothing', () => {
  lab.write('app/dist/old.k8s.yaml', 'kind: Old\n');
  const { status, output } = synth(`${GOOD} throw new Error('not this ring');`);
  expect(status).toBe(1);
  expect(output).toContain('not this ring');
  expect(output).toContain('dist is unchanged');
  expect(filesOf(path.join(lab.dir, 'app', 'dist'))).toEqual({ 'old.k8s.yaml': 'kind: Old\n' });
  expect(fs.readdirSync(path.join(lab.dir, 'app')).sort()).toEqual(['app.js', 'cdk8s.yaml', 'dist']);
});

test('a synth that does not type-check changes nothing, even if it would run', () => {
  lab.write('app/dist/old.k8s.yaml', 'kind: Old\n');
  lab.write('app/main.ts', "export const replicas: number = 'three';\n");
  const options = { strict: true, noEmit: true, module: 'node16', types: [] };
  lab.write('app/tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['main.ts'] }));
  const { status, output } = synth(GOOD);
  expect(status).toBe(1);
  expect(output).toContain("Type 'string' is not assignable to type 'number'");
  expect(output).toContain('dist is unchanged');
  expect(filesOf(path.join(lab.dir, 'app', 'dist'))).toEqual({ 'old.k8s.yaml': 'kind: Old\n' });
  expect(fs.existsSync(path.join(lab.dir, 'app', 'dist.new'))).toBe(false);

  lab.write('app/main.ts', 'export const replicas: number = 3;\n');
  expect(synth(GOOD)).toMatchObject({ status: 0 });
});

test('a synth is refused if the library has changed since its build', () => {
  lab.write('build/lib/index.js', '');
  lab.write('lib/index.ts', '');
  fs.mkdirSync(path.join(lab.dir, 'migrator'));
  fs.utimesSync(path.join(lab.dir, 'build/lib/index.js'), 0, 0);
  const script = path.join(ROOT, 'scripts/synth.mjs');
  const { status, stderr } = spawnSync('node', [script, '.'], { cwd: lab.dir, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'build/ is older than lib/ or migrator/; run: npm run build\n',
  });
});

test.each(['.', 'examples/article'])('the app of %s runs with a cdk8s that is installed elsewhere', (directory) => {
  const cwd = path.join(ROOT, directory);
  const { app } = parse(fs.readFileSync(path.join(cwd, 'cdk8s.yaml'), 'utf8')) as { app: string };
  const outdir = path.join(lab.dir, 'dist');
  const env = { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, CDK8S_OUTDIR: outdir };
  expect(spawnSync('sh', ['-c', app], { cwd, env, encoding: 'utf8' }).status).toBe(0);
  expect(filesOf(outdir)).toEqual(filesOf(path.join(cwd, 'dist')));
});
