// One large shard: the duration of sync, and of REPLICAOF alone until the same state is reached.

import { type Redis } from 'ioredis';
import { NOWHERE } from '../../lib/migration/plan';
import { type Lab } from '../../test/lab/lab';
import { LabMove } from '../../test/lab/move';
import { send } from './bare';
import { heading, megabytes, median, row, seconds, sleep, timeOf, times } from '../table';

const PAIRS = 5;
const KEYS = 400_000;
const KEYS_AT_A_TIME = 10_000;

/** Values of a thousand bytes that compress no better than real ones. */
const FILL = `
  for i = ARGV[1], ARGV[1] + ARGV[2] - 1 do
    local parts = {}
    for part = 1, 25 do parts[part] = redis.sha1hex(i .. '/' .. part) end
    redis.call('SET', 'key:' .. i, table.concat(parts))
  end`;

export async function syncs(lab: Lab): Promise<void> {
  const move = await LabMove.of(lab, { servers: 1, proxies: 0 });
  await move.start();
  const [old, fresh] = [move.old.serverClient(0), move.fleet.roleClient(0)];
  for (let i = 0; i < KEYS; i += KEYS_AT_A_TIME) await old.eval(FILL, 0, i, KEYS_AT_A_TIME);
  const data = Number(/used_memory:(\d+)/.exec(await old.info('memory'))?.[1]);

  const [linked, bare, migrator]: number[][] = [[], [], []];
  for (let pair = 0; pair <= PAIRS; pair++) {
    await clear(fresh);
    const bareSync = await replicate(fresh, move.old.portOf(0));
    await clear(fresh);
    const synced = await timeOf(() => move.run('sync'));
    // The first pair warms the caches and does not count.
    if (pair === 0) continue;
    linked.push(bareSync.linked);
    bare.push(bareSync.saved);
    migrator.push(synced);
  }
  old.disconnect();
  fresh.disconnect();

  heading(
    `sync of a shard with ${megabytes(data)} in memory, ${PAIRS} pairs`,
    'median',
    'fastest',
    'slowest',
    'of the floor',
  );
  const line = (what: string, of: number[], ...more: string[]): void => {
    row(what, ...[median(of), Math.min(...of), Math.max(...of)].map(seconds), ...more);
  };
  line('  REPLICAOF, until the data is there', linked);
  line('  REPLICAOF, until it is on the disk too (floor)', bare);
  line('  migrator sync, which waits for the same', migrator, times(median(migrator) / median(bare)));
  row('  aim', '', '', '', '1.10 x');
  row('  starts of a migrator with nothing to do', seconds(median(await timesWithoutWork(move))));
}

/** Deletes all data. As a master, the server also discards the replication history, so that the next sync is a full one. */
async function clear(fresh: Redis): Promise<void> {
  await send(fresh, ['REPLICAOF', 'NO', 'ONE'], ['FLUSHALL'], ['BGREWRITEAOF']);
  await untilInfo(fresh, isSaved);
  await send(fresh, ['REPLICAOF', NOWHERE.host, String(NOWHERE.port)]);
}

/** Milliseconds until the replica has all data, and until the data is on disk. */
async function replicate(fresh: Redis, port: number): Promise<{ linked: number; saved: number }> {
  const start = performance.now();
  await send(fresh, ['REPLICAOF', '127.0.0.1', String(port)]);
  await untilInfo(fresh, (info) => info.includes('master_link_status:up'));
  const linked = performance.now() - start;
  await untilInfo(fresh, isSaved);
  return { linked, saved: performance.now() - start };
}

function isSaved(info: string): boolean {
  return info.includes('aof_rewrite_in_progress:0') && info.includes('aof_rewrite_scheduled:0');
}

async function untilInfo(server: Redis, holds: (info: string) => boolean): Promise<void> {
  while (!holds(await server.info())) await sleep(5);
}

async function timesWithoutWork(move: LabMove): Promise<number[]> {
  const durations: number[] = [];
  for (let i = 0; i < PAIRS; i++) durations.push(await timeOf(() => move.run('sync')));
  return durations;
}
