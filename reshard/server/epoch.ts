// Which ring may use a server: its port, and whether its default user is on. docs/reshard.md has the same tables.

import { type RingId } from '../plan/plan';

/** What a server is. */
export type Epoch = keyof typeof EPOCHS;

/** The meaning of each state of a server. */
export const EPOCHS = {
  'serves A': 'default user on, port A: ring A may use it',
  'fenced for B': 'default user off, port B: no ring may use it; A did before',
  'serves B': 'default user on, port B: ring B may use it',
  'fenced for A': 'default user off, port A: no ring may use it; B did before',
  'turned off': 'default user off, but not by this program: no ring may use it',
  unreachable: 'it cannot be reached on either port',
} as const;

/** What a server with this port and this default user is. @param isFenced whether the fence has left its mark */
export function epochOf(port: RingId, isOn: boolean, isFenced: boolean): Epoch {
  if (isOn) return port === 'a' ? 'serves A' : 'serves B';
  if (!isFenced) return 'turned off';
  return port === 'a' ? 'fenced for A' : 'fenced for B';
}

/** The state of a fleet, derived from that of its servers. */
export type State = keyof typeof MEANING;

/** The meaning of each state of a fleet. */
export const MEANING = {
  'serves A': 'ring A serves',
  'serves B': 'ring B serves',
  'back to A': 'a change was interrupted, and some or all servers are fenced: A has every write, and is given back',
  'back to B': 'a change was interrupted, and some or all servers are fenced: B has every write, and is given back',
  unknown: 'all servers are fenced but the first one, which would tell: start it',
  mixed: 'servers contradict each other: another program or a person changed a port or turned the default user off',
} as const;

/** All servers are fenced before the first one is opened, and it is opened before the others. @param epochs in the order of the plan */
export function stateOf(epochs: readonly Epoch[]): State {
  const [servesA, servesB] = [epochs.includes('serves A'), epochs.includes('serves B')];
  if ((servesA && servesB) || epochs.includes('turned off')) return 'mixed';
  const isFenced = epochs.includes('fenced for A') || epochs.includes('fenced for B');
  if (servesA) return isFenced ? 'back to A' : 'serves A';
  if (servesB) return isFenced ? 'back to B' : 'serves B';
  if (epochs[0] === 'unreachable') return 'unknown';
  return epochs[0] === 'fenced for B' ? 'back to A' : 'back to B';
}

/** The ring that serves, or that is to be given back. */
export function ringOf(state: State): RingId | undefined {
  if (state === 'serves A' || state === 'back to A') return 'a';
  return state === 'serves B' || state === 'back to B' ? 'b' : undefined;
}
