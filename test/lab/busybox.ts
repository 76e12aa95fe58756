// A PATH on which every shell tool is from busybox, as in an Alpine image.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Lab } from './lab';

const TOOLS =
  'awk cat cmp date find grep id mkdir mkfifo mv nc od printf rm sed sh sha256sum sleep sort sync tail timeout tr wc wget'.split(
    ' ',
  );
/** Debian's busybox has no flock, Alpine's has. */
const OTHERS = ['flock', 'redis-server', 'redis-cli', 'nutcracker', 'haproxy'];

/** The PATH: a directory of the lab with only these programs. */
export function busyboxPath(lab: Lab): string {
  const bin = path.join(lab.dir, 'busybox-bin');
  fs.mkdirSync(bin);
  for (const tool of TOOLS) fs.symlinkSync(find('busybox'), path.join(bin, tool));
  for (const program of OTHERS) fs.symlinkSync(find(program), path.join(bin, program));
  return bin;
}

function find(program: string): string {
  for (const directory of [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']) {
    const file = path.join(directory, program);
    if (fs.existsSync(file)) return file;
  }
  throw new Error(`${program} is not installed; run scripts/install-programs.sh`);
}
