// The cutover of one shard: does what its state requires, until it has moved.

import { type PlannedShard } from '../../lib/migration/plan';
import { type Context, type HandOverOptions } from './context';
import { followBack } from '../shard/follow-back';
import { covers, handOver, type HandOver, isWorthRetrying, promoteIfEqual, AbortedError } from '../shard/hand-over';
import { foreignStateAdvice } from '../shard/foreign';
import { BusyError, lock } from '../shard/lock';
import { RefusedError } from '../program/outcome';
import { refuseCutover } from './refuse-cutover';
import { refuseWatched } from './refuse-watched';
import {
  promotionCommands,
  takeOwedSnapshot,
  persistenceOf,
  takeFencedSnapshot,
  takeSnapshot,
} from '../shard/persistence';
import { lagOf, Pair, type PairView, versionOf } from '../shard/pair';
import { reattached } from '../shard/reattach';
import { NotDurableError } from '../shard/roles';
import { ServerError, rethrowUnreachable } from '../redis/server';
import { MEANING } from '../shard/shard-state';
import { reached } from '../shard/fault-points';
import { type ServerView } from '../redis/server-view';

export interface CutoverOptions extends HandOverOptions {
  readonly allowUnexpectedClients: boolean;
  /** If both servers are masters: the operator states that the new one has the right data. */
  readonly fenceOld: boolean;
  /** Move one shard, watch it for this many milliseconds, and only then move the others. */
  readonly canaryMs?: number;
  /** How long to wait for a shard that is nearly in sync, and for an old server that is to follow. */
  readonly patienceMs: number;
}

/** How often an interrupted or aborted cutover is tried. */
const TRIES = 3;

/** How often a shard that is nearly in sync is polled. */
const POLL_MS = 100;

/** Lag in bytes below which writes are held: it is made up in milliseconds. */
const NEAR = 2 ** 20;

export class ShardCutover {
  private giveUpAt: number;
  private hasSnapshot = false;

  constructor(
    private readonly context: Context,
    private readonly options: CutoverOptions,
    private readonly shard: PlannedShard,
  ) {
    this.giveUpAt = performance.now() + options.patienceMs;
  }

