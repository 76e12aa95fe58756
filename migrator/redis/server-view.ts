// What a server says of its part in replication.

import { NOWHERE } from '../../lib/migration/plan';
import { type Info } from './info';
import { type RedisServer } from './server';

export interface ServerView {
  readonly isMaster: boolean;
  /** `host:port` of its master, if it has one. */
  readonly follows?: string;
  /** Whether the link to its master stands. */
  readonly isLinked: boolean;
  /** Whether it is being sent everything. */
  readonly isSyncing: boolean;
  /** Bytes of the initial synchronization that are still to come, and all of them, as far as the server says. */
  readonly bytesLeft: number;
  readonly bytesInAll: number;
  /** Whether it is attached by the old SYNC, to which it falls back if its master was fenced: then it knows no offset. */
  readonly lostCount: boolean;
  /** Up to where the history is applied here. */
  readonly offset: number;
  /** The names of the history: by the first one a master's replicas know it. */
  readonly history: readonly string[];
  /** Whether a restart would bring back all that is here: after an initial synchronization the AOF is rewritten. */
  readonly isSaved: boolean;
  readonly isLoading: boolean;
  readonly keys: number;
  readonly runId: string;
  readonly info: Info;
}

export const NOWHERE_ADDRESS = `${NOWHERE.host}:${NOWHERE.port}`;

export async function observe(server: RedisServer): Promise<ServerView> {
  return viewOf(await server.info());
}

export function viewOf(info: Info): ServerView {
  const isMaster = info.text('role') === 'master';
  const masterOffset = info.number('master_repl_offset');
  return {
    isMaster,
    follows: isMaster ? undefined : `${info.text('master_host')}:${info.text('master_port')}`,
    isLinked: info.text('master_link_status') === 'up',
    isSyncing: info.text('master_sync_in_progress') === '1',
    bytesLeft: Math.max(0, info.number('master_sync_left_bytes')),
    bytesInAll: Math.max(0, info.number('master_sync_total_bytes')),
    lostCount: info.text('slave_repl_offset') === '-1' && info.text('master_link_status') === 'up',
    offset: isMaster ? masterOffset : replicaOffset(info),
    history: [info.text('master_replid'), info.text('run_id')].filter((id) => id !== ''),
    isSaved: !isRewriting(info),
    isLoading: info.text('loading') === '1',
    keys: info.keys,
    runId: info.text('run_id'),
    info,
  };
}

/** Up to 3.2 (there is no master_replid), a demoted server forgets how much it has: more than anybody can prove to have. */
function replicaOffset(info: Info): number {
  const isDemoted = `${info.text('master_host')}:${info.text('master_port')}` === NOWHERE_ADDRESS;
  if (isDemoted && info.text('master_replid') === '') return Infinity;
  return info.number('slave_repl_offset');
}

/** While the AOF is rewritten, what is on the disk is what was there before. */
function isRewriting(info: Info): boolean {
  if (info.text('aof_enabled') !== '1') return false;
  const waits = info.text('aof_rewrite_in_progress') === '1' || info.text('aof_rewrite_scheduled') === '1';
  return waits || info.text('aof_last_bgrewrite_status') === 'err';
}

/** What is left to do for a server that is not saved yet. */
export function savingOf({ info }: ServerView): string {
  if (info.text('aof_last_bgrewrite_status') === 'ok') return 'has everything, and writes it to its disk';
  return 'has everything, but cannot write it to its disk; is that full?';
}
