// Code in the README and the guide is code that runs.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../lab/synthesized';

const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');
const withoutSpace = (text: string): string => text.replace(/\s+/g, '');

const DOCS = fs.readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const SOURCES = withoutSpace(['main.ts', 'examples/import/sessions-chart.ts'].map(read).join('\n'));

function snippets(file: string): string[] {
  return [...read(file).matchAll(/^ *```ts\n([^]*?)^ *```$/gm)].map(([, code]) => code);
}

test.each(['README.md', 'docs/constructs.md'])('every snippet of %s stands in an app that is synthesized', (file) => {
  expect(snippets(file).length).toBeGreaterThan(0);
  for (const snippet of snippets(file)) expect(SOURCES).toContain(withoutSpace(snippet));
});

test.each(['README.md', 'CHANGELOG.md', ...DOCS.map((name) => `docs/${name}`)])(
  'every link of %s leads somewhere',
  (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target]) => target);
    const missing = links.filter((target) => !fs.existsSync(path.join(ROOT, path.dirname(file), target)));
    expect(missing).toEqual([]);
  },
);
