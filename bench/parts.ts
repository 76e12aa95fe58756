// Runs the parts of a benchmark, each in its own lab, after a line with the machine and the versions.

import { spawnSync } from 'node:child_process';
import * as os from 'node:os';
import { Lab } from '../test/lab/lab';
import { row } from './table';

export type Part = (lab: Lab) => void | Promise<void>;

/** Runs the parts with these names, or all. `programs` are commands that print the version of a program. */
export async function runParts(
  parts: Record<string, Part>,
  names: readonly string[],
  programs: readonly string[],
): Promise<void> {
  const unknown = names.find((name) => !(name in parts));
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}; take ${Object.keys(parts).join(', ')}`);
  // Debian installs nutcracker and haproxy in directories that are not on the PATH of most users.
  process.env.PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin`;
  const versions = [...programs.map(versionOf), `Node ${process.version}`].join(', ');
  row(`${os.cpus()[0].model}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)} before, ${versions}`);
  for (const name of names.length > 0 ? names : Object.keys(parts)) {
    const lab = new Lab();
    try {
      await parts[name](lab);
    } finally {
      await lab.close();
    }
  }
}

/** Some programs print their version to stdout, others to stderr. */
function versionOf(command: string): string {
  const [program, ...args] = command.split(' ');
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  const [version] = /\d+\.\d+\.\d+/.exec(stdout + stderr) ?? [];
  return `${program} ${version ?? ''}`;
}
