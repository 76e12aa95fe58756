// How long a cutover keeps a shard from its clients: a few shards with many clients each, moved again and again.

import { type Lab } from '../../test/lab/lab';
import { type LabMove } from '../../test/lab/move';
import { handOver, promote } from './bare';
import { afterwards, atATime, started } from './fleet';
import { COLUMNS, Seen } from './seen';
import { heading, median, row, sleep } from '../table';

const SHARDS = 12;
const ROUNDS = 9;
const KEYS_PER_SHARD = 110;
const LOAD = { clients: 4 * SHARDS, clientsPerShard: 4, operationsPerSecond: 6000 };

export async function gaps(lab: Lab): Promise<void> {
  const move = await started(lab, SHARDS);
  await move.old.fill(KEYS_PER_SHARD);
  await move.run('sync');
  const [cutover, nothing, barely, promotion] = [new Seen(LOAD), new Seen(LOAD), new Seen(LOAD), new Seen(LOAD)];
  const works: [Seen, (it: LabMove) => Promise<unknown>][] = [
    [cutover, (it) => it.run('cutover')],
    [barely, (it) => atATime(it, handOver)],
    [promotion, (it) => atATime(it, promote)],
  ];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [seen, work] of works) {
      await seen.during(move, () => work(move));
      if (seen === cutover) await nothing.during(move, () => sleep(median(cutover.times)));
      await afterwards(move);
    }
  }
  heading(`Gap of a shard: ${SHARDS} shards, 4 at a time, ${ROUNDS} rounds`, ...COLUMNS);
  row('  nothing happens (floor)', ...nothing.cells);
  row('  REPLICAOF NO ONE alone, loses writes (floor)', ...promotion.cells);
  row('  the commands of a cutover, bare (floor)', ...barely.cells);
  row('  migrator cutover', ...cutover.cells);
  row('  aim', '150 ms', '300 ms');
}
