// The state of every shard, as its two servers report it.

import { type PlannedServer, type PlannedShard } from '../../lib/migration/plan';
import { type Context } from './context';
import { eachShard } from '../program/each-shard';
import { type Outcome } from '../program/outcome';
import { foreignStateAdvice, unplannedMasters } from '../shard/foreign';
import { lagOf, Pair, type PairView, versionOf } from '../shard/pair';
import { type ShardState } from '../shard/shard-state';
import { RedisServer, rethrowUnreachable } from '../redis/server';
import { WriteHold } from '../shard/write-hold';

/** The status of a shard, as printed and as JSON. */
export interface ShardStatus {
  readonly shard: number;
  /** Its servers on the rings of its pools. */
  readonly servers: readonly PlannedServer[];
  readonly old: string;
  readonly new: string;
  readonly state: ShardState;
  /** Keys of the server that serves, or would serve. */
  readonly keys?: number;
  /** Bytes of history that the new server lacks. */
  readonly lag?: number;
  /** Whether an interrupted cutover still holds the writes of the old server. */
  readonly isHeld: boolean;
  /** Why a server could not be reached. */
  readonly silence?: string;
  /** In state `foreign`: the masters that its servers follow and the plan does not name for it. */
  readonly others?: readonly string[];
  /** In state `foreign`: the roles, the serving server, possible data loss, and remedies. */
  readonly advice?: string;
}

const AT_A_TIME = 32;

export async function status(context: Context): Promise<{ shards: ShardStatus[]; outcomes: Outcome[] }> {
  const shards: ShardStatus[] = [];
  const outcomes = await eachShard(context, { concurrency: AT_A_TIME }, async (shard) => {
    const pair = await Pair.connect(shard, context.access);
    try {
      const pairView = await pair.observe();
      const { shard: ordinal, servers, old, new: fresh } = shard;
      const isHeld = pairView.old?.isMaster === true && (await isFenced(pair.old, pairView));
      const silence = pair.connectionErrors.map(({ message }) => message).join('; ');
      const status = { shard: ordinal, servers, old, new: fresh, state: pairView.state, ...numbers(pairView), isHeld };
      shards.push({ ...status, ...(silence !== '' && { silence }), ...foreign(shard, pairView) });
      if (pairView.state.endsWith('unreachable')) pair.throwIfUnreachable();
      return pairView.state;
    } finally {
      pair.close();
    }
  });
  return { shards: shards.sort((a, b) => a.shard - b.shard), outcomes };
}

function foreign(shard: PlannedShard, pairView: PairView): Pick<ShardStatus, 'others' | 'advice'> {
  if (pairView.state !== 'foreign') return {};
  return { others: unplannedMasters(shard, pairView), advice: foreignStateAdvice(shard, pairView) };
}

function numbers(pairView: PairView): Pick<ShardStatus, 'keys' | 'lag'> {
  const { old, new: fresh } = pairView;
  const serving = fresh?.isMaster === true ? fresh : (old ?? fresh);
  return {
    ...(serving && { keys: serving.keys }),
    ...(old?.isMaster === true && fresh?.isLinked === true && { lag: lagOf(pairView) }),
  };
}

async function isFenced(server: RedisServer, { old }: PairView): Promise<boolean> {
  return (await new WriteHold(server, versionOf(old)).isFenced().catch(rethrowUnreachable)) === true;
}
