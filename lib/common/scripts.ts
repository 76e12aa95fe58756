// The shell scripts of the pods, from lib/scripts.

import * as fs from 'node:fs';
import * as path from 'node:path';

/** The text of a script. */
export function script(name: string): string {
  return fs.readFileSync(path.join(__dirname, '..', 'scripts', name), 'utf8');
}
