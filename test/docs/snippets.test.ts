// TypeScript in documents is code that runs: it is part of an app that other tests synthesize.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../lab/synthesized';
import { blocksOf, DOCUMENTS, read } from './documents';

const withoutSpace = (text: string): string => text.replace(/\s+/g, '');

const FILES = [
  'main.ts',
  ...['examples/import', 'examples/article', 'examples/constructs', 'examples/delivery', 'examples/tls'].flatMap(
    sourcesIn,
  ),
];
const SOURCES = FILES.map((file) => withoutSpace(read(file)));

function sourcesIn(directory: string): string[] {
  const names = fs.readdirSync(path.join(ROOT, directory));
  return names.filter((name) => name.endsWith('.ts')).map((name) => `${directory}/${name}`);
}

const SNIPPETS = DOCUMENTS.flatMap(blocksOf).filter(({ language }) => language === 'ts');

test.each(SNIPPETS)('$document has a snippet of an app: $text', ({ text }) => {
  expect(SOURCES.filter((source) => source.includes(withoutSpace(text)))).not.toEqual([]);
});

test('every construct has a snippet in docs/constructs.md', () => {
  const guide = SNIPPETS.filter(({ document }) => document === 'docs/constructs.md').map(({ text }) => text);
  const constructs = [
    'NfsStorage',
    'RedisStatefulSet',
    'TwemproxyLayer',
    'FleetMigration',
    'NetworkPolicies',
    'FleetCharts',
  ];
  expect(constructs.filter((name) => !guide.some((text) => text.includes(`new ${name}(`)))).toEqual([]);
});
