// Has a replica reconnect to its master.

import { type Pair, type PairView, versionOf } from './pair';
import { Roles } from './roles';

/** Of a shard on which the lock is held. Dies in between: the shard is `waiting`, and sync attaches it. */
export async function reattached(pair: Pair, { new: fresh }: PairView): Promise<void> {
  const roles = new Roles(pair.new, versionOf(fresh));
  await roles.demote();
  await roles.follow(pair.shard.old);
}
