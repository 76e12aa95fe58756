// Whether the data of an old server fits on the new one and can be copied there.

import { percent } from '../../lib/nutcracker/percent';
import { type ServerDetails } from './server-details';
import { error, type Remark, warning } from './finding';
import { type Info } from '../redis/info';
import { size } from '../report/fleet-progress';
import { type BothServers } from './server-checks';

/** @param used the databases that the shard's pools use */
export function dataChecks(both: BothServers, used: readonly number[]): Remark[] {
  const { old } = both;
  return [...memory(both), ...databases(both, used), ...modules(both), ...users(old), ...syncChecks(old)];
}

/** From this share of maxmemory on, memory is tight. */
const TIGHT = 0.8;

/** From this share on, it matters that an old server without a limit gets one. */
const MODERATE = 0.5;

function memory({ old, new: fresh }: BothServers): Remark[] {
  const limit = limitOf(fresh);
  const data = dataBytes(old.view.info);
  const backlog = fresh.view.info.number('repl_backlog_size');
  const used = data + backlog;
  const parts = `${partsOf(old.view.info, data)} of ${old.address}, and ${size(backlog)} for its own replication backlog`;
  const held = `${fresh.address} has to hold ${size(used)}: ${parts}; it may use ${size(limit)} (maxmemory)`;
  const remedy = backlog > data ? 'give it a smaller repl-backlog-size, or a larger maxmemory' : 'raise its maxmemory';
  const policies = [old, fresh].map((server) => server.setting('maxmemory-policy'));
  return [
    ...(used >= limit ? [error('memory', `${held}, and would refuse writes or evict keys; ${remedy}`)] : []),
    ...(used < limit && used > limit * TIGHT
      ? [warning('memory', `${held}, ${percent(used / limit)} of it; ${remedy} soon`)]
      : []),
    ...(isLowered(limitOf(old), limit, used) ? [lowered(old, fresh)] : []),
    ...(policies[0] !== policies[1] && policies.every((policy) => policy !== undefined)
      ? [
          warning(
            'eviction',
            `maxmemory-policy is ${policies[0]} on ${old.address} and ${policies[1]} on ${fresh.address}; make them the same unless this is intended`,
          ),
        ]
      : []),
  ];
}

/** Data and overhead, as far as the server reports them. */
function partsOf(info: Info, data: number): string {
  const keys = data - info.number('used_memory_overhead') + notMovedBytes(info);
  if (info.text('used_memory_overhead') === '' || keys < 0) return `${size(data)} of data`;
  return `${size(keys)} of data and ${size(data - keys)} of overhead (key tables, and the base of every Redis)`;
}

function isLowered(before: number, after: number, used: number): boolean {
  return before === Infinity ? used > MODERATE * after && used <= TIGHT * after : before > after;
}

function lowered(old: ServerDetails, fresh: ServerDetails): Remark {
  const before = limitOf(old);
  const had = before === Infinity ? 'has no limit' : `may use ${size(before)}`;
  const has = `${fresh.address} may use no more than ${size(limitOf(fresh))}`;
  return warning('maxmemory', `${old.address} ${had} (maxmemory), and ${has}; raise it unless this is intended`);
}

/** The size of the data, including the key tables. */
function dataBytes(info: Info): number {
  return info.number('used_memory') - notMovedBytes(info);
}

/** Memory that is not moved: the backlog and client buffers. */
function notMovedBytes(info: Info): number {
  const backlog = info.text('repl_backlog_active') === '1' ? info.number('repl_backlog_size') : 0;
  const parts = [
    info.text('mem_replication_backlog') === '' ? backlog : info.number('mem_replication_backlog'),
    info.number('mem_clients_normal'),
    info.number('mem_clients_slaves'),
  ];
  return parts.reduce((sum, part) => sum + part, 0);
}

/** Why a new server would refuse writes as a master; undefined if it would not. As a replica it ignores its maxmemory. */
export function refusesWrites(info: Info): string | undefined {
  const limit = info.number('maxmemory');
  const used = info.number('used_memory') - info.number('mem_not_counted_for_evict');
  const policy = info.text('maxmemory_policy');
  const hasVictims = policy.startsWith('allkeys') || info.keyspaces.some(({ expires }) => expires > 0);
  if (limit === 0 || used <= limit || (policy !== 'noeviction' && hasVictims)) return undefined;
  const held = `it holds ${size(used)}, and may use ${size(limit)} (maxmemory, ${policy})`;
  return `${held}: as a master it would refuse writes; raise its maxmemory`;
}

function limitOf(server: ServerDetails): number {
  return Number(server.setting('maxmemory') ?? 0) || Infinity;
}

