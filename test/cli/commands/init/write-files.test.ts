import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeFiles } from '../../../../cli/commands/init/write-files';
import { Lab } from '../../../lab/lab';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

const FILES = { 'main.ts': 'main', 'fleets/a/ring': 'ring' };
const repo = (): string => path.join(lab.dir, 'deep', 'repo');

/** Every file in the lab, with its text. */
function texts(): Record<string, string> {
  const names = fs.readdirSync(lab.dir, { recursive: true }).map(String);
  const files = names.filter((name) => fs.statSync(path.join(lab.dir, name)).isFile()).sort();
  return Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(lab.dir, name), 'utf8')]));
}

const WRITTEN = { 'deep/repo/fleets/a/ring': 'ring', 'deep/repo/main.ts': 'main' };

test('a directory is made with the files, readable as any other', () => {
  writeFiles(repo(), FILES);
  expect(texts()).toEqual(WRITTEN);
  expect(fs.statSync(repo()).mode).toBe(fs.statSync(path.dirname(repo())).mode);
});

test('a directory that has other files gets these as well', () => {
  lab.write('deep/repo/.git/HEAD', 'ref');
  lab.write('deep/repo/fleets/b/ring', 'other');
  writeFiles(repo(), FILES);
  expect(texts()).toEqual({ ...WRITTEN, 'deep/repo/.git/HEAD': 'ref', 'deep/repo/fleets/b/ring': 'other' });
});

test('files that are there are named, every one, and nothing is written', () => {
  lab.write('deep/repo/main.ts', 'mine');
  lab.write('deep/repo/fleets', 'a file');
  const before = texts();
  expect(() => {
    writeFiles(repo(), FILES);
  }).toThrow(/repo\/main.ts: it is there already; nothing was written.*\n.*repo\/fleets: it is there already/);
  expect(texts()).toEqual(before);
  expect(fs.readdirSync(path.dirname(repo()))).toEqual(['repo']);
});

test('a link that leads nowhere is in the way, too', () => {
  fs.mkdirSync(repo(), { recursive: true });
  fs.symlinkSync('nowhere', path.join(repo(), 'main.ts'));
  expect(() => {
    writeFiles(repo(), FILES);
  }).toThrow('main.ts: it is there already');
});

test.each([
  [
    'its name is too long for any file system',
    { ...FILES, ['x'.repeat(300)]: '' },
    /repo: a name is too long for the file system; take a shorter one$/,
  ],
  [
    'nobody may make a directory there',
    { ...FILES, 'sys/a/ring': '' },
    /sys\/a\/ring: this user may not write there; write to another directory$/,
  ],
])('if the last file cannot be written since %s, the others are gone again', (_why, files, error) => {
  lab.write('deep/repo/mine', 'mine');
  fs.symlinkSync('/sys', path.join(repo(), 'sys'));
  expect(() => {
    writeFiles(repo(), files);
  }).toThrow(error);
  expect(fs.readdirSync(repo())).toEqual(['mine', 'sys']);
  expect(fs.readdirSync(path.dirname(repo()))).toEqual(['repo']);
});
