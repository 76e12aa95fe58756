// Refuses role changes while Sentinel monitors a server of the shard.

import { type Pair } from '../shard/pair';
import { RefusedError } from '../program/outcome';
import { watchedBy } from '../shard/watched';

/** Throws RefusedError regardless of options, since no later command could undo what Sentinel does. */
export async function refuseWatched(pair: Pair): Promise<void> {
  const watches = await watchedBy(pair);
  if (watches.length > 0) throw new RefusedError(watches.join('; '));
}
