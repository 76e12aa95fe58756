// Sixteen clients write and read for at least half a minute, throughout a migration and the change of its phase.

import { setTimeout as sleep } from 'node:timers/promises';
import { Lab } from '../lab/lab';
import { moved, Moving } from './moving';

let lab: Lab;
let moving: Moving | undefined;
beforeEach(() => {
  lab = new Lab();
  moving = undefined;
});
afterEach(async () => {
  await moving?.close();
  await lab.close();
});

/** The minimum length of a run. */
const RUN_MS = 30_000;

test.each(['pause', 'fence'])('the history is linearizable, with writes held by %s', async (hold) => {
  moving = await Moving.of(
    lab,
    { servers: 4, proxies: 2, fleet: { migration: { keepLegacyInSync: true } } },
    { clients: 16, operationsPerSecond: Infinity },
  );
  const { move, load } = moving;
  const length = sleep(RUN_MS);
  await move.run('preflight');
  await move.run('sync');
  await move.run('verify');
  // Cutover and rollback several times, for more than one change within that time.
  for (let i = 0; i < 3; i++) {
    await move.run('cutover', '--hold', hold);
    await move.run('rollback');
    await move.run('sync');
  }
  await move.run('cutover', '--hold', hold);
  expect((await move.roles()).map((role) => role.new)).toEqual(moved(move).map(() => 'master'));
  await move.rollOut(load);
  await length;
  await moving.judge();
});
