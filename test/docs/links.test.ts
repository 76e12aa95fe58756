// The targets of links in documents exist.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../lab/synthesized';
import { blocksOf, DOCUMENTS, headingsOf, linksOf, read } from './documents';

/** Directories that are not in the repository. */
const UNTRACKED = /^(\..*|node_modules|build|dist\.new)$/;

describe.each(DOCUMENTS)('%s', (document) => {
  test('has no broken link', () => {
    const broken = linksOf(document).filter(({ file, heading }) => {
      if (!fs.existsSync(path.join(ROOT, file))) return true;
      return heading !== undefined && !headingsOf(file).includes(heading);
    });
    expect(broken).toEqual([]);
  });

  test('names no missing file', () => {
    const paths = [
      ...read(document).matchAll(/`((?:lib|migrator|cli|test|docs|bench|demo|scripts|images)\/[\w./-]+)`/g),
    ];
    const missing = paths.map(([, name]) => name).filter((name) => !fs.existsSync(path.join(ROOT, name)));
    expect(missing).toEqual([]);
  });
});

test('docs/README.md links to every document, and the README to it', () => {
  const linked = ['docs/README.md', ...linksOf('docs/README.md').map(({ file }) => file)];
  const benches = fs.readdirSync(path.join(ROOT, 'bench')).filter((name) => name.endsWith('.md'));
  const documents = [...DOCUMENTS, ...benches.map((name) => `bench/${name}`), 'API.md'];
  expect(documents.filter((document) => document !== 'README.md' && !linked.includes(document))).toEqual([]);
  expect(linksOf('README.md').map(({ file }) => file)).toContain('docs/README.md');
});

test('docs/architecture.md lists every directory, and no other', () => {
  const [tree] = blocksOf('docs/architecture.md').filter(({ language }) => language === 'text');
  const listed = [...tree.text.matchAll(/^([\w-]+)\//gm)].map(([, directory]) => directory);
  const entries = fs.readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const directories = entries.map(({ name }) => name).filter((name) => !UNTRACKED.test(name));
  expect([...new Set([...listed, 'docs'])].sort()).toEqual(directories.sort());
  const inLib = [...tree.text.matchAll(/(?<= )([\w-]+(?:\.ts|\/))(?=,| )/g)].map(([, name]) => name);
  expect(
    inLib.filter(
      (name) =>
        ![
          name,
          `lib/${name}`,
          `migrator/${name}`,
          `failover/${name}`,
          `reshard/${name}`,
          `backup/${name}`,
          `passwords/${name}`,
          `cli/${name}`,
        ].some((file) => fs.existsSync(path.join(ROOT, file))),
    ),
  ).toEqual([]);
});
