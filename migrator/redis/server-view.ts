// The replication state that a server reports.

import { NOWHERE } from '../../lib/migration/plan';
import { type Info } from './info';
import { type RedisServer } from './server';

export interface ServerView {
  readonly isMaster: boolean;
  /** `host:port` of its master, if it has one. */
  readonly follows?: string;
  /** Whether the link to its master is up. */
  readonly isLinked: boolean;
  /** Whether a full synchronization is running. */
  readonly isSyncing: boolean;
  /** Remaining and total bytes of the initial synchronization, if the server reports them. */
  readonly bytesLeft: number;
  readonly bytesInAll: number;
  /** Whether it fell back to the old SYNC, which happens if its master was fenced: its offset then says nothing. */
  readonly lostOffset: boolean;
  /** The replication offset up to which it has applied the history. */
  readonly offset: number;
  /** The replication ids of the history; replicas know it by the first one. */
  readonly history: readonly string[];
  /** Whether a restart would keep all data: the AOF is rewritten after an initial synchronization. */
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
    lostOffset: lostOffset(info),
    offset: isMaster ? masterOffset : replicaOffset(info),
    history: [info.text('master_replid'), info.text('run_id')].filter((id) => id !== ''),
    isSaved: !isRewriting(info),
    isLoading: info.text('loading') === '1',
    keys: info.keys,
    runId: info.text('run_id'),
    info,
  };
}

/**
 * After a SYNC, the offset counts from -1 with each byte of the stream, and from 4.0 on the replica has no replication id. It
 * also sends no acknowledgements, so it never catches up.
 */
function lostOffset(info: Info): boolean {
  if (info.text('role') === 'master' || info.text('master_link_status') !== 'up') return false;
  return info.text('slave_repl_offset') === '-1' || (info.has('master_replid') && info.text('master_replid') === '');
}

/** Up to 3.2 (no master_replid), a demoted server loses its offset: Infinity, so that no replica counts as equal. */
function replicaOffset(info: Info): number {
  const isDemoted = `${info.text('master_host')}:${info.text('master_port')}` === NOWHERE_ADDRESS;
  if (isDemoted && info.text('master_replid') === '') return Infinity;
  return info.number('slave_repl_offset');
}

/** While the AOF is rewritten, the disk still has the previous data. */
function isRewriting(info: Info): boolean {
  if (info.text('aof_enabled') !== '1') return false;
  const waits = info.text('aof_rewrite_in_progress') === '1' || info.text('aof_rewrite_scheduled') === '1';
  return waits || info.text('aof_last_bgrewrite_status') === 'err';
}

/** What a server that is not saved yet still has to do. */
export function savingOf({ info }: ServerView): string {
  if (info.text('aof_last_bgrewrite_status') === 'ok') return 'has all data, writes it to disk';
  return 'has all data, but cannot write it to disk; is the disk full?';
}
