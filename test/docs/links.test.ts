// What documents refer to is there.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../lab/synthesized';
import { blocksOf, DOCUMENTS, headingsOf, linksOf, read } from './documents';

/** What is not in the repository. */
const UNTRACKED = /^(\..*|node_modules|build|dist\.new)$/;

describe.each(DOCUMENTS)('%s', (document) => {
  test('leads somewhere with every link', () => {
    const lost = linksOf(document).filter(({ file, heading }) => {
      if (!fs.existsSync(path.join(ROOT, file))) return true;
      return heading !== undefined && !headingsOf(file).includes(heading);
    });
    expect(lost).toEqual([]);
  });

  test('names no file that is not there', () => {
    const paths = [
      ...read(document).matchAll(/`((?:lib|migrator|cli|test|docs|bench|demo|scripts|images)\/[\w./-]+)`/g),
    ];
    const lost = paths.map(([, name]) => name).filter((name) => !fs.existsSync(path.join(ROOT, name)));
    expect(lost).toEqual([]);
  });
});

test('the README leads to every document', () => {
  const led = linksOf('README.md').map(({ file }) => file);
  const documents = DOCUMENTS.filter((document) => document !== 'README.md');
  const others = documents.filter((document) => document.startsWith('docs/') || !document.includes('/'));
  const benches = fs.readdirSync(path.join(ROOT, 'bench')).filter((name) => name.endsWith('.md'));
  others.push(...benches.map((name) => `bench/${name}`));
  expect(others.filter((document) => !led.includes(document))).toEqual([]);
});

test('docs/architecture.md has every folder, and no other', () => {
  const [tree] = blocksOf('docs/architecture.md').filter(({ language }) => language === 'text');
  const told = [...tree.text.matchAll(/^([\w-]+)\//gm)].map(([, folder]) => folder);
  const entries = fs.readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const folders = entries.map(({ name }) => name).filter((name) => !UNTRACKED.test(name));
  expect([...new Set([...told, 'docs'])].sort()).toEqual(folders.sort());
  const inLib = [...tree.text.matchAll(/(?<= )([\w-]+(?:\.ts|\/))(?=,| )/g)].map(([, name]) => name);
  expect(
    inLib.filter(
      (name) => ![name, `lib/${name}`, `migrator/${name}`].some((file) => fs.existsSync(path.join(ROOT, file))),
    ),
  ).toEqual([]);
});
