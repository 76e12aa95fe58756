// What the library exports, as jsii sees it after `npm run build`.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../lab/lab';
import { ROOT } from '../lab/synthesized';

interface Documented {
  readonly name: string;
  readonly docs?: { readonly summary?: string; readonly default?: string };
}
interface Type extends Documented {
  readonly datatype?: boolean;
  readonly properties?: (Documented & { readonly optional?: boolean })[];
  readonly methods?: Documented[];
  readonly members?: Documented[];
}

const { types } = JSON.parse(fs.readFileSync(path.join(ROOT, '.jsii'), 'utf8')) as { types: Record<string, Type> };

test('every exported type, property, method and value says what it is', () => {
  const silent = Object.values(types).flatMap((type) =>
    [type, ...(type.properties ?? []), ...(type.methods ?? []), ...(type.members ?? [])]
      .filter(({ docs }) => !docs?.summary)
      .map(({ name }) => `${type.name}.${name}`),
  );
  expect(silent).toEqual([]);
});

test('every prop that can be omitted says what holds then', () => {
  const silent = Object.values(types).flatMap(({ name, datatype, properties = [] }) =>
    properties
      .filter(({ optional, docs }) => datatype && optional && !docs?.default)
      .map((property) => `${name}.${property.name}`),
  );
  expect(silent).toEqual([]);
});

test('API.md is what `npm run docgen` writes', async () => {
  const lab = new Lab();
  try {
    const docgen = path.join(ROOT, 'node_modules', '.bin', 'jsii-docgen');
    execFileSync(docgen, ['--output', path.join(lab.dir, 'API')], { cwd: ROOT, stdio: 'pipe' });
    const [fresh, committed] = [lab.dir, ROOT].map((directory) =>
      fs.readFileSync(path.join(directory, 'API.md'), 'utf8'),
    );
    // Not toBe: where ten thousand lines differ is better looked for with Git.
    expect(committed === fresh).toBe(true);
    expect(fresh).toContain('cdk8s-twemproxy.FleetCharts');
  } finally {
    await lab.close();
  }
});
