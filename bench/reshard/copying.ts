// Copying keys with the program, and with bare DUMP and RESTORE, to a ring or to a Redis Cluster.

import { type RedisServer } from '../../migrator/redis/server';
import { Mover } from '../../reshard/move/mover';
import { type ReshardPlan } from '../../reshard/plan/plan';
import { Rings } from '../../reshard/plan/rings';
import { Fleet } from '../../reshard/server/fleet';
import { heading, median, row, times } from '../table';

export const KEYS = 200_000;
const BATCH = 100;

/** Values of 100 bytes. */
export const WRITE = `for i = ARGV[1], ARGV[2] do redis.call('SET', 'key:' .. i, string.rep('x', 90) .. string.format('%010d', i)) end`;

/** Scans the keys of a server, and copies them batch by batch. */
export async function eachBatch(
  source: RedisServer,
  copy: (keys: readonly Buffer[]) => Promise<unknown>,
): Promise<void> {
  let cursor = '0';
  do {
    const [reply] = await source.eachInBytes([['SCAN', cursor, 'COUNT', 10 * BATCH]]);
    const [next, keys] = reply as [Buffer, Buffer[]];
    for (let i = 0; i < keys.length; i += BATCH) await copy(keys.slice(i, i + BATCH));
    cursor = String(next);
  } while (cursor !== '0');
}

/** Keys per millisecond of the program. */
export async function copyWithLog(plan: ReshardPlan, access: { user: string; password: string }): Promise<number> {
  const fleet = await Fleet.connect(plan, access);
  await fleet.prepare();
  const start = performance.now();
  const mover = await Mover.start(fleet, new Rings(plan, fleet.slots), 'a', access);
  await mover.copyUntil(() => mover.isCopied);
  const rate = mover.copied / (performance.now() - start);
  mover.close();
  fleet.close();
  return rate;
}

/** Prints keys per millisecond of both. */
export function printCopying(to: string, floor: readonly number[], own: readonly number[]): void {
  heading(`Copying ${KEYS.toLocaleString('en')} values of 100 bytes${to}`, 'keys/s', 'of the floor');
  row(`  SCAN, DUMP, RESTORE, ${BATCH} in flight (floor)`, perSecond(median(floor)), times(1));
  row('  copy, with its change logs', perSecond(median(own)), times(median(own) / median(floor)));
  row('  aim', '', '0.80 x');
}

const perSecond = (perMs: number): string => Math.round(perMs * 1000).toLocaleString('en');
