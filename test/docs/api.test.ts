// Checks the exports of the library, as jsii lists them after `npm run build`.

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

test('every exported type, property, method and value has a summary', () => {
  const undocumented = Object.values(types).flatMap((type) =>
    [type, ...(type.properties ?? []), ...(type.methods ?? []), ...(type.members ?? [])]
      .filter(({ docs }) => !docs?.summary)
      .map(({ name }) => `${type.name}.${name}`),
  );
  expect(undocumented).toEqual([]);
});

test('every optional prop has a default', () => {
  const undocumented = Object.values(types).flatMap(({ name, datatype, properties = [] }) =>
    properties
      .filter(({ optional, docs }) => datatype && optional && !docs?.default)
      .map((property) => `${name}.${property.name}`),
  );
  expect(undocumented).toEqual([]);
});

test('API.md is the output of `npm run docgen`', async () => {
  const lab = new Lab();
  try {
    const docgen = path.join(ROOT, 'node_modules', '.bin', 'jsii-docgen');
    execFileSync(docgen, ['--output', path.join(lab.dir, 'API')], { cwd: ROOT, stdio: 'pipe' });
    const [fresh, committed] = [lab.dir, ROOT].map((directory) =>
      fs.readFileSync(path.join(directory, 'API.md'), 'utf8'),
    );
    // Not toBe(text): Git shows a difference in ten thousand lines better.
    expect(committed === fresh).toBe(true);
    expect(fresh).toContain('cdk8s-twemproxy.FleetCharts');
  } finally {
    await lab.close();
  }
});
