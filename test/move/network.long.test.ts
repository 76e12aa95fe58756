// The network between the old and the new servers fails, is slow, or half-open; the migration continues when it is back.

import { Lab, until } from '../lab/lab';
import { STEPS } from '../../migrator/shard/fault-points';
import { moved, Moving, untouched } from './moving';

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

const FAILURES = {
  cut: (it: Moving): Promise<unknown> => Promise.all(it.move.networks.map((network) => network.cut())),
  'half-open': (it: Moving): Promise<unknown> => {
    for (const network of it.move.networks) network.hold();
    return Promise.resolve();
  },
};

async function heal({ move }: Moving): Promise<void> {
  await Promise.all(move.networks.map((network) => network.heal()));
}

/** Half of the steps with each failure; all of them with MATRIX. */
const DURING = STEPS.filter((step) => step.startsWith('cutover') && step !== 'cutover.followed');

describe.each(Object.entries(FAILURES).map(([name, fail], n) => [name, fail, n] as const))(
  'a network that is %s between the replicas and their masters',
  (_name, fail, n) => {
    test('while they synchronize', async () => {
      moving = await Moving.of(lab, { network: 'for replicas' });
      await fail(moving);
      const first = moving.move.migrator('sync', '--patience', '2');
      expect(await first.exit()).toBe(4);
      await heal(moving);
      await moving.finish('sync');
      await moving.finish('cutover');
      expect(await moving.move.roles()).toEqual(moved(moving.move));
      await moving.judge();
    });

    test.each(DURING.filter((_, i) => Boolean(process.env.MATRIX) || i % 2 === n % 2))('at %s', async (step) => {
      moving = await Moving.of(lab, { network: 'for replicas' });
      await moving.move.run('sync');
      const stopped = await moving.stopAt(step);
      await fail(moving);
      await stopped.resume();
      await heal(moving);
      await moving.finish('cutover');
      expect(await moving.move.roles()).toEqual(moved(moving.move));
      await moving.judge();
    });
  },
);

test('a network that is cut between the new and the old side leaves each shard served by one server or none', async () => {
  moving = await Moving.of(lab, { network: 'for all' });
  await moving.move.run('sync');
  const stopped = await moving.stopAt('cutover.equal');
  await FAILURES.cut(moving);
  expect(await stopped.resume()).toBe(4);
  await heal(moving);
  await moving.finish('cutover');
  await moving.judge();
});

test('a shard that never catches up is skipped, and its clients hardly notice', async () => {
  moving = await Moving.of(lab, { servers: 1, network: 'for replicas' });
  const { move } = moving;
  await move.run('sync');
  const writer = move.old.serverClient(0);
  const big = 'x'.repeat(2 ** 20);
  move.networks[0].slow({ bytesPerSecond: 20_000 });
  await Promise.all(Array.from({ length: 8 }, (_, i) => writer.set(`big-${i}`, big)));
  writer.disconnect();

  const skipped = move.migrator('cutover', '--patience', '2');
  expect(await skipped.exit()).toBe(4);
  expect(skipped.output).toContain('shard 0 was skipped: it is not in sync; run sync');
  expect(await move.roles()).toEqual(untouched(move));

  await heal(moving);
  await moving.finish('sync');
  await moving.finish('cutover');
  await moving.judge();
});

test('a shard that falls behind while its writes are held is released in time, unchanged', async () => {
  // Few writes, so that it is not too far behind to start.
  moving = await Moving.of(lab, { servers: 1, network: 'for replicas' }, { operationsPerSecond: 200 });
  const { move } = moving;
  await move.run('sync');
  move.networks[0].hold('back');
  await until('the replica lags', async () => /lag [1-9]/.test(await move.run('status')));

  const skipped = move.migrator('cutover', '--deadline', '200', '--patience', '3');
  expect(await skipped.exit()).toBe(4);
  expect(skipped.output).toContain('bytes were missing at the deadline');
  expect(await move.roles()).toEqual(untouched(move));

  await heal(moving);
  await moving.finish('cutover');
  await moving.judge();
});
