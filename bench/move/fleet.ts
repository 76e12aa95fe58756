// A fleet that a bench moves, and brings back to move it again.

import pLimit from 'p-limit';
import { type Lab } from '../../test/lab/lab';
import { LabMove, type LabMoveProps } from '../../test/lab/move';
import { back } from './bare';

/** As many shards at a time as the migrator takes by default. */
const CONCURRENCY = 4;

/** Starts the servers a few at a time, as a machine with two cores can, and a proxy with its bridge. */
export async function started(lab: Lab, servers: number, props: Partial<LabMoveProps> = {}): Promise<LabMove> {
  const move = await LabMove.of(lab, { servers, ...props });
  await atATime(move, (_, ordinal) => move.old.start(ordinal));
  await atATime(move, (_, ordinal) => move.fleet.startShard(ordinal));
  move.proxies.push(await move.fleet.addProxy());
  return move;
}

/** Does something to every shard, to a few at a time. */
export async function atATime(move: LabMove, work: (it: LabMove, ordinal: number) => Promise<unknown>): Promise<void> {
  const limit = pLimit(CONCURRENCY);
  await Promise.all(move.ordinals.map((ordinal) => limit(() => work(move, ordinal))));
}

/** The old servers serve again, and the new ones are in sync. */
export async function afterwards(move: LabMove): Promise<void> {
  await atATime(move, back);
  await move.run('sync');
}
