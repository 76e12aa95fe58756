// Another company's package: it has the constructs as `npm pack` ships them, and nothing else of this repository.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { problemsOf } from '../lab/kubernetes-schema';
import { Lab } from '../lab/lab';
import { danglingPorts, objectsIn, ROOT, synthesize } from '../lab/synthesized';

let lab: Lab;
beforeAll(() => (lab = new Lab()));
afterAll(() => lab.close());

/** The example with what is packed in its node_modules; the packages beside it are this repository's own. */
function installed(): string {
  const directory = path.join(lab.dir, 'import');
  fs.cpSync(path.join(ROOT, 'examples', 'import'), directory, { recursive: true });
  const modules = path.join(directory, 'node_modules');
  const packed = path.join(modules, 'cdk8s-twemproxy');
  fs.mkdirSync(packed, { recursive: true });
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', lab.dir];
  const tarball = execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', path.join(lab.dir, tarball), '-C', packed, '--strip-components=1']);
  for (const name of ['cdk8s', 'cdk8s-plus-27', 'constructs', 'typescript', '@types']) {
    fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  return directory;
}

test('a chart that imports the constructs by package name compiles, and synthesizes sound objects', () => {
  const directory = installed();
  execFileSync(path.join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', directory], { stdio: 'pipe' });

  const objects = objectsIn(synthesize(directory, path.join(lab.dir, 'dist')));

  expect(objects.flatMap(problemsOf)).toEqual([]);
  expect(danglingPorts(objects)).toEqual([]);
  expect(objects.map(({ kind, metadata }) => `${kind as string} ${metadata.name as string}`)).toMatchSnapshot();
});
