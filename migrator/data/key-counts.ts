// Counts the keys of each database on both servers of a shard, while clients write.

import { type Info, type Keyspace } from '../redis/info';
import { type Pair } from '../shard/pair';
import { Version } from '../redis/version';
import { viewOf } from '../redis/server-view';

export interface DatabaseCount {
  readonly database: number;
  readonly old: number;
  readonly new: number;
  /** Whether writes between the counts and expired keys cannot explain the difference. */
  readonly isDifferent: boolean;
}

/** The fewest bytes of the replication stream that add or remove a key. Only FLUSHALL is shorter; another try covers it. */
const MIN_BYTES_PER_KEY = 7;

const TRIES = 5;
const LAG_MS = 1000;

/** The counts of one try. */
interface Counted {
  readonly counts: readonly DatabaseCount[];
  /** Whether both servers had applied the same writes, so that one key makes a difference. */
  readonly isExact: boolean;
}

/** Tries again while writes between the counts leave a doubt, or while a difference may be a FLUSHALL in transit. */
export async function countKeys(pair: Pair): Promise<readonly DatabaseCount[]> {
  let best = await countOnce(pair);
  for (let tries = 1; tries < TRIES && !(best.isExact && isEqual(best)); tries++) {
    const next = await countOnce(pair);
    if (next.isExact || !best.isExact) best = next;
  }
  return best.counts;
}

function isEqual({ counts }: Counted): boolean {
  return !counts.some(({ isDifferent }) => isDifferent);
}

async function countOnce(pair: Pair): Promise<Counted> {
  const old = await pair.old.info();
  const { offset } = viewOf(old);
  const deadline = performance.now() + LAG_MS;
  let fresh: Info;
  do fresh = await pair.new.info();
  while (viewOf(fresh).offset < offset && performance.now() < deadline);
  const behind = Math.abs(viewOf(fresh).offset - offset);
  const counted = countedFor(Version.of(old));
  const databases = new Set([...old.keyspaces, ...fresh.keyspaces].map(({ database }) => database));
  const counts = [...databases]
    .sort((a, b) => a - b)
    .map((database) => {
      const [before, after] = [keyspace(old, database), keyspace(fresh, database)];
      const isDifferent = Math.abs(counted(before) - counted(after)) > behind / MIN_BYTES_PER_KEY;
      return { database, old: before.keys, new: after.keys, isDifferent };
    });
  return { counts, isExact: behind === 0 };
}

/** Up to 4.0, a server counts expired keys but does not replicate them: only keys without expiry can be compared. */
function countedFor(version: Version): (keyspace: Keyspace) => number {
  return version.isAtLeast(5, 0) ? ({ keys }) => keys : ({ keys, expires }) => keys - expires;
}

function keyspace(info: Info, database: number): Keyspace {
  return info.keyspaces.find((it) => it.database === database) ?? { database, keys: 0, expires: 0 };
}
