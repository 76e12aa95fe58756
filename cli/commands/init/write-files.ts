// Writes files to a directory: all of them, or none.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { InputError } from '../../output/input-error';
import { throwWriteError } from '../../output/system-error';

/** The content of each file, by its path in the directory. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Never replaces a file. Writes to a temporary directory next to the target first, so that most errors leave no files. */
export function writeFiles(directory: string, files: Files): void {
  const target = path.resolve(directory);
  const created: string[] = [];
  try {
    refuseExisting(directory, Object.keys(files));
    const parent = fs.mkdirSync(path.dirname(target), { recursive: true });
    if (parent !== undefined) created.push(parent);
    writeViaTemporary(target, files);
  } catch (error) {
    for (const directory of created) fs.rmSync(directory, { recursive: true, force: true });
    throwWriteError(directory, error);
  }
}

function writeViaTemporary(target: string, files: Files): void {
  const temporary = fs.mkdtempSync(path.join(path.dirname(target), `.${path.basename(target)}-`));
  const staged = path.join(temporary, 'staged');
  try {
    for (const [name, content] of Object.entries(files)) writeNew(path.join(staged, name), content);
    if (fs.existsSync(target)) moveInto(target, staged, Object.keys(files));
    else fs.renameSync(staged, target);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

function writeNew(file: string, content: string | Uint8Array): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content, { flag: 'wx' });
}

/** Reports every existing file, not only the first. */
function refuseExisting(directory: string, names: readonly string[]): void {
  const existing = new Set(names.flatMap((name) => obstacleTo(directory, name) ?? []));
  if (existing.size === 0) return;
  const rest = 'nothing was written; move it away, or choose another --directory';
  throw new InputError([...existing].map((file) => `${file}: it already exists; ${rest}`));
}

/** The file if it exists, or a parent that is not a directory. */
function obstacleTo(directory: string, name: string): string | undefined {
  const parts = name.split('/');
  const paths = [directory, ...parts.map((_, i) => path.join(directory, ...parts.slice(0, i + 1)))];
  for (const each of paths) {
    if (fs.lstatSync(each, { throwIfNoEntry: false }) === undefined) return undefined;
    if (each === paths.at(-1) || !isDirectory(each)) return each;
  }
  return undefined;
}

function isDirectory(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Copies the files into an existing directory. If one exists by now, removes those copied before, and throws. */
function moveInto(target: string, staged: string, names: readonly string[]): void {
  const created: string[] = [];
  let file = target;
  try {
    for (const name of names) {
      file = path.join(target, name);
      const first = fs.mkdirSync(path.dirname(file), { recursive: true });
      if (first !== undefined) created.push(first);
      fs.copyFileSync(path.join(staged, name), file, fs.constants.COPYFILE_EXCL);
      created.push(file);
    }
  } catch (error) {
    for (const each of created.reverse()) fs.rmSync(each, { recursive: true, force: true });
    throwWriteError(file, error);
  }
}
