import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeFiles } from '../../../../cli/commands/init/write-files';
import { Lab } from '../../../lab/lab';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

const FILES = { 'main.ts': 'main', 'fleets/a/ring': 'ring' };
const repo = (): string => path.join(lab.dir, 'deep', 'repo');

/** The content of every file in the lab. */
function texts(): Record<string, string> {
  const names = fs.readdirSync(lab.dir, { recursive: true }).map(String);
  const files = names.filter((name) => fs.statSync(path.join(lab.dir, name)).isFile()).sort();
  return Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(lab.dir, name), 'utf8')]));
}

const WRITTEN = { 'deep/repo/fleets/a/ring': 'ring', 'deep/repo/main.ts': 'main' };

test('a directory is created with the files, with normal permissions', () => {
  writeFiles(repo(), FILES);
  expect(texts()).toEqual(WRITTEN);
  expect(fs.statSync(repo()).mode).toBe(fs.statSync(path.dirname(repo())).mode);
});

test('files are added to an existing directory', () => {
  lab.write('deep/repo/.git/HEAD', 'ref');
  lab.write('deep/repo/fleets/b/ring', 'other');
  writeFiles(repo(), FILES);
  expect(texts()).toEqual({ ...WRITTEN, 'deep/repo/.git/HEAD': 'ref', 'deep/repo/fleets/b/ring': 'other' });
});

test('every existing file is reported, and nothing is written', () => {
  lab.write('deep/repo/main.ts', 'mine');
  lab.write('deep/repo/fleets', 'a file');
  const before = texts();
  expect(() => {
    writeFiles(repo(), FILES);
  }).toThrow(/repo\/main.ts: it already exists; nothing was written.*\n.*repo\/fleets: it already exists/);
  expect(texts()).toEqual(before);
  expect(fs.readdirSync(path.dirname(repo()))).toEqual(['repo']);
});

test('a dangling symbolic link counts as an existing file', () => {
  fs.mkdirSync(repo(), { recursive: true });
  fs.symlinkSync('nowhere', path.join(repo(), 'main.ts'));
  expect(() => {
    writeFiles(repo(), FILES);
  }).toThrow('main.ts: it already exists');
});

test.each([
  [
    'its name is too long for any file system',
    { ...FILES, ['x'.repeat(300)]: '' },
    /repo: a name is too long for the file system; use a shorter one$/,
  ],
  [
    'its directory is not writable',
    { ...FILES, 'sys/a/ring': '' },
    /sys\/a\/ring: this user may not write there; write to another directory$/,
  ],
])('if the last file cannot be written because %s, the others are removed again', (_why, files, error) => {
  lab.write('deep/repo/mine', 'mine');
  fs.symlinkSync('/sys', path.join(repo(), 'sys'));
  expect(() => {
    writeFiles(repo(), files);
  }).toThrow(error);
  expect(fs.readdirSync(repo())).toEqual(['mine', 'sys']);
  expect(fs.readdirSync(path.dirname(repo()))).toEqual(['repo']);
});
