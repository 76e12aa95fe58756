// A disk that can be full: servers started through it then cannot write to files. Needs no root: a limit on the file size
// fails writes in the same places as a full disk, with a different error number.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Lab } from './lab';

export class FullDisk {
  private readonly bin: string;
  /** Exists while the disk is full, for servers that start. */
  private readonly marker: string;
  /** A file for each started server, named by its process id. */
  private readonly processes: string;

  /** @param program the program that writes to the disk */
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

  /** A PATH on which the program uses this disk. */
  path(others = process.env.PATH ?? ''): string {
    return `${this.bin}:${others}`;
  }

  /** From now on, every write fails. */
  fill(): void {
    fs.writeFileSync(this.marker, '');
    this.limit('0');
  }

  /** From now on, writes succeed. */
  free(): void {
    fs.rmSync(this.marker, { force: true });
    this.limit('unlimited');
  }

  private limit(bytes: string): void {
    for (const pid of fs.readdirSync(this.processes).filter((name) => this.isOurs(name))) {
      // The colon keeps the hard limit, so that the limit can be raised again.
      // As the server's own user: root without all capabilities may not change other users' processes.
      const { uid, gid } = fs.statSync(`/proc/${pid}`);
      execFileSync('prlimit', ['--pid', pid, `--fsize=${bytes}:`], process.getuid?.() === 0 ? { uid, gid } : {});
    }
  }

  /** The process may have ended, and its id may be reused. */
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
      '# If the signal is ignored, the write fails with an error, as on a full disk.',
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
