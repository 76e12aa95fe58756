// Installs the oldest and the newest supported versions of cdk8s from npm's registry.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../lab/lab';
import { ROOT } from '../lab/synthesized';
import { committed, compileAsCdk8sInit, install, packInto, synthesized, writeApp } from './packed';

interface Manifest {
  readonly version: string;
  readonly devDependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
}
const manifestIn = (directory: string): Manifest =>
  JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8')) as Manifest;

const { devDependencies, peerDependencies } = manifestIn(ROOT);
const peers = Object.keys(peerDependencies);
const oldest = peers.map((name) => `${name}@${devDependencies[name]}`);
/** Fixed versions, not the newest of the range: a new release must not break the test of an unrelated change. */
const NEWEST: Record<string, string> = { cdk8s: '2.70.98', 'cdk8s-plus-27': '2.9.1', constructs: '10.8.1' };
const newest = peers.map((name) => `${name}@${NEWEST[name]}`);

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

const installedPeers = (): Record<string, string> =>
  Object.fromEntries(peers.map((name) => [name, manifestIn(path.join(lab.dir, 'node_modules', name)).version]));

test('everything here is built and tested with the oldest versions, as jsii requires', () => {
  for (const name of peers) expect(peerDependencies[name]).toBe(`^${devDependencies[name]}`);
});

test.each([
  ['oldest', oldest],
  ['newest', newest],
])('with the %s versions an app compiles, and writes the committed output', (end, versions) => {
  const types = `@types/node@${devDependencies['@types/node']}`;
  install(lab.dir, packInto(lab), types, ...versions);
  const isOldest = peers.map((name) => installedPeers()[name] === devDependencies[name]);
  expect(isOldest).toEqual(peers.map(() => end === 'oldest'));

  const directory = writeApp(lab.dir, 'main.ts');
  compileAsCdk8sInit(directory);
  expect(synthesized(directory, 'main.js')).toEqual(committed());
});

test('npm refuses to install it with an older cdk8s', () => {
  const tooOld = oldest.map((peer) => peer.replace(/^cdk8s@.*/, 'cdk8s@2.68.100'));
  expect(() => {
    install(lab.dir, packInto(lab), ...tooOld);
  }).toThrow(/ERESOLVE[^]*peer cdk8s@/);
  expect(fs.existsSync(path.join(lab.dir, 'node_modules'))).toBe(false);
});