  /** Returns what was done. */
  async run(): Promise<string> {
    for (let failures = 0; ;) {
      try {
        const result = await this.withPair((pair) => this.runOnce(pair));
        if (result !== undefined) return result;
        this.stopWaiting('it is not in sync; run sync');
      } catch (error) {
        failures += 1;
        if (!isWorthRetrying(error) || failures >= TRIES || this.isOver) {
          if (!(error instanceof BusyError)) await this.releaseWrites();
          throw error;
        }
        this.tell('tried again', (error as Error).message);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Whether the time is up, or the program is to stop. */
  private get isOver(): boolean {
    return this.context.stop.aborted || performance.now() > this.giveUpAt;
  }

  private stopWaiting(reason: string): void {
    if (this.isOver) throw new AbortedError(this.context.stop.aborted ? 'stopped before it was in sync' : reason);
  }

  private async withPair<T>(act: (pair: Pair) => Promise<T>): Promise<T> {
    const pair = await Pair.connect(this.shard, this.context.access);
    try {
      return await act(pair);
    } finally {
      pair.close();
    }
  }

  /** Does what the state of the shard requires; returns undefined if it has to be read again. */
  private async runOnce(pair: Pair): Promise<string | undefined> {
    const before = await pair.observe();
    if (before.state === 'foreign' && pair.connectionErrors.length > 0)
      throw new RefusedError(foreignStateAdvice(this.shard, before));
    pair.throwIfUnreachableUnlessMoved(before);
    await lock(pair);
    reached('cutover.locked');
    const pairView = await pair.observe();
    pair.throwIfUnreachableUnlessMoved(pairView);
    if (pairView.old?.isMaster === true) await this.releaseLeftovers(pair, pairView.old);
    switch (pairView.state) {
      case 'syncing':
        this.tell(pairView.state);
        if (pairView.new?.lostOffset) await reattached(pair, pairView);
        return undefined;
      case 'in sync':
        return this.move(pair, pairView);
      case 'fenced':
        return this.resume(pair, pairView);
      case 'split brain':
        await this.fenceAgain(pair, pairView);
        return this.finish(pair);
      case 'foreign':
        await this.serveFromNew(pair, pairView);
        return this.finish(pair);
      case 'moved':
      case 'following':
        return this.finish(pair);
      case 'waiting':
        throw new RefusedError('it does not follow the old server; run sync');
      default:
        throw new RefusedError(`${MEANING[pairView.state]}; run rollback`);
    }
  }

  /** Releases writes that an interrupted run still holds. */
  private async releaseLeftovers(pair: Pair, old: ServerView): Promise<void> {
    await pair
      .oldRoles(old)
      .writes.end()
      .catch((error: unknown) => {
        rethrowUnreachable(error);
        const remedy =
          'a cutover needs CONFIG; if it is renamed, add the new name to the renamedCommands Secret of the migration';
        throw new RefusedError(`${(error as Error).message}: ${remedy}`);
      });
  }

  private async move(pair: Pair, pairView: PairView): Promise<string | undefined> {
    if (lagOf(pairView) > NEAR) {
      this.tell('catching up');
      return undefined;
    }
    const it = await this.handOverOf(pair, pairView);
    await refuseCutover(pair, it, pairView, { ...this.context.plan, ...this.options });
    if (await this.takeSnapshotIfNeeded(pair)) return undefined;
    reached('cutover.checked');
    this.tell('moving');
    await handOver(it);
    return this.finish(pair);
  }

  /**
   * After a crash, a new server with snapshots only would load the last one, so it takes one just before the cutover, and
   * another after its promotion. Writes are not held meanwhile, and this does not count as patience.
   */
  private async takeSnapshotIfNeeded({ new: server }: Pair): Promise<boolean> {
    if (this.hasSnapshot || (await persistenceOf(server)) !== 'snapshots') return false;
    const start = performance.now();
    this.tell('saving', 'a snapshot before the cutover');
    await takeSnapshot(server, () => {
      if (this.context.stop.aborted) throw new AbortedError('stopped before it was moved');
    });
    this.giveUpAt += performance.now() - start;
    this.hasSnapshot = true;
    return true;
  }

  private async handOverOf(pair: Pair, { old, new: fresh }: PairView): Promise<HandOver> {
    const from = { server: pair.old, roles: pair.oldRoles(old) };
    const to = { server: pair.new, roles: pair.newRoles(fresh) };
    const { deadlineMs, acceptVolatileFence, hold: method = from.roles.writes.method } = this.options;
    return {
      from,
      to,
      fromAddress: this.shard.old,
      deadlineMs,
      method,
      acceptVolatileFence,
      acceptVolatilePromotion: false,
      beforePromotion: await promotionCommands(pair.new),
      command: 'cutover',
    };
  }

  /** Both are replicas. The new one was never promoted, so the old one has all acknowledged writes. */
  private async resume(pair: Pair, pairView: PairView): Promise<string | undefined> {
    const it = await this.handOverOf(pair, pairView);
    const { old, new: fresh } = pairView as Required<PairView>;
    if (covers(fresh, old)) {
      this.tell('moving', 'continues an interrupted run');
      await promoteIfEqual(it, old);
      return this.finish(pair);
    }
    this.tell('released', 'the old server serves again until the new one has everything');
    await it.from.roles.promote([], true);
    return undefined;
  }

  /** The old server lost its fence, or another program promoted the new one: only an operator knows which has the right data. */
  private async fenceAgain(pair: Pair, { old, new: fresh }: PairView): Promise<void> {
    if (!this.options.fenceOld) {
      const counts = `${this.shard.old} has ${old?.keys ?? 0} keys, ${this.shard.new} has ${fresh?.keys ?? 0}`;
      const remedy = 'if the new one has the right data, run cutover --fence-old; otherwise rollback --accept-loss';
      throw new RefusedError(`both servers are masters: ${counts}; ${remedy}`);
    }
    this.tell('moving', 'the old server is fenced again');
    await this.fence(pair, old);
  }

  /** Another program changed a role: promotes the new server if the operator states that it has the right data. */
  private async serveFromNew(pair: Pair, pairView: PairView): Promise<void> {
    if (!this.options.fenceOld) throw new RefusedError(foreignStateAdvice(this.shard, pairView));
    await refuseWatched(pair);
    const { old, new: fresh } = pairView;
    if (fresh?.isLoading)
      throw new RefusedError(`${this.shard.new} is loading the data of ${fresh.follows ?? 'another server'}`);
    const roles = pair.newRoles(fresh);
    await roles.checkDurable();
    const beforePromotion = await promotionCommands(pair.new);
    this.tell('moving', 'the old server is fenced, and the new one serves with what it has');
    await this.fence(pair, old);
    if (fresh?.isMaster !== true) await roles.promote(beforePromotion);
  }

  private async fence(pair: Pair, old?: ServerView): Promise<void> {
    await pair
      .oldRoles(old)
      .demote()
      .catch((error: unknown) => {
        if (!(error instanceof NotDurableError && this.options.acceptVolatileFence)) throw error;
      });
  }

  /** The last steps, once the new server is the master: makes its role durable, and the old server its replica if planned. */
  private async finish(pair: Pair): Promise<string> {
    const { new: fresh, state, old } = await pair.observe();
    if (fresh?.isMaster !== true) throw new AbortedError(MEANING[state]);
    const roles = pair.newRoles(fresh);
    await roles.checkMaster();
    await roles.writes.end();
    this.tell('moved', 'making the new roles durable');
    const snapshot = await takeOwedSnapshot(pair.new);
    const { keepLegacyInSync } = this.context.plan;
    const oldSnapshot = state === 'moved' && old ? await takeFencedSnapshot(pair.old, versionOf(old)) : '';
    if (!keepLegacyInSync || state === 'following' || old === undefined)
      return `${MEANING[state]}${snapshot}${oldSnapshot}`;
    const { acceptVolatileFence, patienceMs } = this.options;
    const { password } = this.context.access;
    const message = await followBack(pair, { old, new: fresh, password, acceptVolatileFence, patienceMs });
    reached('cutover.followed');
    return `${message}${snapshot}${oldSnapshot}`;
  }

  /** Releases the writes of a shard that was not moved, unless another migrator is working on it. */
  private async releaseWrites(): Promise<void> {
    try {
      await this.withPair(async (pair) => {
        await lock(pair);
        const { old, new: fresh } = await pair.observe();
        if (old?.isMaster !== true || fresh?.isMaster === true) return;
        await pair.oldRoles(old).writes.end();
      });
    } catch (error) {
      // The reason why the cutover failed matters more.
      if (!(error instanceof ServerError || error instanceof BusyError)) throw error;
    }
  }

  private tell(state: string, detail?: string): void {
    this.context.report.progress({ shard: this.shard.shard, state, detail });
  }
}
