// The state of a shard, derived from its two servers only. docs/faults.md has the same table.

import { type PlannedShard } from '../../lib/migration/plan';
import { NOWHERE_ADDRESS, type ServerView } from '../redis/server-view';

export type ShardState = keyof typeof MEANING;

/** What each state means. */
export const MEANING = {
  waiting: 'the old server serves; the new one is empty or detached',
  syncing: 'the old server serves; the new one is copying it',
  'in sync': 'the old server serves; the new one has everything',
  fenced: 'a cutover was interrupted: neither server serves, and the new one was never promoted',
  moved: 'the new server serves; the old one is fenced',
  following: 'the new server serves; the old one follows it',
  returning: 'a rollback was interrupted: neither server serves',
  'split brain': 'both servers are masters: the fence of the old one did not survive its restart',
  'old unreachable':
    'the old server cannot be reached, and the new one was not promoted: unless clients reach the old one, the shard is unavailable',
  'new unreachable': 'the new server cannot be reached',
  foreign:
    'another program changed a role: a server follows one that the plan does not name, or each follows the other',
} as const;

/** What a server is, or which server it follows. `nowhere`: it follows NOWHERE, so it is fenced or detached. */
type OldRole = 'master' | 'nowhere' | 'new' | 'other' | 'unreachable';
type NewRole = 'master' | 'nowhere' | 'old' | 'other' | 'unreachable';

/** By the role of the old server, then of the new one. */
const STATES: Record<OldRole, Record<NewRole, ShardState>> = {
  master: {
    nowhere: 'waiting',
    old: 'in sync', // or syncing, depending on the link
    master: 'split brain',
    other: 'foreign',
    unreachable: 'new unreachable',
  },
  nowhere: {
    nowhere: 'returning',
    old: 'fenced',
    master: 'moved',
    other: 'foreign',
    unreachable: 'new unreachable',
  },
  new: {
    nowhere: 'returning',
    old: 'foreign', // each follows the other
    master: 'following',
    other: 'foreign',
    unreachable: 'new unreachable',
  },
  other: { nowhere: 'foreign', old: 'foreign', master: 'foreign', other: 'foreign', unreachable: 'foreign' },
  unreachable: {
    nowhere: 'old unreachable',
    old: 'old unreachable',
    master: 'moved',
    other: 'foreign',
    unreachable: 'new unreachable',
  },
};

/** The state of a shard; an unreachable server has no view. */
export function stateOf(shard: PlannedShard, old?: ServerView, fresh?: ServerView): ShardState {
  const state = STATES[roleOf(old, shard.newForOld ?? shard.new, 'new')][roleOf(fresh, shard.old, 'old')];
  return state === 'in sync' && !isInSync(fresh) ? 'syncing' : state;
}

/** Whether a replica has all data except writes in transit, in memory and on disk. */
function isInSync(replica?: ServerView): boolean {
  if (replica === undefined || replica.isSyncing || replica.isLoading) return false;
  return replica.isLinked && replica.isSaved && !replica.lostOffset;
}

function roleOf<Other extends string>(
  view: ServerView | undefined,
  other: string,
  name: Other,
): Other | 'master' | 'nowhere' | 'other' | 'unreachable' {
  if (view === undefined) return 'unreachable';
  if (view.isMaster) return 'master';
  if (view.follows === NOWHERE_ADDRESS) return 'nowhere';
  return view.follows === other ? name : 'other';
}
