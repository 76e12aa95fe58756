// How many keys each database has on both servers of a shard, while clients write.

import { type Info, type Keyspace } from './info';
import { type Pair } from './pair';
import { Version } from './version';
import { viewOf } from './view';

export interface DatabaseCount {
  readonly database: number;
  readonly old: number;
  readonly new: number;
  /** Whether neither what was written between the counts nor what has expired can explain the difference. */
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
  const counted = countedFor(Version.of(old));
  const databases = new Set([...old.keyspaces, ...fresh.keyspaces].map(({ database }) => database));
  return [...databases]
    .sort((a, b) => a - b)
    .map((database) => {
      const [before, after] = [keyspace(old, database), keyspace(fresh, database)];
      const isDifferent = Math.abs(counted(before) - counted(after)) > writes;
      return { database, old: before.keys, new: after.keys, isDifferent };
    });
}

/** Up to 4.0, a server counts keys whose time is over and does not send them: only what lasts can be held against it. */
function countedFor(version: Version): (keyspace: Keyspace) => number {
  return version.isAtLeast(5, 0) ? ({ keys }) => keys : ({ keys, expires }) => keys - expires;
}

function keyspace(info: Info, database: number): Keyspace {
  return info.keyspaces.find((it) => it.database === database) ?? { database, keys: 0, expires: 0 };
}
