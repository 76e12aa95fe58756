// Which backups are kept.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Destination, type Retention } from '../../backup/store/destination';
import { Lab } from '../lab/lab';

let lab: Lab;
let destination: Destination;
beforeEach(async () => {
  lab = new Lab();
  destination = await Destination.open(lab.dir, 'unit-1');
});
afterEach(() => lab.close());

const NOW = Date.parse('2026-03-10T12:00:00Z');

function add(day: number, isComplete = true, changed = NOW - 2 * 3_600_000): void {
  const directory = path.join(lab.dir, 'unit-1', `2026-03-${String(day).padStart(2, '0')}T03-17-00Z`);
  fs.mkdirSync(directory);
  for (const name of ['run.json', ...(isComplete ? ['manifest.json'] : [])]) {
    fs.writeFileSync(path.join(directory, name), '{}');
    fs.utimesSync(path.join(directory, name), changed / 1000, changed / 1000);
  }
  fs.utimesSync(directory, changed / 1000, changed / 1000);
}

/** The days whose backups are left. */
async function kept(retention: Retention): Promise<number[]> {
  await destination.prune(retention, NOW);
  return fs.readdirSync(path.join(lab.dir, 'unit-1')).map((name) => Number(name.slice(8, 10)));
}

test('the newest complete backups are kept, up to their number and age', async () => {
  for (const day of [1, 2, 3, 4, 5]) add(day);
  expect(await kept({ keep: 4 })).toEqual([2, 3, 4, 5]);
  expect(await kept({ keep: 4, keepDays: 7 })).toEqual([4, 5]);
});

test('the newest complete backup is kept at any age, beside incomplete ones that are newer', async () => {
  for (const day of [1, 2]) add(day);
  for (const day of [3, 4]) add(day, false);
  expect(await kept({ keep: 3, keepDays: 1 })).toEqual([2, 3, 4]);
});

test('incomplete backups are removed when a newer one is complete, or there are too many, but not while they are written', async () => {
  add(1, false);
  expect(await kept({ keep: 2 })).toEqual([1]);
  for (const day of [2, 3, 4]) add(day, false);
  expect(await kept({ keep: 2 })).toEqual([3, 4]);
  add(5);
  add(2, false, NOW - 60_000);
  expect(await kept({ keep: 2 })).toEqual([2, 5]);
});

test('nothing else is removed', async () => {
  fs.mkdirSync(path.join(lab.dir, 'unit-1', 'before-the-upgrade'));
  for (const day of [1, 2]) add(day);
  await destination.prune({ keep: 1 }, NOW);
  expect(fs.readdirSync(path.join(lab.dir, 'unit-1')).sort()).toEqual(['2026-03-02T03-17-00Z', 'before-the-upgrade']);
});
