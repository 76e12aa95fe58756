// The states of shards for people: who serves, what it looks like, and what a person has to do.

import { documentAt } from '../../lib/common/documents';
import { MEANING, type ShardState } from '../../migrator/shard/shard-state';
import { type ShardData } from '../input/report-data';

/** What a state is shown as: a colour, and a sign for those who do not see it. */
export type Tone = 'moved' | 'ready' | 'working' | 'waiting' | 'person' | 'unasked';

export interface Look {
  readonly tone: Tone;
  readonly sign: string;
  /** What is so. */
  readonly meaning: string;
  /** What a person has to do about it, if anything. */
  readonly remedy?: string;
}

const GONE = `Gone for good: ${documentAt('docs/faults.md#when-a-server-is-gone-for-good')}`;

const PERSON = { tone: 'person', sign: '!' } as const;

/** In the order of a move. */
const LOOKS: Readonly<Record<ShardState, Omit<Look, 'meaning'>>> = {
  moved: { tone: 'moved', sign: '✓' },
  following: { tone: 'moved', sign: '✓' },
  'in sync': { tone: 'ready', sign: '=' },
  syncing: { tone: 'working', sign: '…' },
  waiting: { tone: 'waiting', sign: '·' },
  fenced: { ...PERSON, remedy: 'Start the cutover again, or the rollback' },
  returning: { ...PERSON, remedy: 'Start the rollback again' },
  'split brain': {
    ...PERSON,
    remedy: `Run nothing before you know why, and which of them has the right data: ${documentAt('docs/faults.md#split-brain')}`,
  },
  'old unreachable': { ...PERSON, remedy: `Bring the old server back. ${GONE}` },
  'new unreachable': { ...PERSON, remedy: `Bring the new server back: if the shard had moved, nobody serves. ${GONE}` },
  foreign: { ...PERSON, remedy: 'End what gave it that role, and take one of the ways that stand with the shard' },
};

const HELD = { ...PERSON, remedy: 'Writes are held by an interrupted cutover: start it again, or the rollback' };
const UNASKED: Look = {
  tone: 'person',
  sign: '?',
  meaning: 'its servers could not be asked',
  remedy: 'Fix what keeps them from answering',
};
const NOT_IN_STATUS: Look = { tone: 'unasked', sign: '–', meaning: 'the status does not have it' };

/** What the state is called. */
export function stateName(shard: ShardData | undefined): string {
  if (shard === undefined) return 'not in status';
  return `${shard.state ?? 'not asked'}${shard.isHeld ? ', writes held' : ''}`;
}

export function lookOf(shard: ShardData | undefined): Look {
  if (shard === undefined) return NOT_IN_STATUS;
  const { state } = shard;
  if (state === undefined) return UNASKED;
  return { ...LOOKS[state], ...(shard.isHeld && HELD), meaning: MEANING[state] };
}

/** Where a state stands in the list of all: as a move goes, and what needs a person behind. */
export function orderOf(name: string): number {
  const names = Object.keys(LOOKS);
  return names.includes(name) ? names.indexOf(name) : names.length;
}
