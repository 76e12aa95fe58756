// What the tests of a change of the ring expect of a load.

import { until } from './lab';
import { type Load } from './load';

/** Waits until the load has written so much more. */
export async function untilMoreWrites(load: Load | undefined, count = 300): Promise<void> {
  const before = load?.acknowledgedWrites ?? 0;
  await until('the load goes on', () => (load?.acknowledgedWrites ?? 0) > before + count);
}

/** Ends the load, and expects that it has lost no write and read no old value. */
export async function expectNothingLost(load: Load | undefined): Promise<void> {
  const report = await load?.stop();
  expect(report?.violations).toEqual([]);
  expect(report?.lost).toEqual([]);
  expect(report?.acknowledgedWrites).toBeGreaterThan(300);
}
