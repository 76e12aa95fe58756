// How the page displays the states of shards, and what an operator has to do in each.

import { documentAt } from '../../lib/common/documents';
import { MEANING, type ShardState } from '../../migrator/shard/shard-state';
import { type ShardData } from '../input/report-data';

/** The class that gives a state its colour. */
export type Category = 'moved' | 'ready' | 'working' | 'waiting' | 'action' | 'unknown';

export interface Display {
  readonly category: Category;
  /** Tells the categories apart without colours. */
  readonly sign: string;
  readonly meaning: string;
  /** What an operator has to do, if anything. */
  readonly remedy?: string;
}

const LOST = `If it is lost: ${documentAt('docs/faults.md#when-a-server-is-gone-for-good')}`;

const ACTION = { category: 'action', sign: '!' } as const;

/** In the order of a migration. */
const DISPLAYS: Readonly<Record<ShardState, Omit<Display, 'meaning'>>> = {
  moved: { category: 'moved', sign: '✓' },
  following: { category: 'moved', sign: '✓' },
  'in sync': { category: 'ready', sign: '=' },
  syncing: { category: 'working', sign: '…' },
  waiting: { category: 'waiting', sign: '·' },
  fenced: { ...ACTION, remedy: 'Run the cutover again, or the rollback' },
  returning: { ...ACTION, remedy: 'Run the rollback again' },
  'split brain': {
    ...ACTION,
    remedy: `Find the cause, and which server has the right data, before you run anything: ${documentAt('docs/faults.md#split-brain')}`,
  },
  'old unreachable': { ...ACTION, remedy: `Bring the old server back. ${LOST}` },
  'new unreachable': {
    ...ACTION,
    remedy: `Bring the new server back: if the shard had moved, it is unavailable. ${LOST}`,
  },
  foreign: { ...ACTION, remedy: 'Stop whatever changed the role, then follow one of the ways listed with the shard' },
};

const HELD = { ...ACTION, remedy: 'Writes are held by an interrupted cutover: run it again, or the rollback' };
const SKIPPED: Display = {
  category: 'action',
  sign: '?',
  meaning: 'the migrator could not query its servers',
  remedy: 'Fix the cause that is listed with the shard',
};
export const NOT_IN_STATUS: Display = { category: 'unknown', sign: '–', meaning: 'the status does not have it' };

export function stateName(shard: ShardData | undefined): string {
  if (shard === undefined) return 'not in status';
  return `${shard.state ?? 'unknown'}${shard.isHeld ? ', writes held' : ''}`;
}

export function displayOf(shard: ShardData | undefined): Display {
  if (shard === undefined) return NOT_IN_STATUS;
  const { state } = shard;
  if (state === undefined) return SKIPPED;
  return { ...DISPLAYS[state], ...(shard.isHeld && HELD), meaning: MEANING[state] };
}

/** The position of a state in lists: in the order of a migration, with states that need action at the end. */
export function orderOf(name: string): number {
  const names = Object.keys(DISPLAYS);
  return names.includes(name) ? names.indexOf(name) : names.length;
}
