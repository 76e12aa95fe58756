// A shard in which another program changed a role: which server follows which, what that means for the data, and remedies.

import { documentAt } from '../../lib/common/documents';
import { type PlannedShard } from '../../lib/migration/plan';
import { type PairView } from './pair';
import { NOWHERE_ADDRESS, type ServerView } from '../redis/server-view';

/** The message for an operator about a shard in state `foreign`. */
export function foreignStateAdvice(shard: PlannedShard, pairView: PairView): string {
  const { old, new: fresh } = pairView;
  const observed = [
    roleOf(shard.old, old, [shard.new, shard.newForOld]),
    roleOf(shard.new, fresh, [shard.old]),
    servingServer(pairView),
    ...dataLoss(shard, pairView),
  ];
  return `${observed.join(', ')}; first stop what changed the role (on every Sentinel: SENTINEL REMOVE), then ${remediesFor(shard, pairView).join('; ')}`;
}

/** The masters that the two servers follow and the plan does not name for the shard. */
export function unplannedMasters(shard: PlannedShard, { old, new: fresh }: PairView): string[] {
  const found = [unplannedMaster(old, [shard.new, shard.newForOld]), unplannedMaster(fresh, [shard.old])];
  return [...new Set(found.filter((it) => it !== undefined))];
}

function unplannedMaster(view: ServerView | undefined, partner: readonly (string | undefined)[]): string | undefined {
  const { follows } = view ?? {};
  return follows === undefined || follows === NOWHERE_ADDRESS || partner.includes(follows) ? undefined : follows;
}

function roleOf(address: string, view: ServerView | undefined, partner: readonly (string | undefined)[]): string {
  if (view === undefined) return `${address} cannot be reached`;
  if (view.isMaster) return `${address} is a master`;
  if (view.follows === NOWHERE_ADDRESS) return `${address} follows no server`;
  const isOther = unplannedMaster(view, partner) !== undefined;
  return `${address} follows ${view.follows ?? ''}${isOther ? ', which the plan does not name for this shard' : ''}`;
}

function servingServer({ old, new: fresh }: PairView): string {
  if (fresh?.isMaster === true) return 'the new server serves';
  return old?.isMaster === true ? 'the old server serves' : 'neither server serves';
}

/** A replica loses its own data as soon as it has synchronized with its master. */
function dataLoss(shard: PlannedShard, { old, new: fresh }: PairView): string[] {
  const sides = [
    [shard.old, old, [shard.new, shard.newForOld]],
    [shard.new, fresh, [shard.old]],
  ] as const;
  return sides.flatMap(([address, view, partner]) => {
    const other = unplannedMaster(view, partner);
    if (view === undefined || other === undefined) return [];
    if (view.isLinked) return [`data that only ${address} had is lost: it has the data of ${other}`];
    return [`${address} loses data that only it has as soon as ${other} accepts it as a replica`];
  });
}

function remediesFor(shard: PlannedShard, pairView: PairView): string[] {
  const { old, new: fresh } = pairView;
  const others = unplannedMasters(shard, pairView).map(
    (other) => `if ${other} has the right data, set that address for the shard in the plan (movedTo of the pool)`,
  );
  if (fresh === undefined) {
    const gone = `if it is gone for good, run rollback --accept-loss --new-is-gone, which takes the data of ${shard.old}`;
    return [`bring ${shard.new} back and run status again; ${gone}`, ...others];
  }
  if (old === undefined) {
    const gone = `if it is gone for good and ${shard.new} has the right data, promote it by hand: ${documentAt('docs/faults.md#when-a-server-is-gone-for-good')}`;
    return [`bring ${shard.old} back and run status again; ${gone}`, ...others];
  }
  const keys = ({ keys: count }: ServerView): string => `${count} key${count === 1 ? '' : 's'}`;
  const takeNew = `if ${shard.new} (${keys(fresh)}) has the right data, run cutover --fence-old`;
  if (old.isMaster) return ['run rollback, which only detaches the new server, then sync', takeNew, ...others];
  return [takeNew, `if ${shard.old} (${keys(old)}) has it, run rollback --accept-loss`, ...others];
}
