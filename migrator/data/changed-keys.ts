// How many keys a rollback would lose: those that differ between the fenced old server and the new one.

import { createHash } from 'node:crypto';
import { type SendCommands, senderThroughFence, directSender } from '../redis/command-sender';
import { clockOffset } from './comparison';
import { type Clocks, differenceOf } from './key-snapshot';
import { KeyReader } from './key-reader';
import { allKeys, randomKeys, select } from './key-scan';
import { type Pair, type PairView, versionOf } from '../shard/pair';
import { type RedisServer } from '../redis/server';
import { type ServerView } from '../redis/server-view';

/**
 * `all` looks at every key, some minutes for a million; `sample` draws some where there are many, in seconds; `none`
 * looks at none.
 */
export type CountMethod = 'all' | 'sample' | 'none';

/** How many keys are many, and how many of each server are drawn then. */
const MANY_KEYS = 20_000;
const DRAWS = 2000;

/** How many differing keys are remembered, since a scan may give a key twice; more are counted as they come. */
const MOST_REMEMBERED = 200_000;

/**
 * How many keys differ, in words, such as `1,204 keys` or `about 1,200,000 of 1,400,000 keys`. While clients still write to
 * the new server, that may be a little low. Throws a ServerError if a server cannot be read.
 */
export async function changedKeys(pair: Pair, pairView: PairView, method: CountMethod = 'sample'): Promise<string> {
  if (method === 'none') return 'an unknown number of keys';
  const isSampled = method === 'sample' && Math.max(keysOf(pairView.old), keysOf(pairView.new)) > MANY_KEYS;
  const comparing = await FencedComparison.of(pair, pairView);
  return isSampled ? estimated(comparing, pairView) : counted(comparing, pairView);
}

async function counted(comparing: FencedComparison, { old, new: fresh }: PairView): Promise<string> {
  const seen = new Set<number>();
  let more = 0;
  for (const database of databasesOf(old, fresh)) {
    await comparing.select(database);
    for await (const keys of comparing.differing()) {
      const marks = keys.map((key) => markOf(database, key)).filter((mark) => !seen.has(mark));
      for (const mark of marks) {
        if (seen.size < MOST_REMEMBERED) seen.add(mark);
        else more += 1;
      }
    }
  }
  const count = seen.size + more;
  return `${more > 0 ? 'about ' : ''}${count.toLocaleString('en')} key${count === 1 ? '' : 's'}`;
}

async function estimated(comparing: FencedComparison, { old, new: fresh }: PairView): Promise<string> {
  const sample = { drawn: 0, differing: 0, of: 0 };
  const all = { keys: 0, differing: 0 };
  for (const database of databasesOf(old, fresh)) {
    await comparing.select(database);
    for (const [side, view] of [
      ['old', old],
      ['new', fresh],
    ] as const) {
      const keys = keysOf(view, database);
      const { drawn, differing } = await comparing.drawn(side, Math.ceil((DRAWS * keys) / Math.max(1, keysOf(view))));
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
  // Where n were drawn and none was found, there are as good as surely not more than 3/n.
  return `no more than about ${rounded((3 * sample.of) / Math.max(1, sample.drawn))} of ${inAll}`;
}

/** Compares keys of the database that was selected last. */
class FencedComparison {
  static async of(pair: Pair, { old, new: fresh }: PairView): Promise<FencedComparison> {
    const ask = { old: senderFor(pair.old, old), new: senderFor(pair.new, fresh) };
    const dumps = versionOf(old).rdbLevel === versionOf(fresh).rdbLevel;
    const ahead = await clockOffset(ask.old, ask.new);
    return new FencedComparison(ask, dumps, { ahead, sendsDurations: false });
  }

  private readonly readers: { readonly old: KeyReader; readonly new: KeyReader };

  private constructor(
    private readonly ask: { readonly old: SendCommands; readonly new: SendCommands },
    dumps: boolean,
    private readonly clocks: Clocks,
  ) {
    this.readers = { old: new KeyReader(ask.old, dumps), new: new KeyReader(ask.new, dumps) };
  }

  async select(database: number): Promise<void> {
    await Promise.all([select(this.ask.old, database), select(this.ask.new, database)]);
  }

  /** All keys that differ: those of the old server, and what the new one alone has. */
  async *differing(): AsyncGenerator<Buffer[]> {
    for await (const keys of allKeys(this.ask.old)) yield this.changed(keys);
    for await (const keys of allKeys(this.ask.new)) yield this.changed(await this.added(keys));
  }

  /** Draws keys of one server. Of the new one, those count that it alone has. */
  async drawn(side: 'old' | 'new', draws: number): Promise<{ drawn: number; differing: number }> {
    let [drawn, differing] = [0, 0];
    for (let left = draws; left > 0; left -= DRAWS_AT_A_TIME) {
      const keys = await randomKeys(this.ask[side], Math.min(left, DRAWS_AT_A_TIME));
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
    const there = await this.ask.old(keys.map((key) => ['EXISTS', key]));
    return keys.filter((_, i) => there[i] !== 1);
  }
}

const DRAWS_AT_A_TIME = 128;

/** A server that is a replica of nobody refuses reads. */
function senderFor(server: RedisServer, view?: ServerView): SendCommands {
  return view?.isMaster === false ? senderThroughFence(server, versionOf(view)) : directSender(server);
}

/** Short, and another one for nearly every key. */
function markOf(database: number, key: Buffer): number {
  return createHash('sha256').update(`${database}:`).update(key).digest().readUIntBE(0, 6);
}

/** The keys of one database, or of all. */
function keysOf(view?: ServerView, database?: number): number {
  const keyspaces = view?.info.keyspaces ?? [];
  return keyspaces.reduce((sum, it) => sum + (database === undefined || it.database === database ? it.keys : 0), 0);
}

function databasesOf(...views: (ServerView | undefined)[]): Set<number> {
  return new Set(views.flatMap((view) => view?.info.keyspaces.map(({ database }) => database) ?? []));
}

/** To the two digits that a sample is good for. */
function rounded(number: number): string {
  return Number(number.toPrecision(2)).toLocaleString('en');
}
