// Counts the keys that a rollback would lose: those that differ between the fenced old server and the new one.

import { createHash } from 'node:crypto';
import { type SendCommands, senderThroughFence, directSender } from '../redis/command-sender';
import { clockOffset } from './comparison';
import { type Clocks, differenceOf } from './key-snapshot';
import { KeyReader } from './key-reader';
import { allKeys, randomKeys, select } from './key-scan';
import { type Pair, type PairView, versionOf } from '../shard/pair';
import { type RedisServer } from '../redis/server';
import { type ServerView } from '../redis/server-view';

/** `all` compares every key: minutes for a million. `sample` compares a random sample if there are many: seconds. `none`: no count. */
export type CountMethod = 'all' | 'sample' | 'none';

/** From this number of keys on, a sample is compared: this many draws on each server. */
const MANY_KEYS = 20_000;
const DRAWS = 2000;

/** A scan may return a key twice, so this many differing keys are remembered; beyond that, duplicates count. */
const MAX_REMEMBERED = 200_000;

/**
 * The number of keys that differ, such as `1,204 keys` or `about 1,200,000 of 1,400,000 keys`. It may be a little low while
 * clients still write to the new server. Throws a ServerError if a server cannot be read.
 */
export async function changedKeys(pair: Pair, pairView: PairView, method: CountMethod = 'sample'): Promise<string> {
  if (method === 'none') return 'an unknown number of keys';
  const isSampled = method === 'sample' && Math.max(keysOf(pairView.old), keysOf(pairView.new)) > MANY_KEYS;
  const comparison = await FencedComparison.of(pair, pairView);
  return isSampled ? estimated(comparison, pairView) : counted(comparison, pairView);
}

async function counted(comparison: FencedComparison, { old, new: fresh }: PairView): Promise<string> {
  const seen = new Set<number>();
  let more = 0;
  for (const database of databasesOf(old, fresh)) {
    await comparison.select(database);
    for await (const keys of comparison.differing()) {
      const hashes = keys.map((key) => hashOf(database, key)).filter((hash) => !seen.has(hash));
      for (const hash of hashes) {
        if (seen.size < MAX_REMEMBERED) seen.add(hash);
        else more += 1;
      }
    }
  }
  const count = seen.size + more;
  return `${more > 0 ? 'about ' : ''}${count.toLocaleString('en')} key${count === 1 ? '' : 's'}`;
}

async function estimated(comparison: FencedComparison, { old, new: fresh }: PairView): Promise<string> {
  const sample = { drawn: 0, differing: 0, of: 0 };
  const all = { keys: 0, differing: 0 };
  for (const database of databasesOf(old, fresh)) {
    await comparison.select(database);
    for (const [side, view] of [
      ['old', old],
      ['new', fresh],
    ] as const) {
      const keys = keysOf(view, database);
      const { drawn, differing } = await comparison.sample(side, Math.ceil((DRAWS * keys) / Math.max(1, keysOf(view))));
      const share = differing / Math.max(1, drawn);
      sample.of += keys;
      sample.drawn += drawn;
      sample.differing += differing;
      all.differing += keys * share;
      all.keys += side === 'old' ? keys : keys * share;
    }
  }
  const inAll = `${rounded(all.keys)} keys`;
  if (sample.differing > 0) return `about ${rounded(all.differing)} of ${inAll}`;
  // If none of n sampled keys differs, the share is below 3/n with 95% confidence.
  return `no more than about ${rounded((3 * sample.of) / Math.max(1, sample.drawn))} of ${inAll}`;
}

/** Compares keys of the selected database, past the fence of the old server. */
class FencedComparison {
  static async of(pair: Pair, { old, new: fresh }: PairView): Promise<FencedComparison> {
    const send = { old: senderFor(pair.old, old), new: senderFor(pair.new, fresh) };
    const dumps = versionOf(old).rdbLevel === versionOf(fresh).rdbLevel;
    const ahead = await clockOffset(send.old, send.new);
    return new FencedComparison(send, dumps, { ahead, sendsDurations: false });
  }

  private readonly readers: { readonly old: KeyReader; readonly new: KeyReader };

  private constructor(
    private readonly send: { readonly old: SendCommands; readonly new: SendCommands },
    dumps: boolean,
    private readonly clocks: Clocks,
  ) {
    this.readers = { old: new KeyReader(send.old, dumps), new: new KeyReader(send.new, dumps) };
  }

  async select(database: number): Promise<void> {
    await Promise.all([select(this.send.old, database), select(this.send.new, database)]);
  }

  /** All keys that differ: those of the old server, and those that only the new one has. */
  async *differing(): AsyncGenerator<Buffer[]> {
    for await (const keys of allKeys(this.send.old)) yield this.changed(keys);
    for await (const keys of allKeys(this.send.new)) yield this.changed(await this.added(keys));
  }

  /** Samples keys of one server. On the new one, only keys that the old one lacks count. */
  async sample(side: 'old' | 'new', draws: number): Promise<{ drawn: number; differing: number }> {
    let [drawn, differing] = [0, 0];
    for (let left = draws; left > 0; left -= DRAWS_AT_A_TIME) {
      const keys = await randomKeys(this.send[side], Math.min(left, DRAWS_AT_A_TIME));
      drawn += keys.length;
      differing += (await this.changed(side === 'old' ? keys : await this.added(keys))).length;
    }
    return { drawn, differing };
  }

  private async changed(keys: readonly Buffer[]): Promise<Buffer[]> {
    if (keys.length === 0) return [];
    const [olds, news] = await Promise.all([this.readers.old.snapshotsOf(keys), this.readers.new.snapshotsOf(keys)]);
    return keys.filter((_, i) => differenceOf(olds[i], news[i], this.clocks) !== undefined);
  }

  private async added(keys: readonly Buffer[]): Promise<Buffer[]> {
    const exists = await this.send.old(keys.map((key) => ['EXISTS', key]));
    return keys.filter((_, i) => exists[i] !== 1);
  }
}

const DRAWS_AT_A_TIME = 128;

/** A fenced server refuses reads. */
function senderFor(server: RedisServer, view?: ServerView): SendCommands {
  return view?.isMaster === false ? senderThroughFence(server, versionOf(view)) : directSender(server);
}

/** 48 bits: small, and different for nearly every key. */
function hashOf(database: number, key: Buffer): number {
  return createHash('sha256').update(`${database}:`).update(key).digest().readUIntBE(0, 6);
}

/** The number of keys in one database, or in all. */
function keysOf(view?: ServerView, database?: number): number {
  const keyspaces = view?.info.keyspaces ?? [];
  return keyspaces.reduce((sum, it) => sum + (database === undefined || it.database === database ? it.keys : 0), 0);
}

function databasesOf(...views: (ServerView | undefined)[]): Set<number> {
  return new Set(views.flatMap((view) => view?.info.keyspaces.map(({ database }) => database) ?? []));
}

/** To two digits, the precision of a sample. */
function rounded(number: number): string {
  return Number(number.toPrecision(2)).toLocaleString('en');
}
