// Makes the Sentinels accept a new master. Only one of them is told: each that is told fails over, and a second one would give
// the role back.

import { masterName, otherSide, type Side } from '../../lib/failover/replica-plan';
import { ServerError } from '../../migrator/redis/server';
import { reached, type Step } from '../../migrator/shard/fault-points';
import { type Votes } from '../sentinel/sentinels';
import { type Sentinel } from '../sentinel/sentinel';
import { type ShardServers } from '../shard/shard-servers';
import { type Context } from './context';

const POLL_MS = 100;

/** How long the Sentinels may take: they accept a new master by themselves after 26 seconds. */
export const ACCEPT_MS = 35_000;

export function votesOn({ sentinels }: Context, servers: ShardServers): Promise<Votes> {
  return sentinels.votesOn(servers.shard.shard, (address) => servers.sideOf(address));
}

/** A Sentinel that names another server, and would promote this one at once. */
export function promoterOf(
  { sentinels }: Context,
  servers: ShardServers,
  votes: Votes,
  side: Side,
): Sentinel | undefined {
  const ready = votes
    .namingAsMost(otherSide(side))
    .find(({ replicas }) =>
      replicas.some(
        ({ address, priority, flags }) =>
          servers.sideOf(address) === side && priority > 0 && !flags.some((it) => NOT_ELIGIBLE.includes(it)),
      ),
    );
  return ready && sentinels.byAddress(ready.sentinel);
}

const NOT_ELIGIBLE: readonly string[] = ['s_down', 'o_down', 'disconnected'];

/**
 * Tells one Sentinel that still names another server, and waits until enough of them name this one. Returns the votes, which
 * lack that if time ran out. Sentinels that monitor nothing start by themselves.
 */
export async function accepted(context: Context, servers: ShardServers, side: Side, told: Step): Promise<Votes> {
  const deadline = performance.now() + ACCEPT_MS;
  let isTold = false;
  for (;;) {
    const votes = await votesOn(context, servers);
    if (votes.agreed === side || votes.isUnmonitored || performance.now() > deadline) return votes;
    if (!isTold) isTold = await tell(context, servers, votes, side, told);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Whether a Sentinel took the order; others may refuse it, for example while they are at it. */
async function tell(context: Context, servers: ShardServers, votes: Votes, side: Side, told: Step): Promise<boolean> {
  const promoter = promoterOf(context, servers, votes, side);
  if (promoter === undefined) return false;
  const error = await promoter.failOver(masterName(servers.shard.shard)).catch((reason: unknown) => {
    if (reason instanceof ServerError) return reason.message;
    throw reason;
  });
  if (error !== undefined) return false;
  reached(told);
  return true;
}
