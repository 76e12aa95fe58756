// Writes files into a directory: all of them, or none.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { InputError } from '../../output/input-error';
import { throwWriteError } from '../../output/system-error';

/** What stands in each file, by its path in the directory. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Refuses to replace anything. What can go wrong goes wrong in a directory beside it, which then takes its place. */
export function writeFiles(directory: string, files: Files): void {
  const target = path.resolve(directory);
  const made: string[] = [];
  try {
    refuseTaken(directory, Object.keys(files));
    const above = fs.mkdirSync(path.dirname(target), { recursive: true });
    if (above !== undefined) made.push(above);
    writeBeside(target, files);
  } catch (error) {
    for (const directory of made) fs.rmSync(directory, { recursive: true, force: true });
    throwWriteError(directory, error);
  }
}

function writeBeside(target: string, files: Files): void {
  const beside = fs.mkdtempSync(path.join(path.dirname(target), `.${path.basename(target)}-`));
  const staged = path.join(beside, 'staged');
  try {
    for (const [name, content] of Object.entries(files)) writeNew(path.join(staged, name), content);
    if (fs.existsSync(target)) moveInto(target, staged, Object.keys(files));
    else fs.renameSync(staged, target);
  } finally {
    fs.rmSync(beside, { recursive: true, force: true });
  }
}

function writeNew(file: string, content: string | Uint8Array): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content, { flag: 'wx' });
}

/** Names everything that is in the way. */
function refuseTaken(directory: string, names: readonly string[]): void {
  const taken = new Set(names.flatMap((name) => obstacleTo(directory, name) ?? []));
  if (taken.size === 0) return;
  const rest = 'nothing was written; move it away, or name another --directory';
  throw new InputError([...taken].map((place) => `${place}: it is there already; ${rest}`));
}

/** The file itself, or what stands in the place of a directory above it. */
function obstacleTo(directory: string, name: string): string | undefined {
  const parts = name.split('/');
  const places = [directory, ...parts.map((_, i) => path.join(directory, ...parts.slice(0, i + 1)))];
  for (const place of places) {
    if (fs.lstatSync(place, { throwIfNoEntry: false }) === undefined) return undefined;
    if (place === places.at(-1) || !isDirectory(place)) return place;
  }
  return undefined;
}

function isDirectory(place: string): boolean {
  return fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Copies each file to its place, which fails if something got there first; then nothing stays of the others. */
function moveInto(target: string, staged: string, names: readonly string[]): void {
  const made: string[] = [];
  let place = target;
  try {
    for (const name of names) {
      place = path.join(target, name);
      const first = fs.mkdirSync(path.dirname(path.join(target, name)), { recursive: true });
      if (first !== undefined) made.push(first);
      fs.copyFileSync(path.join(staged, name), path.join(target, name), fs.constants.COPYFILE_EXCL);
      made.push(path.join(target, name));
    }
  } catch (error) {
    for (const one of made.reverse()) fs.rmSync(one, { recursive: true, force: true });
    throwWriteError(place, error);
  }
}
