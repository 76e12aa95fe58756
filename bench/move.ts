// What a move costs, next to what it must cost: npx tsx bench/move.ts (after npm run build)

import { execFileSync } from 'node:child_process';
import * as os from 'node:os';
import { Lab } from '../test/lab/lab';
import { cutovers } from './move/cutovers';
import { gaps } from './move/gaps';
import { sizes } from './move/sizes';
import { syncs } from './move/syncs';
import { row } from './move/table';

const PARTS: Record<string, (lab: Lab) => void | Promise<void>> = { gaps, cutovers, syncs, sizes };

async function main(names: readonly string[]): Promise<void> {
  // Debian puts nutcracker and haproxy where the PATH of most users does not lead.
  process.env.PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin`;
  const programs = [versionOf('redis-server'), versionOf('haproxy'), `Node ${process.version}`];
  row(
    `${os.cpus()[0].model}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)} before, ${programs.join(', ')}`,
  );
  for (const name of names) {
    const lab = new Lab();
    try {
      await PARTS[name](lab);
    } finally {
      await lab.close();
    }
  }
}

function versionOf(program: string): string {
  const [version] = /\d+\.\d+\.\d+/.exec(execFileSync(program, ['-v'], { encoding: 'utf8' })) ?? [];
  return `${program} ${version ?? ''}`;
}

const chosen = process.argv.slice(2);
void main(chosen.length > 0 ? chosen : Object.keys(PARTS));
