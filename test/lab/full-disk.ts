// A disk that can be full: the servers that are started through it can write to no file while it is. Needs no root: the
// limit on the size of files fails a write as a full disk does, in the same places, with another number for the error.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Lab } from './lab';

export class FullDisk {
  private readonly bin: string;
  /** Stands there while the disk is full, for servers that start. */
  private readonly marker: string;
  /** A file for each server that was started, called as its process. */
  private readonly processes: string;

  /** @param program what writes to the disk */
  constructor(
    lab: Lab,
    private readonly program = 'redis-server',
  ) {
    const directory = fs.mkdtempSync(path.join(lab.dir, 'disk-'));
    this.bin = path.join(directory, 'bin');
    this.marker = path.join(directory, 'full');
    this.processes = path.join(directory, 'processes');
    fs.chmodSync(directory, 0o755);
    fs.mkdirSync(this.bin);
    fs.mkdirSync(this.processes);
    fs.chmodSync(this.processes, 0o777);
    fs.writeFileSync(path.join(this.bin, program), this.wrapper(find(program)), { mode: 0o755 });
  }

  /** A PATH on which the program is one that uses this disk. */
  path(others = process.env.PATH ?? ''): string {
    return `${this.bin}:${others}`;
  }

  /** No byte can be written from now on. */
  fill(): void {
    fs.writeFileSync(this.marker, '');
    this.limit('0');
  }

  /** There is room again. */
  free(): void {
    fs.rmSync(this.marker, { force: true });
    this.limit('unlimited');
  }

  private limit(bytes: string): void {
    for (const pid of fs.readdirSync(this.processes).filter((name) => this.isOurs(name))) {
      // A colon with nothing behind it: what was the highest limit stays so, or it could not be raised again.
      // As the server's own user: root may change others only where it has all its rights.
      const { uid, gid } = fs.statSync(`/proc/${pid}`);
      execFileSync('prlimit', ['--pid', pid, `--fsize=${bytes}:`], process.getuid?.() === 0 ? { uid, gid } : {});
    }
  }

  /** A process may have ended, and another have its number. */
  private isOurs(pid: string): boolean {
    try {
      return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === this.program;
    } catch {
      return false;
    }
  }

  private wrapper(program: string): string {
    return [
      '#!/bin/sh',
      '# Ignored, the signal leaves an error to the program, as a full disk would.',
      "trap '' XFSZ",
      `: >"${this.processes}/$$"`,
      `if [ -e "${this.marker}" ]; then exec prlimit --fsize=0: "${program}" "$@"; fi`,
      `exec "${program}" "$@"`,
      '',
    ].join('\n');
  }
}

function find(program: string): string {
  const directories = (process.env.PATH ?? '').split(':');
  const found = directories.map((directory) => path.join(directory, program)).find((file) => fs.existsSync(file));
  if (found === undefined) throw new Error(`${program} is not installed; run scripts/install-programs.sh`);
  return found;
}
