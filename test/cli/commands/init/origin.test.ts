// The origin of the package, from the files of package managers.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { originOf } from '../../../../cli/commands/init/origin';
import { Lab } from '../../../lab/lab';
import { pool, servers } from '../../configurations';
import { start } from './starting';

let lab: Lab;
let project: string;
let own: string;
beforeEach(() => {
  lab = new Lab();
  project = path.join(lab.dir, 'a project');
  own = path.join(project, 'node_modules/cdk8s-twemproxy');
  fs.mkdirSync(own, { recursive: true });
});
afterEach(() => lab.close());

const packed = Buffer.from('what npm pack made');
const integrity = `sha512-${createHash('sha512').update(packed).digest('base64')}`;

function lock(entry: object): void {
  const text = JSON.stringify({ packages: { 'node_modules/cdk8s-twemproxy': entry } });
  fs.writeFileSync(path.join(project, 'node_modules/.package-lock.json'), text);
}

test('a packed file is found, if it is the installed one', () => {
  lab.write('the file#1.tgz', packed.toString());
  for (const resolved of ['file:../the file#1.tgz', 'file:../the%20file%231.tgz']) {
    lock({ resolved, integrity });
    expect(originOf(own)).toEqual({ from: 'file', packed });
  }
});

test.each([
  ['missing', () => undefined],
  ['different', () => lab.write('x.tgz', 'another version')],
])('if the packed file is %s, the origin is the directory', (_what, write) => {
  write();
  lock({ resolved: 'file:../x.tgz', integrity });
  expect(originOf(own)).toEqual({ from: 'directory', directory: own });
});

test('a registry is recognized with npm and with pnpm', () => {
  lock({ resolved: 'https://registry.example.net/cdk8s-twemproxy/-/cdk8s-twemproxy-0.1.0.tgz', integrity });
  expect(originOf(own)).toEqual({ from: 'registry' });
  const ofPnpm = (version: string): string =>
    `/x/node_modules/.pnpm/cdk8s-twemproxy@${version}/node_modules/cdk8s-twemproxy`;
  expect(originOf(ofPnpm('0.1.0_cdk8s@2.69.0'))).toEqual({ from: 'registry' });
  expect(originOf(ofPnpm('file+x.tgz'))).toMatchObject({ from: 'directory' });
});

test.each([
  ['a clone', () => undefined],
  [
    'a linked clone',
    () => {
      lock({ resolved: '../clone', link: true });
    },
  ],
  [
    'a truncated lock file',
    () => {
      fs.writeFileSync(path.join(project, 'node_modules/.package-lock.json'), '{"pack');
    },
  ],
])('for %s, the next steps pack the directory', async (_what, write) => {
  write();
  const origin = originOf(own);
  expect(origin).toEqual({ from: 'directory', directory: own });
  const directory = path.join(lab.dir, "it's");
  const { lines } = await start(pool('alpha', servers(3)), { directory, origin });
  const word = `'${lab.dir}/it'\\''s`;
  expect(lines.slice(-2)).toEqual([
    `  mkdir -p ${word}/vendor' && npm pack --ignore-scripts --pack-destination ${word}/vendor' '${own}'`,
    `  cd ${word}' && npm install && npm run synth && npm test`,
  ]);
  expect(fs.readFileSync(path.join(directory, 'package.json'), 'utf8')).toContain(
    'file:vendor/cdk8s-twemproxy-1.2.3.tgz',
  );
  expect(fs.readFileSync(path.join(directory, 'README.md'), 'utf8')).toContain(
    `mkdir -p vendor && npm pack --ignore-scripts --pack-destination vendor '${own}'\nnpm install\n`,
  );
});
