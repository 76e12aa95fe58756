// Where a shard stands, derived from its two servers and from nothing else. docs/faults.md has the same table.

import { type PlannedShard } from '../../lib/migration/plan';
import { NOWHERE_ADDRESS, type ServerView } from '../redis/server-view';

export type ShardState = keyof typeof MEANING;

/** What each state means. */
export const MEANING = {
  waiting: 'the old server serves; the new one is empty or detached',
  syncing: 'the old server serves; the new one is copying it',
  'in sync': 'the old server serves; the new one has everything',
  fenced: 'a cutover was interrupted: nobody serves, and the new server was never promoted',
  moved: 'the new server serves; the old one is fenced',
  following: 'the new server serves; the old one follows it',
  returning: 'a rollback was interrupted: nobody serves',
  'split brain': 'both say that they are masters: the fence of the old server did not survive its restart',
  'old unreachable':
    'the old server cannot be asked, and the new one was not promoted: unless the old one answers others, the shard is unavailable',
  'new unreachable': 'the new server does not answer',
  foreign: 'somebody else gave a server a role: it follows one that the plan does not name, or each follows the other',
} as const;

type OldFollows = 'nobody' | 'nowhere' | 'new' | 'other' | 'silent';
type NewFollows = 'nobody' | 'nowhere' | 'old' | 'other' | 'silent';

/** By what the old server follows, and then the new one. A server that follows nobody is a master. */
const STATES: Record<OldFollows, Record<NewFollows, ShardState>> = {
  nobody: {
    nowhere: 'waiting',
    old: 'in sync', // or syncing, which the link tells
    nobody: 'split brain',
    other: 'foreign',
    silent: 'new unreachable',
  },
  nowhere: {
    nowhere: 'returning',
    old: 'fenced',
    nobody: 'moved',
    other: 'foreign',
    silent: 'new unreachable',
  },
  new: {
    nowhere: 'returning',
    old: 'foreign', // each follows the other
    nobody: 'following',
    other: 'foreign',
    silent: 'new unreachable',
  },
  other: { nowhere: 'foreign', old: 'foreign', nobody: 'foreign', other: 'foreign', silent: 'foreign' },
  silent: {
    nowhere: 'old unreachable',
    old: 'old unreachable',
    nobody: 'moved',
    other: 'foreign',
    silent: 'new unreachable',
  },
};

/** The state of a shard; a server that could not be asked has no view. */
export function stateOf(shard: PlannedShard, old?: ServerView, fresh?: ServerView): ShardState {
  const state = STATES[followedBy(old, shard.newForOld ?? shard.new, 'new')][followedBy(fresh, shard.old, 'old')];
  return state === 'in sync' && !hasEverything(fresh) ? 'syncing' : state;
}

/** Whether a replica lacks nothing but what is on its way, in memory and on its disk. */
function hasEverything(replica?: ServerView): boolean {
  if (replica === undefined || replica.isSyncing || replica.isLoading) return false;
  return replica.isLinked && replica.isSaved && !replica.lostOffset;
}

function followedBy<Other extends string>(
  view: ServerView | undefined,
  other: string,
  name: Other,
): Other | 'nobody' | 'nowhere' | 'other' | 'silent' {
  if (view === undefined) return 'silent';
  if (view.isMaster) return 'nobody';
  if (view.follows === NOWHERE_ADDRESS) return 'nowhere';
  return view.follows === other ? name : 'other';
}
