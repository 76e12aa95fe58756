// The state of every shard, as its two servers and the Sentinels report it, and what to do about it.

import { otherSide, type ReplicatedShard, type Side } from '../../lib/failover/replica-plan';
import { AbortedError } from '../../migrator/shard/hand-over';
import { eachShard } from '../../migrator/program/each-shard';
import { type Outcome, RefusedError } from '../../migrator/program/outcome';
import { type Vote } from '../sentinel/sentinels';
import { ShardServers } from '../shard/shard-servers';
import { masterOf, type ShardView, type State } from '../shard/state';
import { type Context } from './context';
import { problemsOf } from './problems';

/** The status of a shard, as printed and as JSON. */
export interface ShardStatus {
  readonly shard: number;
  readonly a: string;
  readonly b: string;
  readonly state: State;
  /** The server that is the only master. */
  readonly master?: Side;
  /** The server that can take over. */
  readonly successor?: Side;
  /** Keys of the master, or else of the server with the most. */
  readonly keys?: number;
  /** Bytes of history that the replica lacks. */
  readonly lag?: number;
  /** What each Sentinel says. */
  readonly votes: readonly ShardVote[];
  /** What is wrong, each with the remedy. */
  readonly problems: readonly string[];
}

/** What a Sentinel says: which server it names as the master (null: it does not monitor the shard), or why it is silent. */
export interface ShardVote {
  readonly sentinel: string;
  readonly names?: Vote['side'] | null;
  readonly silence?: string;
}

const AT_A_TIME = 16;

export async function status(context: Context): Promise<{ shards: ShardStatus[]; outcomes: Outcome[] }> {
  const shards: ShardStatus[] = [];
  const outcomes = await eachShard(context, { concurrency: AT_A_TIME }, async (shard) => {
    const { found, isAgreed } = await statusOf(context, shard);
    shards.push(found);
    const text = [found.state, ...found.problems].join(': ');
    if (found.master === undefined) throw new RefusedError(text);
    if (found.successor === undefined || !isAgreed) throw new AbortedError(text);
    return text;
  });
  return { shards: shards.sort((a, b) => a.shard - b.shard), outcomes };
}

async function statusOf(
  { access, sentinels }: Context,
  shard: ReplicatedShard,
): Promise<{ found: ShardStatus; isAgreed: boolean }> {
  const servers = await ShardServers.connect(shard, access);
  try {
    const view = await servers.observe();
    const votes = await sentinels.votesOn(shard.shard, (address) => servers.sideOf(address));
    const master = masterOf(view);
    const found = {
      ...shard,
      state: view.state,
      ...(master && { master }),
      ...(master && view.state === 'ready' && { successor: otherSide(master) }),
      ...numbers(view),
      votes: votes.all.map(({ sentinel, side, silence }) =>
        silence === undefined ? { sentinel, names: side ?? null } : { sentinel, silence },
      ),
      problems: problemsOf(servers, view, votes),
    };
    return { found, isAgreed: votes.agreed === master };
  } finally {
    servers.close();
  }
}

function numbers(view: ShardView): Pick<ShardStatus, 'keys' | 'lag'> {
  const { a, b } = view.views;
  const master = masterOf(view);
  const keys = [a, b].flatMap((it) => it?.keys ?? []);
  if (master === undefined) return keys.length > 0 ? { keys: Math.max(...keys) } : {};
  const replica = view.views[otherSide(master)];
  const own = view.views[master];
  const isLinked = view.roles[otherSide(master)] === 'partner' && replica?.isLinked === true;
  return {
    keys: own?.keys,
    ...(isLinked && { lag: Math.max(0, (own?.offset ?? 0) - replica.offset) }),
  };
}
