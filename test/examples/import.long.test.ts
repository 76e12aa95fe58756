// The package of another company: it uses the constructs from `npm pack`, and nothing else of this repository.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { problemsOf } from '../lab/kubernetes-schema';
import { Lab } from '../lab/lab';
import { danglingPorts, objectsIn, ROOT, synthesize } from '../lab/synthesized';
import { install, OWN, packInto, run } from '../package/packed';

let lab: Lab;
beforeAll(() => (lab = new Lab()));
afterAll(() => lab.close());

test('a chart that imports the constructs by package name compiles, and synthesizes valid objects', () => {
  install(lab.dir, '--offline', packInto(lab), ...OWN);
  const directory = path.join(lab.dir, 'import');
  fs.cpSync(path.join(ROOT, 'examples', 'import'), directory, { recursive: true });
  run(directory, 'tsc');

  const objects = objectsIn(synthesize(directory, path.join(lab.dir, 'dist')));

  expect(objects.flatMap(problemsOf)).toEqual([]);
  expect(danglingPorts(objects)).toEqual([]);
  const names = objects.map(({ kind, metadata }) => `${kind as string} ${metadata.name as string}`);
  expect(names.map((name) => name.replace(/-[0-9a-f]{8}$/, '-HASH'))).toMatchSnapshot();
});

test('it requires the same versions of cdk8s as the constructs', () => {
  const manifest = (file: string): Record<string, Record<string, string>> =>
    JSON.parse(fs.readFileSync(path.join(ROOT, file), 'utf8')) as Record<string, Record<string, string>>;
  expect(manifest('examples/import/package.json').dependencies).toMatchObject(
    manifest('package.json').peerDependencies,
  );
});
