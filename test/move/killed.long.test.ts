// Each program of a migration is killed and restarted, before, during and after a cutover, under load.

import { Lab } from '../lab/lab';
import { STEPS } from '../../migrator/shard/fault-points';
import { VICTIMS, type Victim } from './killing';
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

const DURING = STEPS.filter((step) => step.startsWith('cutover') && step !== 'cutover.followed');
const EACH = Object.keys(VICTIMS) as Victim[];
const HOLDS = ['pause', 'fence'] as const;

/** The steps at which a victim dies: all with MATRIX, and otherwise a third of them with each hold. */
function stepsOf(victim: Victim, hold: (typeof HOLDS)[number]): typeof DURING {
  const rest = (EACH.indexOf(victim) + HOLDS.indexOf(hold)) % 3;
  return DURING.filter((_, i) => Boolean(process.env.MATRIX) || i % 3 === rest);
}

describe.each(EACH)('a %s that is killed', (victim) => {
  test('before the synchronization and before the cutover', async () => {
    moving = await Moving.of(lab);
    await VICTIMS[victim](moving.move);
    await moving.finish('sync');
    await VICTIMS[victim](moving.move);
    await moving.finish('cutover');
    expect(await moving.move.roles()).toEqual(moved(moving.move));
    await moving.judge();
  });

  describe.each(HOLDS)('while writes are held by %s', (hold) => {
    test.each(stepsOf(victim, hold))('at %s', async (step) => {
      moving = await Moving.of(lab);
      await moving.move.run('sync');
      const stopped = await moving.stopAt(step, '--hold', hold);
      await VICTIMS[victim](moving.move);
      await stopped.resume();
      await moving.finish('cutover', '--hold', hold);
      expect(await moving.move.roles()).toEqual(moved(moving.move));
      await moving.judge();
    });
  });

  test('after the cutover, and after the bridge is gone', async () => {
    moving = await Moving.of(lab);
    await moving.move.run('sync');
    await moving.move.run('cutover');
    await VICTIMS[victim](moving.move);
    expect(await moving.move.roles()).toEqual(moved(moving.move));
    await moving.move.rollOut(moving.load);
    if (victim !== 'bridge') await VICTIMS[victim](moving.move);
    expect(await moving.move.roles()).toEqual(moved(moving.move));
    await moving.judge();
  });
});
