// Writes a file whole or not at all, and over no file that was read.

import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { refuse } from '../../lib/nutcracker/config-error';
import { refuseWriting } from './system-error';

/** Into a new file beside it, which then takes its place; devices and pipes are written to as they are. */
export function writeWhole(file: string, text: string, sources: readonly string[]): void {
  const there = look(file);
  if (there !== undefined && sources.some((source) => isSame(there, look(source)))) {
    refuse({ file, because: 'it is one of the files that are read', remedy: 'write to another file' });
  }
  try {
    if (there === undefined) replace(file, text);
    else if (there.isFile()) replace(fs.realpathSync(file), text, there.mode);
    else fs.writeFileSync(file, text);
  } catch (error) {
    refuseWriting(file, error);
  }
}

function replace(file: string, text: string, mode?: number): void {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}-${randomUUID()}`);
  try {
    fs.writeFileSync(beside, text, { flag: 'wx', flush: true });
    if (mode !== undefined) fs.chmodSync(beside, mode);
    fs.renameSync(beside, file);
  } catch (error) {
    fs.rmSync(beside, { force: true });
    throw error;
  }
}

function look(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file);
  } catch {
    return undefined;
  }
}

function isSame(one: fs.Stats, other?: fs.Stats): boolean {
  return one.dev === other?.dev && one.ino === other.ino;
}
