// How the page displays the states of shards with replicas, and which of them could fail over.

import { quorumOf } from '../../lib/failover/replica-plan';
import { MEANING, type State } from '../../failover/shard/state';
import { type ReplicatedData } from '../input/report-data';
import { type Display, NOT_IN_STATUS } from './states';

const READY = { category: 'moved', sign: '✓' } as const;
const CANNOT_FAIL_OVER = { category: 'action', sign: '!' } as const;
const NO_MASTER = { category: 'action', sign: '✗' } as const;

/** In the order of lists: from the states of unavailable shards to those that need nothing. */
const DISPLAYS: Readonly<Record<State, Pick<Display, 'category' | 'sign'>>> = {
  unreachable: NO_MASTER,
  'no master': NO_MASTER,
  'two masters': NO_MASTER,
  'master lost': NO_MASTER,
  stranded: NO_MASTER,
  interrupted: NO_MASTER,
  alone: CANNOT_FAIL_OVER,
  detached: CANNOT_FAIL_OVER,
  behind: { category: 'working', sign: '…' },
  ready: READY,
};

const SKIPPED: Display = {
  category: 'action',
  sign: '?',
  meaning: 'the failover program could not query its servers',
};

const NO_VOTES = 'ready, too few votes';
const NO_VOTES_DISPLAY: Display = {
  ...CANNOT_FAIL_OVER,
  meaning: 'the other server can take over, but too few Sentinels name the master: nothing promotes it',
};

/** Whether Sentinel would replace the master if it failed now. */
export function canFailOver(shard: ReplicatedData | undefined): boolean {
  return shard?.successor !== undefined && namingMaster(shard) >= quorumOf(shard.votes.length);
}

/** How many Sentinels name the master. */
export function namingMaster({ master, votes }: ReplicatedData): number {
  return master === undefined ? 0 : votes.filter(({ names }) => names === master).length;
}

export function failoverStateName(shard: ReplicatedData | undefined): string {
  if (shard === undefined) return 'not in status';
  if (shard.state === undefined) return 'unknown';
  return shard.state === 'ready' && !canFailOver(shard) ? NO_VOTES : shard.state;
}

export function failoverDisplay(shard: ReplicatedData | undefined): Display {
  if (shard === undefined) return NOT_IN_STATUS;
  if (shard.state === undefined) return SKIPPED;
  if (failoverStateName(shard) === NO_VOTES) return NO_VOTES_DISPLAY;
  return { ...DISPLAYS[shard.state], meaning: MEANING[shard.state] };
}

/** The position of a state in lists: the most urgent first. */
export function failoverOrderOf(name: string): number {
  const names = ['unknown', ...Object.keys(DISPLAYS).slice(0, -1), NO_VOTES, 'not in status', 'ready'];
  return names.indexOf(name);
}
