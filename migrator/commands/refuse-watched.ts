// No role changes while Sentinel watches a server of the shard.

import { type Pair } from '../shard/pair';
import { RefusedError } from './outcome';
import { watchedBy } from '../shard/watched';

/** Throws RefusedError, whatever the options: what Sentinel does then, no later command can take back. */
export async function refuseWatched(pair: Pair): Promise<void> {
  const watches = await watchedBy(pair);
  if (watches.length > 0) throw new RefusedError(watches.join('; '));
}
