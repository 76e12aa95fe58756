// Compares the data of both servers of each shard while the new one follows: key counts, and type, expiry and content of
// keys.

import { type PlannedShard } from '../../lib/migration/plan';
import { directSender } from '../redis/command-sender';
import { type Compared, Comparison } from '../data/comparison';
import { type Context } from './context';
import { countKeys, type DatabaseCount } from '../data/key-counts';
import { eachShard } from '../program/each-shard';
import { AbortedError } from '../shard/hand-over';
import { type Difference } from '../data/key-snapshot';
import { allKeys, printable, randomKeys, select } from '../data/key-scan';
import { type Outcome, RefusedError } from '../program/outcome';
import { foreignStateAdvice } from '../shard/foreign';
import { Pair, type PairView } from '../shard/pair';
import { MEANING } from '../shard/shard-state';

export interface VerifyOptions {
  /** Shards at a time. */
  readonly concurrency: number;
  /** How many keys of a shard are sampled; a database with fewer keys is compared completely. */
  readonly sampleKeys: number;
  /** Compare every key of both servers. */
  readonly full: boolean;
  /** The maximum of keys of a shard to read per second; may be Infinity. */
  readonly keysPerSecond: number;
}

/** A key that differs between the servers. */
export interface DifferingKey {
  readonly database: number;
  readonly key: string;
  readonly difference: Difference;
}

export interface ShardComparison {
  readonly shard: number;
  /** Whether every key was compared. */
  readonly isFull: boolean;
  readonly databases: readonly DatabaseCount[];
  readonly compared: number;
  readonly different: number;
  /** Keys that changed during every attempt. */
  readonly changing: number;
  /** Keys of types that the two versions dump differently. */
  readonly notCompared: number;
  /** Keys that expire later on the new server: old versions replicate durations, which start on arrival. */
  readonly late: number;
  /** The first differing keys. */
  readonly keys: readonly DifferingKey[];
}

/** How many differing keys of a shard are in the JSON, and in the text. */
const MAX_REPORTED = 1000;
const MAX_PRINTED = 20;

export async function verify(
  context: Context,
  options: VerifyOptions,
): Promise<{ results: ShardComparison[]; outcomes: Outcome[] }> {
  const results: ShardComparison[] = [];
  const outcomes = await eachShard(context, options, async (shard) => {
    const pair = await Pair.connect(shard, context.access);
    try {
      const pairView = await pair.observe();
      if (pairView.state === 'moved' || pairView.state === 'following') return 'moved: not compared';
      refuseUnlessInSync(pair, pairView);
      const verified = await new Verification(context, options, pair).run(pairView);
      results.push(verified);
      return conclusionOf(verified);
    } finally {
      pair.close();
    }
  });
  return { results: results.sort((a, b) => a.shard - b.shard), outcomes };
}

/** The differences of a shard as text, one per line. */
export function differenceLines({ shard, databases, different, keys }: ShardComparison): string[] {
  const counts = databases.filter(({ isDifferent }) => isDifferent);
  const printed = keys.slice(0, MAX_PRINTED);
  return [
    ...counts.map(
      (it) => `shard ${shard}: database ${it.database} has ${it.old} keys on the old server, ${it.new} on the new one`,
    ),
    ...printed.map(
      ({ database, key, difference }) =>
        `shard ${shard}: ${key}${database > 0 ? ` in database ${database}` : ''}: ${DIFFERENCE_TEXT[difference]}`,
    ),
    ...(different > printed.length ? [`shard ${shard}: and ${plural(different - printed.length, 'more key')}`] : []),
  ];
}

const DIFFERENCE_TEXT: Record<Difference, string> = {
  missing: 'missing on the new server',
  extra: 'only on the new server',
  type: 'different type',
  expiry: 'different expiry',
  value: 'different value',
  late: 'a later expiry',
};

function refuseUnlessInSync(pair: Pair, pairView: PairView): void {
  const { state } = pairView;
  if (state === 'in sync') return;
  if (state === 'foreign') throw new RefusedError(foreignStateAdvice(pair.shard, pairView));
  pair.throwIfUnreachable();
  const remedy = state === 'waiting' || state === 'syncing' ? 'run sync' : 'run cutover or rollback';
  throw new RefusedError(`${MEANING[state]}; ${remedy}`);
}

