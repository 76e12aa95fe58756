// Detects repeated full synchronizations, each of which forks the live master, and finds the cause in what both servers
// report.

import { type RedisServer, rethrowUnreachable } from '../redis/server';
import { type ServerView } from '../redis/server-view';
import { type Version } from '../redis/version';
import { size } from '../report/fleet-progress';
import { type Pair, type PairView, versionOf } from './pair';

/** After this many full synchronizations of a shard, another one does not help. */
const MAX_SYNCS = 4;

/** The default limit of Redis for replicas. */
const MIN_BUFFER = 256 * 2 ** 20;

/** The assumed speed of a copy, to estimate the writes during it. */
const BYTES_PER_SECOND = 50 * 2 ** 20;

interface Sample {
  readonly at: number;
  readonly runId: string;
  readonly full: number;
  readonly partialErrors: number;
  readonly offset: number;
}

export class Resyncs {
  private first?: Sample;
  private last?: Sample;

  /** Records what the old server reports; a restart of it resets the count. */
  note({ old }: PairView): void {
    if (old === undefined) return;
    const sample = sampleOf(old);
    if (this.first?.runId !== sample.runId) this.first = sample;
    this.last = sample;
  }

  /** Full synchronizations since the first record. */
  get count(): number {
    return this.first && this.last ? this.last.full - this.first.full : 0;
  }

  get isTooMany(): boolean {
    return this.count > MAX_SYNCS;
  }

  /** The cause, as far as the servers report it, and the remedy with numbers. */
  async explain(pair: Pair, { old, new: fresh }: PairView): Promise<string> {
    const { first, last } = this;
    if (!first || !last || !old || !fresh) return SEE_LOGS;
    const seconds = Math.max(0.1, (last.at - first.at) / 1000);
    const rate = Math.max(0, last.offset - first.offset) / seconds;
    const copySeconds = Math.max(10, old.info.number('used_memory') / BYTES_PER_SECOND);
    return (
      diskOf(pair, old, fresh) ??
      (await bufferOf(pair.old, versionOf(old), {
        rate,
        needed: 2 * rate * copySeconds,
        round: seconds / this.count,
      })) ??
      (await timeoutOf(pair, seconds / this.count, copySeconds)) ??
      (await backlogOf(pair.old, last.partialErrors > first.partialErrors, rate)) ??
      SEE_LOGS
    );
  }
}

const SEE_LOGS = 'neither server reports a cause; check their logs';

function sampleOf({ info, runId, offset }: ServerView): Sample {
  const [full, partialErrors] = [info.number('sync_full'), info.number('sync_partial_err')];
  return { at: performance.now(), runId, full, partialErrors, offset };
}

function diskOf({ shard }: Pair, old: ServerView, fresh: ServerView): string | undefined {
  if (old.info.text('rdb_last_bgsave_status') === 'err') {
    return `${shard.old} cannot write the snapshot that it has to send (rdb_last_bgsave_status: err); check its disk and memory`;
  }
  const isFull = ['aof_last_write_status', 'aof_last_bgrewrite_status'].some((name) => fresh.info.text(name) === 'err');
  return isFull ? `${shard.new} cannot write the data that it receives to disk; free space there` : undefined;
}

interface Written {
  /** Bytes written per second. */
  readonly rate: number;
  /** Bytes that may have to be buffered for a replica. */
  readonly needed: number;
  /** Seconds from one synchronization to the next. */
  readonly round: number;
}

/** Writes during a copy are buffered; a replica that exceeds the buffer limit is disconnected. */
async function bufferOf(
  server: RedisServer,
  version: Version,
  { rate, needed, round }: Written,
): Promise<string | undefined> {
  const setting = 'client-output-buffer-limit';
  const value = (await server.setting(setting).catch(rethrowUnreachable)) ?? '';
  const [, hard = 0, soft = 0] = (/(?:slave|replica) (\d+) (\d+)/.exec(value) ?? []).map(Number);
  const limit = Math.min(hard || Infinity, soft || Infinity);
  if (limit === Infinity || (limit > needed && rate * round < limit)) return undefined;
  const megabytes = Math.ceil(Math.max(MIN_BUFFER, needed, 2 * limit) / 2 ** 20);
  const bytes = megabytes * 2 ** 20;
  const remedy = `CONFIG SET ${setting} "${version.usesReplicaNames ? 'replica' : 'slave'} ${bytes} ${bytes} 60"`;
  const what = `${size(rate)} a second are written to ${server.address}, and it buffers no more than ${size(limit)} for a replica (${setting})`;
  return `${what}: set it to ${megabytes} MiB there (${remedy}), or sync when traffic is low`;
}

/** Either server ends a copy during which the other one is silent for so long. */
async function timeoutOf(pair: Pair, round: number, copySeconds: number): Promise<string | undefined> {
  const [old, fresh] = await Promise.all([pair.old, pair.new].map(replTimeout));
  const timeout = Math.min(old, fresh);
  if (round < timeout * 0.9) return undefined;
  const { address } = old <= fresh ? pair.old : pair.new;
  const better = Math.ceil(Math.max(60, 3 * copySeconds, 3 * timeout));
  return `a copy is interrupted after repl-timeout, which is ${timeout} s on ${address}; set it to ${better} on both servers (CONFIG SET repl-timeout ${better})`;
}

async function replTimeout(server: RedisServer): Promise<number> {
  return Number((await server.setting('repl-timeout').catch(rethrowUnreachable)) ?? 60);
}

async function backlogOf(server: RedisServer, isTooSmall: boolean, rate: number): Promise<string | undefined> {
  const backlog = Number((await server.setting('repl-backlog-size').catch(rethrowUnreachable)) ?? 0);
  if (!isTooSmall || rate * BREAK_SECONDS < backlog) return undefined;
  const better = Math.ceil((2 * rate * BREAK_SECONDS) / 2 ** 20);
  const what = `${size(rate)} a second are written to ${server.address}, and its backlog is ${size(backlog)}`;
  return `${what}, so every lost link causes a full copy: set it to ${better} MiB there (CONFIG SET repl-backlog-size ${better * 2 ** 20})`;
}

/** How long a link may be down without a full copy after it. */
const BREAK_SECONDS = 5;
