// Writes golden vectors from the nutcracker on the PATH: npx tsx test/nutcracker/record-placement.ts [file [fleet...]]

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Lab } from '../lab/lab';
import { placementsOfNutcracker } from '../lab/placement';
import { FLEETS, type Golden, GOLDEN_FILE, KEYS, placements, poolsOf } from './placement-cases';

/** Fixed, unlike in the tests: addresses are part of ring names, and two recordings must give the same file. */
const BLOCK = '127.50.50';

async function record(names: readonly string[]): Promise<Golden> {
  const lab = new Lab();
  try {
    const fleets: Golden['fleets'] = {};
    for (const name of names) {
      const servers = FLEETS[name](BLOCK);
      const pools = poolsOf(servers);
      fleets[name] = { servers, placements: placements(pools, await placementsOfNutcracker(lab, pools, KEYS)) };
    }
    return { recordedFrom: version(), keys: KEYS.map((key) => key.toString('base64')), fleets };
  } finally {
    await lab.close();
  }
}

/** nutcracker prints it to standard error. */
function version(): string {
  return execFileSync('sh', ['-c', 'nutcracker -V 2>&1'], { encoding: 'utf8' }).split('\n')[0].replace('This is ', '');
}

const [file = GOLDEN_FILE, ...names] = process.argv.slice(2);

void record(names.length > 0 ? names : Object.keys(FLEETS)).then((golden) => {
  writeFileSync(file, `${JSON.stringify(golden, null, 1)}\n`);
});
