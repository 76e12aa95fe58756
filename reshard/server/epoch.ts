// Which ring may use a server: whose user has permission for keys. docs/reshard.md has the same tables.

import { type RingId } from '../plan/plan';

/** What a server is. */
export type Epoch = keyof typeof EPOCHS;

/** The meaning of each state of a server. */
export const EPOCHS = {
  'serves A': 'the user of ring A has every key: ring A may use it',
  'fenced for B': 'no user of a ring has a key: no ring may use it; A did before',
  'serves B': 'the user of ring B has every key: ring B may use it',
  'fenced for A': 'no user of a ring has a key: no ring may use it; B did before',
  'serves both': 'both users have keys: another program or a person changed them',
  closed: 'no user of a ring has a key, but not by this program: no ring may use it',
  new: 'ring A does not have it, and it is not prepared: copy does it',
  unreachable: 'it cannot be reached',
} as const;

/** What the users of a server say. */
export interface Permissions {
  /** Whether the user of each ring has keys. */
  readonly a: boolean;
  readonly b: boolean;
  /** The ring for which the fence has left its mark. */
  readonly fencedFor?: RingId;
}

export function epochOf({ a, b, fencedFor }: Permissions): Epoch {
  if (a || b) return a && b ? 'serves both' : a ? 'serves A' : 'serves B';
  if (fencedFor === undefined) return 'closed';
  return fencedFor === 'a' ? 'fenced for A' : 'fenced for B';
}

/** The state of a fleet, derived from that of its servers. */
export type State = keyof typeof MEANING;

/** The meaning of each state of a fleet. */
export const MEANING = {
  'serves A': 'ring A serves',
  'serves B': 'ring B serves',
  'back to A': 'a change was interrupted, and some or all servers are fenced: A has every write, and is given back',
  'back to B': 'a change was interrupted, and some or all servers are fenced: B has every write, and is given back',
  unknown: 'all servers are fenced but one of the first shard, which would tell: start it',
  mixed: 'servers contradict each other: another program or a person changed the permissions of a user',
} as const;

/**
 * All servers are fenced before the first shard is opened, and it is opened before the others.
 *
 * @param first the servers of the first shard
 * @param others all other servers
 */
export function stateOf(first: readonly Epoch[], others: readonly Epoch[]): State {
  const epochs = [...first, ...others];
  const [servesA, servesB] = [epochs.includes('serves A'), epochs.includes('serves B')];
  if ((servesA && servesB) || epochs.includes('closed') || epochs.includes('serves both')) return 'mixed';
  const isFenced = epochs.includes('fenced for A') || epochs.includes('fenced for B');
  if (servesA) return isFenced ? 'back to A' : 'serves A';
  if (servesB) return isFenced ? 'back to B' : 'serves B';
  if (first.includes('unreachable')) return 'unknown';
  return epochs.includes('fenced for B') ? 'back to A' : 'back to B';
}

/** The ring that serves, or that is to be given back. */
export function ringOf(state: State): RingId | undefined {
  if (state === 'serves A' || state === 'back to A') return 'a';
  return state === 'serves B' || state === 'back to B' ? 'b' : undefined;
}
