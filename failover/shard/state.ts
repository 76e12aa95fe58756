// The state of a shard with two equal servers, derived from what they report.

import { otherSide, type Side, SIDES } from '../../lib/failover/replica-plan';
import { NOWHERE_ADDRESS, type ServerView } from '../../migrator/redis/server-view';

export type State = keyof typeof MEANING;

/** What each state means. */
export const MEANING = {
  ready: 'one server is the master, and the other can take over',
  behind: 'one server is the master; the other follows it, but cannot take over yet',
  detached: 'one server is the master; the other does not follow it',
  alone: 'one server is the master; the other cannot be reached',
  interrupted: 'a switchover was interrupted: neither server is a master, and the one that was demoted has every write',
  stranded: 'a switchover was interrupted: one server was demoted, and the other cannot be reached',
  'master lost': 'the master cannot be reached, and its replica waits for it',
  'two masters': 'both servers are masters',
  'no master':
    'neither server is a master, and none of them follows the other in a way that tells which one has all data',
  unreachable: 'neither server can be reached',
} as const;

/** What a server is. `nowhere`: it follows NOWHERE, so it was demoted, and not attached yet. */
export type Role = 'master' | 'nowhere' | 'partner' | 'other' | 'unreachable';

/** What both servers report; nothing for one that cannot be reached. */
interface Reports {
  readonly views: Readonly<Record<Side, ServerView | undefined>>;
  readonly roles: Readonly<Record<Side, Role>>;
}

/** A state that does not tell the servers apart. */
type Undecided = 'two masters' | 'no master' | 'unreachable';

/**
 * The state of a shard at one time. `first` is the only master; in `interrupted` and `stranded` the server that was demoted, and
 * in `master lost` the lost one.
 */
export type ShardView = Reports &
  (
    | { readonly state: Undecided; readonly first?: undefined }
    | { readonly state: Exclude<State, Undecided>; readonly first: Side }
  );

/** The states in which one server is the only master that can be reached. */
const WITH_MASTER: readonly State[] = ['ready', 'behind', 'detached', 'alone'];

/** The only master; undefined if there is none, or two. */
export function masterOf({ state, first }: ShardView): Side | undefined {
  return WITH_MASTER.includes(state) ? first : undefined;
}

/** The reports of two servers that can be reached. */
export function bothOf({ views: { a, b } }: Reports): Record<Side, ServerView> {
  if (a === undefined || b === undefined) throw new Error('this state has two servers that can be reached');
  return { a, b };
}

/** @param isPartner whether `address` means the partner of a server */
export function shardView(views: ShardView['views'], isPartner: (side: Side, address: string) => boolean): ShardView {
  const roleOf = (side: Side): Role => {
    const view = views[side];
    if (view === undefined) return 'unreachable';
    if (view.isMaster) return 'master';
    if (view.follows === NOWHERE_ADDRESS) return 'nowhere';
    return isPartner(side, view.follows ?? '') ? 'partner' : 'other';
  };
  const roles = { a: roleOf('a'), b: roleOf('b') };
  for (const first of SIDES) {
    const other = otherSide(first);
    const state = stateOf(roles[first], roles[other], views[other]);
    if (state !== undefined) return { state, first, views, roles };
  }
  const all = [roles.a, roles.b];
  if (all.every((role) => role === 'master')) return { state: 'two masters', views, roles };
  if (all.every((role) => role === 'unreachable')) return { state: 'unreachable', views, roles };
  return { state: 'no master', views, roles };
}

/** The states that distinguish a first server. */
function stateOf(first: Role, other: Role, view?: ServerView): Exclude<State, Undecided> | undefined {
  if (first === 'master') {
    if (other === 'partner') return whyNotEligible(view) === undefined ? 'ready' : 'behind';
    if (other === 'unreachable') return 'alone';
    return other === 'master' ? undefined : 'detached';
  }
  if (first === 'nowhere' && other === 'unreachable') return 'stranded';
  if (other !== 'partner') return undefined;
  if (first === 'nowhere') return 'interrupted';
  return first === 'unreachable' ? 'master lost' : undefined;
}

/** Why a replica cannot take over; undefined if it can. */
export function whyNotEligible(view?: ServerView): string | undefined {
  if (view === undefined) return 'it cannot be reached';
  if (view.isLoading) return 'it is loading its data';
  if (view.isSyncing) return 'it is copying the master';
  if (!view.isLinked || view.lostOffset) return 'its link to the master is down';
  if (priorityOf(view) === 0) return 'it has not confirmed yet that it is in sync (replica-priority 0)';
  return undefined;
}

/** Sentinel never promotes a replica with priority 0. */
export function priorityOf({ info }: ServerView): number {
  return info.number('slave_priority');
}

/** Whether a server has nothing that the master lacks, by the histories of both. */
export function isCovered(server: ServerView, master: ServerView): boolean {
  const id = server.info.text('master_replid');
  if (id === master.info.text('master_replid')) return server.offset <= master.offset;
  // The master changed the id of its history when it was promoted, at this offset.
  return id === master.info.text('master_replid2') && server.offset < master.info.number('second_repl_offset');
}
