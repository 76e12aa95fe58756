// Compares keys of the two servers of a shard while clients write to the old one. A key counts as different only if that is
// proven: it did not change on the old server, and the new one had applied all earlier writes and still differed.

import { type SendCommands, directSender } from '../redis/command-sender';
import { type Clocks, clockOf, type Difference, differenceOf, type KeySnapshot } from './key-snapshot';
import { KeyReader } from './key-reader';
import { type Pair, type PairView, versionOf } from '../shard/pair';
import { type RedisServer, ServerError } from '../redis/server';
import { viewOf } from '../redis/server-view';

/** The result for a key. `changing`: it was written during every attempt to compare it. */
export type Verdict = Difference | 'same' | 'changing' | 'not compared';

export interface Compared {
  readonly key: Buffer;
  readonly verdict: Verdict;
  readonly old: KeySnapshot;
  readonly new: KeySnapshot;
}

/** How often a key that changes meanwhile is compared again. */
const TRIES = 6;

/** How many keys are watched at a time: the longer it takes, the likelier one of them changes. */
const WATCHED_KEYS = 16;

/** How long the new server may take to apply what the old one has written. */
const LAG_MS = 10_000;

export class Comparison {
  static async of(pair: Pair, { old, new: fresh }: PairView): Promise<Comparison> {
    const [oldVersion, newVersion] = [versionOf(old), versionOf(fresh)];
    const dumps = oldVersion.rdbLevel === newVersion.rdbLevel;
    const readers = [pair.old, pair.new].map((server) => new KeyReader(directSender(server), dumps));
    return new Comparison(pair, readers, {
      ahead: await clockOffset(readers[0].send, readers[1].send),
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

  /** Bytes of content that have been read from the old server so far. */
  get bytes(): number {
    return this.old.bytes;
  }

  /** Compares keys of the selected database; the results are in no particular order. */
  async of(keys: readonly Buffer[]): Promise<Compared[]> {
    const snapshots = await Promise.all([this.old.snapshotsOf(keys), this.fresh.snapshotsOf(keys)]);
    const first = this.judge(keys, snapshots, false);
    const open = first.flatMap(({ key, verdict }) => (verdict === 'changing' ? [key] : []));
    const done = first.filter(({ verdict }) => verdict !== 'changing');
    return open.length === 0 ? done : [...done, ...(await this.settle(open))];
  }

  /** First a few keys together, which is enough if no client writes them; then each by itself. */
  private async settle(keys: readonly Buffer[]): Promise<Compared[]> {
    const compared: Compared[] = [];
    for (let i = 0; i < keys.length; i += WATCHED_KEYS)
      compared.push(...(await this.compareWatched(keys.slice(i, i + WATCHED_KEYS))));
    for (const [i, { key }] of compared.entries()) {
      for (let tries = 0; tries < TRIES && compared[i].verdict === 'changing'; tries++) {
        [compared[i]] = await this.compareWatched([key]);
      }
    }
    return compared;
  }

  /** WATCH makes EXEC fail if one of the keys was changed meanwhile. */
  private async compareWatched(keys: readonly Buffer[]): Promise<Compared[]> {
    const { pair } = this;
    await pair.old.call('WATCH', ...keys);
    const old = await this.old.snapshotsOf(keys);
    await waitUntilApplied(pair);
    const fresh = await this.fresh.snapshotsOf(keys);
    return this.judge(keys, [old, fresh], await wereUnchanged(pair.old));
  }

  /** A difference counts only if the keys were unchanged; otherwise the key is `changing`. */
  private judge(keys: readonly Buffer[], [old, fresh]: readonly KeySnapshot[][], unchanged: boolean): Compared[] {
    return keys.map((key, i) => {
      const difference = differenceOf(old[i], fresh[i], this.clocks);
      const isTorn = [old[i], fresh[i]].some(
        (snapshot) => snapshot.isComparable && snapshot.type !== 'none' && snapshot.digest === undefined,
      );
      const isCertain = unchanged || difference === undefined || difference === 'late';
      const same = old[i].isComparable && fresh[i].isComparable ? 'same' : 'not compared';
      const verdict = isTorn || !isCertain ? 'changing' : (difference ?? same);
      return { key, verdict, old: old[i], new: fresh[i] };
    });
  }
}

/** Waits until the new server has applied all that the old one has written so far. Throws a ServerError. */
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
        `it is ${offset - replica.offset} bytes behind; check its load, and run this again`,
        true,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Ends the WATCH, and returns whether the keys were unchanged. */
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

/** Milliseconds by which a server's clock is ahead of this machine's. */
async function clockAhead(send: SendCommands): Promise<number> {
  const before = Date.now();
  const [time] = await send([['TIME']]);
  if (time instanceof Error) throw time;
  return clockOf(time) - (before + Date.now()) / 2;
}