function conclusionOf(shard: ShardComparison): string {
  const { isFull, compared, different, changing, notCompared, late } = shard;
  const asides = [
    ...(changing > 0 ? [`${plural(changing, 'key')} changed during every attempt`] : []),
    ...(notCompared > 0 ? [`${plural(notCompared, 'key')} of other types not compared`] : []),
    ...(late > 0 ? [`${plural(late, 'key')} with a later expiry on the new server`] : []),
  ];
  const about = [`${isFull ? 'all keys' : 'a sample'} compared (${compared.toLocaleString('en')})`, ...asides].join(
    ', ',
  );
  const lines = differenceLines(shard);
  if (lines.length === 0) return `the same: ${about}`;
  const first = lines[0].replace(/^shard \d+: /, '');
  const what =
    different > 0 ? `${plural(different, 'key')} differ${different === 1 ? 's' : ''}` : 'the numbers of keys differ';
  throw new RefusedError(`${what}, as ${first}; ${about}`);
}

function plural(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

class Verification {
  private readonly shard: PlannedShard;
  private readonly start = performance.now();
  private readonly numbers = { compared: 0, different: 0, changing: 0, notCompared: 0, late: 0 };
  private readonly keys: DifferingKey[] = [];
  private readonly reported = new Set<string>();
  private read = 0;
  private printedAt = 0;

  constructor(
    private readonly context: Context,
    private readonly options: VerifyOptions,
    private readonly pair: Pair,
  ) {
    this.shard = pair.shard;
  }

  async run(pairView: PairView): Promise<ShardComparison> {
    const { pair, options } = this;
    const comparison = await Comparison.of(pair, pairView);
    const databases = await countKeys(pair);
    for (const { database, old, new: fresh } of databases) {
      await Promise.all([pair.old, pair.new].map((server) => select(directSender(server), database)));
      const total = databases.reduce((sum, it) => sum + it.old, 0);
      const draws = Math.max(1, Math.ceil((options.sampleKeys * old) / Math.max(1, total)));
      const isWhole = options.full || Math.max(old, fresh) <= draws;
      for await (const keys of isWhole ? allKeys(directSender(pair.old)) : this.sample(draws)) {
        this.count(database, await comparison.of(keys));
        await this.pause(keys.length, total, comparison.bytes);
      }
      if (isWhole) await this.addExtra(database, comparison, total);
    }
    return { shard: this.shard.shard, isFull: options.full, databases, ...this.numbers, keys: this.keys };
  }

  private async *sample(draws: number): AsyncGenerator<Buffer[]> {
    for (let left = draws; left > 0; left -= DRAWS)
      yield randomKeys(directSender(this.pair.old), Math.min(left, DRAWS));
  }

  /** Compares keys that only the new server has. */
  private async addExtra(database: number, comparison: Comparison, total: number): Promise<void> {
    for await (const keys of allKeys(directSender(this.pair.new))) {
      const exists = await this.pair.old.all(keys.map((key) => ['EXISTS', key]));
      const extra = keys.filter((_, i) => exists[i] === 0);
      if (extra.length > 0) this.count(database, await comparison.of(extra));
      await this.pause(keys.length, total, comparison.bytes);
    }
  }

  private count(database: number, compared: readonly Compared[]): void {
    const { numbers } = this;
    for (const { key, verdict, old, new: fresh } of compared) {
      if (old.type === 'none' && fresh.type === 'none') continue;
      numbers.compared += 1;
      if (verdict === 'same') continue;
      if (verdict === 'changing' || verdict === 'late') numbers[verdict] += 1;
      else if (verdict === 'not compared') numbers.notCompared += 1;
      else this.report({ database, key, difference: verdict });
    }
  }

  /** Records a difference; a scan may return a key twice. */
  private report({ database, key, difference }: { database: number; key: Buffer; difference: Difference }): void {
    const id = `${database}:${key.toString('latin1')}`;
    if (this.reported.has(id)) return;
    this.numbers.different += 1;
    if (this.keys.length >= MAX_REPORTED) return;
    this.reported.add(id);
    this.keys.push({ database, key: printable(key), difference });
  }

  /** Reports progress, and waits until the next keys may be read. */
  private async pause(keys: number, total: number, bytes: number): Promise<void> {
    this.read += keys;
    const now = performance.now();
    if (now - this.printedAt > 1000) {
      this.printedAt = now;
      const detail = `${this.numbers.compared.toLocaleString('en')} of ${this.options.full ? total.toLocaleString('en') : 'a sample of'} keys`;
      this.context.report.progress({ shard: this.shard.shard, state: 'verifying', detail });
    }
    if (this.context.stop.aborted) throw new AbortedError('stopped before all keys were compared');
    const seconds = Math.max(this.read / this.options.keysPerSecond, bytes / BYTES_PER_SECOND);
    const wait = this.start + seconds * 1000 - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** How much of a shard is read per second at most, regardless of the number of keys. */
const BYTES_PER_SECOND = 32 * 2 ** 20;

/** How many keys are sampled and compared at a time. */
const DRAWS = 128;
