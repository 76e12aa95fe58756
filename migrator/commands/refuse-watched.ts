// No role changes while Sentinel watches a server of the shard.

import { type Pair } from '../shard/pair';
import { Refused } from './outcome';
import { watchedBy } from '../shard/watched';

/** Throws Refused, whatever the options: what Sentinel does then, no later command can take back. */
export async function refuseWatched(pair: Pair): Promise<void> {
  const watches = await watchedBy(pair);
  if (watches.length > 0) throw new Refused(watches.join('; '));
}
