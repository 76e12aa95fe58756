// Rolls back: detaches the new server before a cutover, or returns the master role to the old server after it.

import { type PlannedShard } from '../../lib/migration/plan';
import { changedKeys, type CountMethod } from '../data/changed-keys';
import { saveUsers, openReadsCommands } from '../shard/closed-reads';
import { type Context, type HandOverOptions } from './context';
import { eachShard } from '../program/each-shard';
import { covers, handOver, type HandOver, isWorthRetrying, promoteIfEqual, AbortedError } from '../shard/hand-over';
import { foreignStateAdvice } from '../shard/foreign';
import { lock } from '../shard/lock';
import { type Outcome, RefusedError } from '../program/outcome';
import { Pair, type PairView, versionOf } from '../shard/pair';
import { NotDurableError } from '../shard/roles';
import { restoreSettings, promotionCommands, takeOwedSnapshot } from '../shard/persistence';
import { refuseWatched } from './refuse-watched';
import { MEANING } from '../shard/shard-state';
import { reached } from '../shard/fault-points';
import { type CommandLine } from '../redis/server';
import { NOWHERE_ADDRESS, savingOf } from '../redis/server-view';

export interface RollbackOptions extends HandOverOptions {
  /** Roll back even if that loses the writes since the cutover. */
  readonly acceptLoss: boolean;
  /** How changed keys are counted first. */
  readonly count: CountMethod;
  /** The new server is unreachable, and the operator has made sure that it never returns with its data. */
  readonly newIsGone: boolean;
}

const TRIES = 4;
const RETRY_MS = 250;

export function rollback(context: Context, options: RollbackOptions): Promise<Outcome[]> {
  return eachShard(context, options, (shard) => new Rollback(context, options, shard).run());
}

class Rollback {
  constructor(
    private readonly context: Context,
    private readonly options: RollbackOptions,
    private readonly shard: PlannedShard,
  ) {}

