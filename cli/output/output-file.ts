// Writes a file atomically, and never over an input file.

import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { refuse } from '../../lib/nutcracker/config-error';
import { throwWriteError } from './system-error';

/** Writes a temporary file next to it and renames that. Devices and pipes are written directly. `mode` is of a new file. */
export function writeAtomically(file: string, text: string, sources: readonly string[], mode?: number): void {
  const existing = statOf(file);
  if (existing !== undefined && sources.some((source) => isSame(existing, statOf(source)))) {
    refuse({ file, because: 'it is also an input file', remedy: 'write to another file' });
  }
  try {
    if (existing === undefined) replace(file, text, mode);
    else if (existing.isFile()) replace(fs.realpathSync(file), text, existing.mode);
    else fs.writeFileSync(file, text);
  } catch (error) {
    throwWriteError(file, error);
  }
}

function replace(file: string, text: string, mode?: number): void {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}-${randomUUID()}`);
  try {
    fs.writeFileSync(temporary, text, { flag: 'wx', flush: true, mode });
    if (mode !== undefined) fs.chmodSync(temporary, mode);
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file);
  } catch {
    return undefined;
  }
}

function isSame(one: fs.Stats, other?: fs.Stats): boolean {
  return one.dev === other?.dev && one.ino === other.ino;
}
