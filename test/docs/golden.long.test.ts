// `npm run golden` records the placements of nutcracker again, byte for byte the same, as docs/ring.md states.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { run } from '../cli/program';
import { Lab } from '../lab/lab';
import { read } from './documents';

test('nutcracker places keys as in the golden file', async () => {
  const lab = new Lab();
  try {
    const file = path.join(lab.dir, 'placement.json');
    const { code } = await run('npx', ['tsx', 'test/nutcracker/record-placement.ts', file]);
    expect(code).toBe(0);
    expect(fs.readFileSync(file, 'utf8') === read('test/nutcracker/placement.golden.json')).toBe(true);
  } finally {
    await lab.close();
  }
});