  async run(): Promise<string> {
    for (let tries = 1; ; tries++) {
      const pair = await Pair.connect(this.shard, this.context.access);
      try {
        return await this.runOnce(pair);
      } catch (error) {
        if (!isWorthRetrying(error) || tries >= TRIES || this.context.stop.aborted) throw error;
      } finally {
        pair.close();
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  private async runOnce(pair: Pair): Promise<string> {
    const before = await pair.observe();
    if (before.state === 'foreign') this.refuseUnlessBothKnown(before);
    if (before.new === undefined) return this.withoutNew(pair, before);
    await lock(pair);
    reached('rollback.locked');
    const pairView = await pair.observe();
    switch (pairView.state) {
      case 'waiting':
      case 'syncing':
      case 'in sync':
        await this.detach(pair, pairView);
        return 'the old server serves; nothing is lost';
      case 'fenced':
        await this.promoteOld(pair, pairView);
        await this.detach(pair, await pair.observe());
        return `the old server serves again; nothing is lost${await takeOwedSnapshot(pair.old)}`;
      case 'following':
        await this.waitUntilSaved(pair);
        await this.checkNew(pair, pairView);
        await handOver(await this.handOverOf(pair, pairView));
        return this.conclude(pair);
      case 'returning':
        return this.resume(pair, pairView);
      case 'foreign':
        return this.serveFromOld(pair, pairView);
      case 'moved':
      case 'split brain':
        return this.goBackWithLoss(pair, pairView);
      default:
        pair.throwIfUnreachable();
        throw new RefusedError(`${MEANING[pairView.state]}; check which server it follows, and fix that by hand`);
    }
  }

  /** A foreign shard needs both servers, unless the operator states that the new one is gone. */
  private refuseUnlessBothKnown(pairView: PairView): void {
    const isGone = pairView.new === undefined && this.options.newIsGone;
    if (pairView.old === undefined || (pairView.new === undefined && !isGone))
      throw new RefusedError(foreignStateAdvice(this.shard, pairView));
  }

  /** If the old server serves, detaching the new one loses nothing; otherwise the operator has to accept the old server's data. */
  private async serveFromOld(pair: Pair, pairView: PairView): Promise<string> {
    const isServing = pairView.old?.isMaster === true;
    if (!isServing && !this.options.acceptLoss) throw new RefusedError(foreignStateAdvice(this.shard, pairView));
    await refuseWatched(pair);
    if (!isServing) return this.goBackWithLoss(pair, pairView);
    await this.detach(pair, pairView);
    return `the old server serves, and the new one no longer follows ${pairView.new?.follows ?? 'another'}; nothing is lost`;
  }

  /** Without the new server: releases writes that an interrupted cutover holds, or promotes the old server if it is gone. */
  private async withoutNew(pair: Pair, pairView: PairView): Promise<string> {
    const { old } = pairView;
    if (old?.isMaster === true) await pair.oldRoles(old).writes.end();
    if (old === undefined || old.isMaster || !this.options.newIsGone) pair.throwIfUnreachable();
    if (!this.options.acceptLoss) throw new RefusedError(`${LOSS}; --accept-loss rolls back anyway`);
    await this.promoteOld(pair, pairView);
    const snapshot = await takeOwedSnapshot(pair.old);
    return `the old server serves again with its data at the cutover; never start ${this.shard.new} with its old data${snapshot}`;
  }

  /** The old server first, so that it accepts writes at once, even if detaching fails. */
  private async detach(pair: Pair, { old, new: fresh }: PairView): Promise<void> {
    await pair.oldRoles(old).writes.end();
    await pair.newRoles(fresh).demote();
    reached('rollback.detached');
    await restoreSettings(pair.old, versionOf(old));
  }

  /** While the old server rewrites its AOF, a restart would revert it to the data before it followed. */
  private async waitUntilSaved(pair: Pair): Promise<void> {
    for (;;) {
      const { old } = await pair.observe();
      if (old?.isSaved !== false) return;
      if (this.context.stop.aborted) throw new AbortedError('stopped before the old server was saved');
      this.context.report.progress({ shard: this.shard.shard, state: 'saving', detail: savingOf(old) });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** If the role is not durable, a restart brings the fence back, which is safe. */
  private async promoteOld(pair: Pair, { old }: PairView): Promise<void> {
    await pair.oldRoles(old).promote(await this.beforePromotion(pair), true);
    await saveUsers(pair.old);
    reached('rollback.promoted');
  }

  private async beforePromotion({ old }: Pair): Promise<CommandLine[]> {
    return [...(await openReadsCommands(old)), ...(await promotionCommands(old))];
  }

  /** If the demotion is not durable, the new server would be a second master after a restart. */
  private async checkNew(pair: Pair, { new: fresh }: PairView): Promise<void> {
    await pair
      .newRoles(fresh)
      .checkDurable()
      .catch((error: unknown) => {
        if (!(error instanceof NotDurableError)) throw error;
        const remedy = 'free space on its disk; or remove its pod for good, and roll back with --new-is-gone';
        throw new RefusedError(`${error.message}: after a restart it would be a master again; ${remedy}`);
      });
  }

  private async handOverOf(pair: Pair, { old, new: fresh }: PairView): Promise<HandOver> {
    const from = { server: pair.new, roles: pair.newRoles(fresh) };
    const to = { server: pair.old, roles: pair.oldRoles(old) };
    const { deadlineMs, hold: method = from.roles.writes.method } = this.options;
    return {
      from,
      to,
      fromAddress: this.shard.newForOld ?? this.shard.new,
      deadlineMs,
      method,
      acceptVolatileFence: false,
      acceptVolatilePromotion: true,
      beforePromotion: await this.beforePromotion(pair),
      command: 'rollback',
    };
  }

  /** Continues an interrupted rollback: the new server is fenced and has all writes. */
  private async resume(pair: Pair, pairView: PairView): Promise<string> {
    const { old, new: fresh } = pairView as Required<PairView>;
    await this.checkNew(pair, pairView);
    if (covers(old, fresh)) {
      await promoteIfEqual(await this.handOverOf(pair, pairView), fresh);
      return this.conclude(pair);
    }
    if (old.follows === NOWHERE_ADDRESS) return this.goBackWithLoss(pair, pairView);
    await pair.newRoles(fresh).promote();
    throw new AbortedError('the new server serves again, because the old one lacks some of its writes');
  }

  private async goBackWithLoss(pair: Pair, pairView: PairView): Promise<string> {
    const { old, new: fresh } = pairView;
    if (old === undefined) pair.throwIfUnreachable();
    if (!this.options.acceptLoss)
      throw new RefusedError(`${LOSS}; --accept-loss counts the keys and rolls back anyway`);
    await this.checkNew(pair, pairView);
    this.context.report.progress({ shard: this.shard.shard, state: 'counting', detail: 'keys that changed' });
    const changed = await changedKeys(pair, pairView, this.options.count);
    if (fresh?.follows !== NOWHERE_ADDRESS) await pair.newRoles(fresh).demote();
    reached('rollback.demoted');
    await this.promoteOld(pair, pairView);
    const snapshot = await takeOwedSnapshot(pair.old);
    return `the old server serves again; ${changed} had changed since the cutover, and these writes are lost${snapshot}`;
  }

  /** The old server serves; checks that the new one is detached. */
  private async conclude(pair: Pair): Promise<string> {
    await saveUsers(pair.old);
    const { state } = await pair.observe();
    if (state !== 'waiting') throw new AbortedError(MEANING[state]);
    return `the old server serves again; nothing is lost${await takeOwedSnapshot(pair.old)}`;
  }
}

const LOSS = 'the old server does not follow the new one, so writes since the cutover would be lost';
