// A fleet that a benchmark moves repeatedly.

import pLimit from 'p-limit';
import { type Lab } from '../../test/lab/lab';
import { LabMove, type LabMoveProps } from '../../test/lab/move';
import { moveBack } from './bare';

/** The default concurrency of the migrator. */
const CONCURRENCY = 4;

/** Starts the servers, a few at a time to spare a machine with two cores, and a proxy with its bridge. */
export async function startFleet(lab: Lab, servers: number, props: Partial<LabMoveProps> = {}): Promise<LabMove> {
  const move = await LabMove.of(lab, { servers, ...props });
  await forEachShard(move, (_, ordinal) => move.old.start(ordinal));
  await forEachShard(move, (_, ordinal) => move.fleet.startShard(ordinal));
  move.proxies.push(await move.fleet.addProxy());
  return move;
}

/** Runs the work for every shard, with limited concurrency. */
export async function forEachShard(
  move: LabMove,
  work: (it: LabMove, ordinal: number) => Promise<unknown>,
): Promise<void> {
  const limit = pLimit(CONCURRENCY);
  await Promise.all(move.ordinals.map((ordinal) => limit(() => work(move, ordinal))));
}

/** Moves all shards back to the old servers, and syncs the new ones. */
export async function reset(move: LabMove): Promise<void> {
  await forEachShard(move, moveBack);
  await move.run('sync');
}
