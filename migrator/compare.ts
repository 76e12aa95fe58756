// Compares keys of the two servers of a shard while clients write to the old one. Nothing is called different that has not
// been shown to be: the key did not change on the old server while the new one, having applied all that came before, held
// something else.

import { type Ask, plainly } from './ask';
import { type Clocks, clockOf, type Difference, differenceOf, type KeyLook, lookAt } from './key-look';
import { type Pair, type Sight, versionOf } from './pair';
import { type RedisServer, ServerError } from './server';
import { viewOf } from './view';

/** What came of a key. A key is `changing` if every attempt to hold it still failed. */
export type Verdict = Difference | 'same' | 'changing' | 'not compared';

export interface Compared {
  readonly key: Buffer;
  readonly verdict: Verdict;
  readonly old: KeyLook;
  readonly new: KeyLook;
}

/** How often a key is looked at that changes meanwhile. */
const TRIES = 6;

/** How long the new server may take to apply what the old one has sent. */
const LAG_MS = 10_000;

export class Comparison {
  static async of(pair: Pair, { old, new: fresh }: Sight): Promise<Comparison> {
    const [oldVersion, newVersion] = [versionOf(old), versionOf(fresh)];
    return new Comparison(pair, {
      ahead: await clocksApart(plainly(pair.old), plainly(pair.new)),
      sendsDurations: !oldVersion.isAtLeast(7, 0),
      dumps: oldVersion.rdbLevel === newVersion.rdbLevel,
    });
  }

  private readonly old: Ask;
  private readonly fresh: Ask;

  private constructor(
    private readonly pair: Pair,
    private readonly terms: Clocks & { readonly dumps: boolean },
  ) {
    this.old = plainly(pair.old);
    this.fresh = plainly(pair.new);
  }

  /** A verdict on each key of the selected database, in no order. */
  async of(keys: readonly Buffer[]): Promise<Compared[]> {
    const looks = await Promise.all([lookAt(this.old, keys, this.terms), lookAt(this.fresh, keys, this.terms)]);
    const first = this.judge(keys, looks, false);
    const open = first.flatMap(({ key, verdict }) => (verdict === 'changing' ? [key] : []));
    const done = first.filter(({ verdict }) => verdict !== 'changing');
    return open.length === 0 ? done : [...done, ...(await this.settle(open))];
  }

  /** Together first, which is enough if nobody writes them; then each by itself. */
  private async settle(keys: readonly Buffer[]): Promise<Compared[]> {
    const compared = await this.lookStill(keys);
    for (const [i, { key }] of compared.entries()) {
      for (let tries = 0; tries < TRIES && compared[i].verdict === 'changing'; tries++) {
        [compared[i]] = await this.lookStill([key]);
      }
    }
    return compared;
  }

  /** Whoever watches keys is told by EXEC whether one of them was changed meanwhile. */
  private async lookStill(keys: readonly Buffer[]): Promise<Compared[]> {
    const { pair, terms } = this;
    await pair.old.call('WATCH', ...keys);
    const old = await lookAt(this.old, keys, terms);
    await catchUp(pair);
    const fresh = await lookAt(this.fresh, keys, terms);
    return this.judge(keys, [old, fresh], await stayedStill(pair.old));
  }

  /** A difference is one only if nothing changed between the looks; else the key is `changing`. */
  private judge(keys: readonly Buffer[], [old, fresh]: readonly KeyLook[][], wereStill: boolean): Compared[] {
    return keys.map((key, i) => {
      const difference = differenceOf(old[i], fresh[i], this.terms);
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
export async function catchUp({ old, new: fresh }: Pair): Promise<void> {
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
async function stayedStill(server: RedisServer): Promise<boolean> {
  await server.call('MULTI');
  await server.call('PING');
  return (await server.call('EXEC')) !== null;
}

/** Milliseconds by which the new server's clock is ahead of the old one's. */
export async function clocksApart(old: Ask, fresh: Ask): Promise<number> {
  const [ahead, freshAhead] = await Promise.all([old, fresh].map(clockAhead));
  return freshAhead - ahead;
}

/** Of this machine's clock. */
async function clockAhead(ask: Ask): Promise<number> {
  const before = Date.now();
  const [time] = await ask([['TIME']]);
  if (time instanceof Error) throw time;
  return clockOf(time) - (before + Date.now()) / 2;
}
