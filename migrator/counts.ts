// How many keys each database has on both servers of a shard, while clients write.

import { type Info } from './info';
import { type Pair } from './pair';
import { viewOf } from './view';

export interface DatabaseCount {
  readonly database: number;
  readonly old: number;
  readonly new: number;
  /** Whether what was written between the counts cannot explain the difference. */
  readonly isDifferent: boolean;
}

/** In the replication stream, no key comes or goes in fewer bytes; only FLUSHALL does, which another try passes by. */
const BYTES_A_KEY = 7;

const TRIES = 5;
const LAG_MS = 1000;

export async function countsOf(pair: Pair): Promise<DatabaseCount[]> {
  for (let tries = 1; ; tries++) {
    const counts = await countOnce(pair);
    if (tries === TRIES || !counts.some(({ isDifferent }) => isDifferent)) return counts;
  }
}

async function countOnce(pair: Pair): Promise<DatabaseCount[]> {
  const old = await pair.old.info();
  const { offset } = viewOf(old);
  const deadline = performance.now() + LAG_MS;
  let fresh: Info;
  do fresh = await pair.new.info();
  while (viewOf(fresh).offset < offset && performance.now() < deadline);
  const writes = Math.abs(viewOf(fresh).offset - offset) / BYTES_A_KEY;
  const databases = [...new Set([...old.keyspaces, ...fresh.keyspaces].map(({ database }) => database))].sort(
    (a, b) => a - b,
  );
  return databases.map((database) => {
    const [before, after] = [keysOf(old, database), keysOf(fresh, database)];
    return { database, old: before, new: after, isDifferent: Math.abs(before - after) > writes };
  });
}

function keysOf(info: Info, database: number): number {
  return info.keyspaces.find((it) => it.database === database)?.keys ?? 0;
}
