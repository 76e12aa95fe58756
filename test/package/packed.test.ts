// `npm pack` ships what a user of the package needs, and nothing else.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../lab/lab';
import { packInto, run } from './packed';

const lab = new Lab();
afterAll(() => lab.close());

const tarball = packInto(lab);
const packed = run(lab.dir, 'tar', '-tzf', tarball)
  .trimEnd()
  .split('\n')
  .map((name) => name.replace(/^package\//, ''));

/** The allowed files, by purpose. */
const KINDS: Record<string, RegExp> = {
  'the manifest': /^package\.json$/,
  'for people': /^(README|CHANGELOG)\.md$|^LICENSE$/,
  'the documents, which runbooks and messages name': /^docs\/(how-to\/)?[\w-]+\.(md|svg)$/,
  'what images are built from': /^images\/\w+\/(Dockerfile|README\.md)$/,
  'the jsii assembly': /^\.jsii$/,
  'the library': /^build\/lib\/[\w/-]+\.js$/,
  'its types': /^build\/lib\/[\w/-]+\.d\.ts$/,
  'what cdk8s import generates': /^build\/imports\/[\w.]+\.(js|d\.ts)$/,
  'what its props are': /^build\/lib\/props\.json$/,
  'the scripts of the pods': /^build\/lib\/scripts\/[\w-]+\.(sh|lua|awk)$/,
  'the command line': /^build\/cli\/[\w/-]+\.js$/,
  'the migrator': /^build\/migrator\/migrator\.mjs$/,
  'the failover program': /^build\/failover\/failover\.mjs$/,
  'the program that changes rings': /^build\/reshard\/reshard\.mjs$/,
  'the backup program': /^build\/backup\/backup\.mjs$/,
  'the passwords program': /^build\/passwords\/passwords\.mjs$/,
  'the exporter of the proxies': /^build\/exporter\/exporter\.mjs$/,
  'the dashboard': /^build\/dashboards\/fleet\.json$/,
  'their parsers of arguments': /^build\/(migrator|failover|reshard|backup|passwords)\/step-arguments\.cjs$/,
  'licenses of what is bundled':
    /^build\/(cli|migrator|failover|reshard|backup|passwords|exporter)\/[\w/.-]+\.LICENSES\.txt$/,
  'yaml, which jsii wants bundled': /^node_modules\/yaml\//,
};
const kindOf = (file: string): string | undefined => Object.keys(KINDS).find((kind) => KINDS[kind].test(file));

test('it has files of each kind, and no other file', () => {
  expect(packed.filter((file) => kindOf(file) === undefined)).toEqual([]);
  expect(new Set(packed.map(kindOf))).toEqual(new Set(Object.keys(KINDS)));
});

test('it has no sources, tests or source maps', () => {
  const own = packed.filter((file) => !file.startsWith('node_modules/'));
  expect(own.filter((file) => /(?<!\.d)\.ts$|\.map$|test/.test(file))).toEqual([]);
});

test('each module has its types, and each bundle its licenses', () => {
  const modules = packed.filter((file) => kindOf(file) === 'the library');
  const types = packed.filter((file) => kindOf(file) === 'its types');
  expect(types.map((file) => file.replace(/\.d\.ts$/, '.js')).sort()).toEqual(modules.sort());
  const bundles = packed.filter((file) =>
    [
      'the command line',
      'the migrator',
      'the failover program',
      'the program that changes rings',
      'the backup program',
      'the passwords program',
      'the exporter of the proxies',
    ].includes(kindOf(file) ?? ''),
  );
  const licenses = packed.filter((file) => kindOf(file) === 'licenses of what is bundled');
  expect(bundles.map((file) => `${file}.LICENSES.txt`).sort()).toEqual(licenses.sort());
});

test('it is smaller than 1.4 MiB', () => {
  expect(fs.statSync(tarball).size).toBeLessThan(1.4 * 1024 ** 2);
});

test('publint finds no problem', () => {
  // It suggests a `type` in package.json, but then esbuild would wrap every module in the bundle of the migrator.
  expect(run(lab.dir, 'publint', 'run', '--strict', '--level', 'warning', tarball)).toContain('All good!');
});

test('Are The Types Wrong finds no problem, for each module resolution of TypeScript', () => {
  const options = ['--no-definitely-typed', '--exclude-entrypoints', './.jsii', '--format', 'json'];
  const { analysis, problems } = JSON.parse(run(lab.dir, 'attw', ...options, path.basename(tarball)));
  expect(problems ?? {}).toEqual({});
  expect(Object.keys(analysis.entrypoints['.'].resolutions).sort()).toEqual([
    ...['bundler', 'node10', 'node16-cjs', 'node16-esm'],
  ]);
});
