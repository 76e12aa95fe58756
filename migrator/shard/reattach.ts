// Makes a replica reconnect to its master.

import { type Pair, type PairView } from './pair';

/** Requires the lock. If this program dies in between, the shard is `waiting`, and sync attaches it again. */
export async function reattached(pair: Pair, { new: fresh }: PairView): Promise<void> {
  const roles = pair.newRoles(fresh);
  await roles.demote();
  await roles.follow(pair.shard.old);
}
