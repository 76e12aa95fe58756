// How long a shard is unavailable during a cutover: a few shards with many clients each, moved repeatedly.

import { type Lab } from '../../test/lab/lab';
import { type LabMove } from '../../test/lab/move';
import { bareCutover, promote } from './bare';
import { reset, forEachShard, startFleet } from './fleet';
import { COLUMNS, GapMeasurement } from './gap-measurement';
import { heading, median, row, sleep } from '../table';

const SHARDS = 12;
const ROUNDS = 9;
const KEYS_PER_SHARD = 110;
const LOAD = { clients: 4 * SHARDS, clientsPerShard: 4, operationsPerSecond: 6000 };

export async function gaps(lab: Lab): Promise<void> {
  const move = await startFleet(lab, SHARDS);
  await move.old.fill(KEYS_PER_SHARD);
  await move.run('sync');
  const [cutover, nothing, barely, promotion] = [
    new GapMeasurement(LOAD),
    new GapMeasurement(LOAD),
    new GapMeasurement(LOAD),
    new GapMeasurement(LOAD),
  ];
  const works: [GapMeasurement, (it: LabMove) => Promise<unknown>][] = [
    [cutover, (it) => it.run('cutover')],
    [barely, (it) => forEachShard(it, bareCutover)],
    [promotion, (it) => forEachShard(it, promote)],
  ];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [measurement, work] of works) {
      await measurement.during(move, () => work(move));
      if (measurement === cutover) await nothing.during(move, () => sleep(median(cutover.times)));
      await reset(move);
    }
  }
  heading(`Gap of a shard: ${SHARDS} shards, 4 at a time, ${ROUNDS} rounds`, ...COLUMNS);
  row('  nothing happens (floor)', ...nothing.cells);
  row('  REPLICAOF NO ONE alone, loses writes (floor)', ...promotion.cells);
  row('  the commands of a cutover, bare (floor)', ...barely.cells);
  row('  migrator cutover', ...cutover.cells);
  row('  aim', '150 ms', '300 ms');
}