function databases({ old, new: fresh }: BothServers, used: readonly number[]): Remark[] {
  const room = Number(fresh.setting('databases') ?? Infinity);
  const { keyspaces } = old.view.info;
  const others = keyspaces.filter(({ database }) => !used.includes(database));
  const beyond = [...used, ...keyspaces.map(({ database }) => database)].some((it) => it >= room);
  const what = keyspaces.map(({ database, keys }) => `database ${database} (${keys})`).join(', ');
  if (beyond) {
    const needed = `${old.address} has keys in ${what || 'no database'}, the pools use ${used.join(', ')}`;
    return [error('databases', `${needed}, and ${fresh.address} has ${room} databases; raise its databases setting`)];
  }
  if (others.length === 0) return [];
  const found = `${old.address} has keys in ${others.map(({ database, keys }) => `database ${database} (${keys})`).join(', ')}`;
  const reach = `its pools use database ${used.join(', ')} only`;
  return [warning('databases', `${found}: they are moved as well, but ${reach}; find out which programs use them`)];
}

function modules({ old, new: fresh }: BothServers): Remark[] {
  const missing = old.modules.filter((name) => !fresh.modules.includes(name));
  if (missing.length === 0) return [];
  const what = `${old.address} has loaded modules that ${fresh.address} lacks: ${missing.join(', ')}`;
  return [error('modules', `${what}; run an image that loads them`)];
}

function users({ address, users }: ServerDetails): Remark[] {
  const others = users.filter((user) => user !== 'default');
  if (others.length === 0) return [];
  return [
    warning(
      'users',
      `${address} has users that are not copied: ${others.join(', ')}; nutcracker uses the default user only`,
    ),
  ];
}

/** A fork that blocked clients for this long will do so again. */
const LONG_FORK_MICROSECONDS = 500_000;

/** The assumed speed of an initial synchronization, to estimate the writes during it. */
const SYNC_BYTES_PER_SECOND = 50 * 2 ** 20;

const SHORT_TIMEOUT_S = 10;

/** The initial synchronization forks the old server, which buffers the writes meanwhile. */
function syncChecks(old: ServerDetails): Remark[] {
  const { address, view } = old;
  const { info } = view;
  const failed = ['rdb_last_bgsave_status', 'aof_last_write_status', 'aof_last_bgrewrite_status'].filter(
    (field) => info.text(field) === 'err',
  );
  const fork = info.number('latest_fork_usec');
  const timeout = Number(old.setting('repl-timeout') ?? 60);
  return [
    ...(failed.length > 0
      ? [
          warning(
            'disk',
            `${address} reports ${failed.join(' and ')}: err; check its disk and memory, since sync makes it fork and save`,
          ),
        ]
      : []),
    ...(fork > LONG_FORK_MICROSECONDS
      ? [
          warning(
            'fork',
            `the last fork of ${address} blocked its clients for ${Math.round(fork / 1000)} ms, and sync makes it fork; sync when traffic is low`,
          ),
        ]
      : []),
    ...(timeout < SHORT_TIMEOUT_S
      ? [
          warning(
            'repl-timeout',
            `repl-timeout is ${timeout} s on ${address}, so a sync may be interrupted; set it to 60`,
          ),
        ]
      : []),
    ...outputBuffer(old),
    ...syncFileCheck(old),
  ];
}

/** sync makes the server send its data without a file if its version can. */
function syncFileCheck({ address, view, version, setting, configError }: ServerDetails): Remark[] {
  const persistsNothing = setting('save') === '' && view.info.text('aof_enabled') !== '1';
  if (configError !== undefined || !persistsNothing || setting('repl-diskless-sync') !== undefined) return [];
  const effect = `${address} persists nothing, and ${version.name} sends its data to a replica through a dump.rdb in its directory, WHICH IT WOULD LOAD AT ITS NEXT START`;
  return [warning('sync-file', `${effect}; remove that file after the sync, or upgrade it to 2.8.24 first`)];
}

function outputBuffer(old: ServerDetails): Remark[] {
  const { info } = old.view;
  const [, hard, soft] = /(?:slave|replica) (\d+) (\d+)/.exec(old.setting('client-output-buffer-limit') ?? '') ?? [];
  const limit = Math.min(Number(hard) || Infinity, Number(soft) || Infinity);
  const seconds = info.number('used_memory') / SYNC_BYTES_PER_SECOND;
  const written = info.number('instantaneous_input_kbps') * 1024 * seconds;
  if (!(written > limit)) return [];
  const comes = `about ${size(written)} will be written to ${old.address} during the roughly ${Math.ceil(seconds)} s of its sync`;
  const remedy = 'raise client-output-buffer-limit for replicas there, or sync when traffic is low';
  return [warning('output-buffer', `${comes}, and it buffers ${size(limit)} for a replica; ${remedy}`)];
}
