// Everything that programs, scripts and runbooks refer to is available to a user who has only the package.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { repository, version } from '../../package.json';
import { Lab } from '../lab/lab';
import { ROOT } from '../lab/synthesized';
import { committed, packInto, run } from '../package/packed';
import { headingsOf } from './documents';

const lab = new Lab();
afterAll(() => lab.close());

/** Where references to a document may point: to the package in a project, or to the tag of this version. */
const IN_PACKAGE = 'node_modules/cdk8s-twemproxy/';
const AT_VERSION = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/v${version}/`;

const MENTION = /\b(?:docs|images|bench)\/[\w./-]*[\w-](?:#[\w-]+)?/g;

const DIRECTORIES = ['lib', 'migrator', 'reshard', 'cli'];
const SOURCES = DIRECTORIES.flatMap((directory) =>
  fs
    .readdirSync(path.join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name))),
);
const sourceOf = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** The text without comment lines, which are for readers of the sources. */
function withoutComments(text: string): string {
  return text.replace(/^\s*(\/\/|\/?\*|#).*$/gm, '');
}

/** The mentions of a missing file or heading. */
function broken(mentions: readonly string[]): string[] {
  return mentions.filter((mention) => {
    const [file, ...headings] = mention.split('#');
    if (!fs.existsSync(path.join(ROOT, file))) return true;
    return headings.some((heading) => !headingsOf(file).includes(heading));
  });
}

/** Mentions that a user of the package cannot follow. */
function unplaced(text: string): string[] {
  const placed = [...text.matchAll(MENTION)].filter(({ index }) => {
    return [IN_PACKAGE, AT_VERSION].some((prefix) => text.slice(0, index).endsWith(prefix));
  });
  return [...text.matchAll(MENTION)]
    .filter(({ index }) => !placed.some((one) => one.index === index))
    .map(([mention]) => mention);
}

test('each mention in the sources names an existing file and heading', () => {
  const mentions = SOURCES.flatMap((file) => (sourceOf(file).match(MENTION) ?? []).map((mention) => [file, mention]));
  expect(mentions.length).toBeGreaterThan(20);
  expect(mentions.filter(([, mention]) => broken([mention]).length > 0)).toEqual([]);
});

test('printed references have a URL with the version, or the path in the package', () => {
  const found = SOURCES.flatMap((file) => {
    const addressed = withoutComments(sourceOf(file)).replace(/(documentAt\(|linkTo\([^\n]*?, )(['"`])[^'"`]*\2/g, '');
    return unplaced(addressed).map((mention) => [file, mention]);
  });
  expect(found).toEqual([]);
});

test('so have references in synthesized files, and the package contains their targets', () => {
  const written = Object.entries(committed());
  const runbook = written.find(([name]) => name === 'unit-1.RUNBOOK.md')?.[1] ?? '';
  const addresses = [...runbook.matchAll(/https:\/\/github[^\s)`|]+/g)].map(([address]) => address);
  expect(addresses.length).toBeGreaterThan(5);
  expect(addresses.filter((address) => !address.startsWith(AT_VERSION))).toEqual([]);
  // The program of the migrator is in a ConfigMap: it prints URLs when it runs.
  const read = written.filter(([name]) => !name.includes('migrator'));
  expect(read.flatMap(([name, text]) => unplaced(text).map((mention) => [name, mention]))).toEqual([]);

  const packed = run(lab.dir, 'tar', '-tzf', packInto(lab)).split('\n');
  const mentions = read.flatMap(([, text]) => text.match(MENTION) ?? []);
  expect(broken(mentions)).toEqual([]);
  expect(
    mentions.filter((mention) => !packed.includes(`package/${mention.split('#')[0]}`) && /\.\w+(#|$)/.test(mention)),
  ).toEqual([]);
});

test('a bundled program contains the URL', () => {
  const bundles = ['build/cli/main.js', 'build/cli/page/page.js', 'build/migrator/migrator.mjs'].map(sourceOf);
  for (const bundle of bundles) {
    expect(bundle).toContain(repository.url);
    // It may run without the package, and as a module without __dirname.
    expect(bundle).not.toMatch(/without its package\.json/);
  }
});
