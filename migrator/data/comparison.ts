// Compares keys of the two servers of a shard while clients write to the old one. Nothing is called different that has not
// been shown to be: the key did not change on the old server while the new one, having applied all that came before, held
// something else.

import { type SendCommands, directSender } from '../redis/command-sender';
import { type Clocks, clockOf, type Difference, differenceOf, type KeySnapshot } from './key-snapshot';
import { KeyReader } from './key-reader';
import { type Pair, type PairView, versionOf } from '../shard/pair';
import { type RedisServer, ServerError } from '../redis/server';
import { viewOf } from '../redis/server-view';

/** What came of a key. A key is `changing` if every attempt to hold it still failed. */
export type Verdict = Difference | 'same' | 'changing' | 'not compared';

export interface Compared {
  readonly key: Buffer;
  readonly verdict: Verdict;
  readonly old: KeySnapshot;
  readonly new: KeySnapshot;
}

/** How often a key is looked at that changes meanwhile. */
const TRIES = 6;

/** How many are watched at a time: the longer that takes, the likelier one of them changes. */
const FEW = 16;

/** How long the new server may take to apply what the old one has sent. */
const LAG_MS = 10_000;

export class Comparison {
  static async of(pair: Pair, { old, new: fresh }: PairView): Promise<Comparison> {
    const [oldVersion, newVersion] = [versionOf(old), versionOf(fresh)];
    const dumps = oldVersion.rdbLevel === newVersion.rdbLevel;
    const readers = [pair.old, pair.new].map((server) => new KeyReader(directSender(server), dumps));
    return new Comparison(pair, readers, {
      ahead: await clockOffset(readers[0].ask, readers[1].ask),
      sendsDurations: !oldVersion.isAtLeast(7, 0),
    });
  }

  private readonly old: KeyReader;
  private readonly fresh: KeyReader;

  private constructor(
    private readonly pair: Pair,
    readers: readonly KeyReader[],
    private readonly clocks: Clocks,
  ) {
    [this.old, this.fresh] = readers;
  }

  /** Bytes of content that were read so far of the old server. */
  get bytes(): number {
    return this.old.bytes;
  }

  /** A verdict on each key of the selected database, in no order. */
  async of(keys: readonly Buffer[]): Promise<Compared[]> {
    const looks = await Promise.all([this.old.snapshotsOf(keys), this.fresh.snapshotsOf(keys)]);
    const first = this.judge(keys, looks, false);
    const open = first.flatMap(({ key, verdict }) => (verdict === 'changing' ? [key] : []));
    const done = first.filter(({ verdict }) => verdict !== 'changing');
    return open.length === 0 ? done : [...done, ...(await this.settle(open))];
  }

  /** A few together first, which is enough if nobody writes them; then each by itself. */
  private async settle(keys: readonly Buffer[]): Promise<Compared[]> {
    const compared: Compared[] = [];
    for (let i = 0; i < keys.length; i += FEW) compared.push(...(await this.compareWatched(keys.slice(i, i + FEW))));
    for (const [i, { key }] of compared.entries()) {
      for (let tries = 0; tries < TRIES && compared[i].verdict === 'changing'; tries++) {
        [compared[i]] = await this.compareWatched([key]);
      }
    }
    return compared;
  }

  /** Whoever watches keys is told by EXEC whether one of them was changed meanwhile. */
  private async compareWatched(keys: readonly Buffer[]): Promise<Compared[]> {
    const { pair } = this;
    await pair.old.call('WATCH', ...keys);
    const old = await this.old.snapshotsOf(keys);
    await waitUntilApplied(pair);
    const fresh = await this.fresh.snapshotsOf(keys);
    return this.judge(keys, [old, fresh], await wereUnchanged(pair.old));
  }

  /** A difference is one only if nothing changed between the looks; else the key is `changing`. */
  private judge(keys: readonly Buffer[], [old, fresh]: readonly KeySnapshot[][], wereStill: boolean): Compared[] {
    return keys.map((key, i) => {
      const difference = differenceOf(old[i], fresh[i], this.clocks);
      const isTorn = [old[i], fresh[i]].some(
        (look) => look.isComparable && look.type !== 'none' && look.digest === undefined,
      );
      const isCertain = wereStill || difference === undefined || difference === 'late';
      const same = old[i].isComparable && fresh[i].isComparable ? 'same' : 'not compared';
      const verdict = isTorn || !isCertain ? 'changing' : (difference ?? same);
      return { key, verdict, old: old[i], new: fresh[i] };
    });
  }
}

/** Waits until the new server has applied what the old one has written up to now. Throws a ServerError. */
export async function waitUntilApplied({ old, new: fresh }: Pair): Promise<void> {
  const { offset } = viewOf(await old.info('replication'));
  const deadline = performance.now() + LAG_MS;
  for (;;) {
    const replica = viewOf(await fresh.info('replication'));
    if (replica.offset >= offset) return;
    if (!replica.isLinked) throw new ServerError(fresh.address, 'the link to the old server broke; run sync', true);
    if (performance.now() > deadline) {
      throw new ServerError(
        fresh.address,
        `it is ${offset - replica.offset} bytes behind; see its load, and run this again`,
        true,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Ends the watch. */
async function wereUnchanged(server: RedisServer): Promise<boolean> {
  await server.call('MULTI');
  await server.call('PING');
  return (await server.call('EXEC')) !== null;
}

/** Milliseconds by which the new server's clock is ahead of the old one's. */
export async function clockOffset(old: SendCommands, fresh: SendCommands): Promise<number> {
  const [ahead, freshAhead] = await Promise.all([old, fresh].map(clockAhead));
  return freshAhead - ahead;
}

/** Of this machine's clock. */
async function clockAhead(ask: SendCommands): Promise<number> {
  const before = Date.now();
  const [time] = await ask([['TIME']]);
  if (time instanceof Error) throw time;
  return clockOf(time) - (before + Date.now()) / 2;
}
