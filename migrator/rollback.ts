// Goes back: before a cutover by detaching, after it by giving the old server its role again.

import { type PlannedShard } from '../lib/migration/plan';
import { changedKeys } from './changed-keys';
import { type Context, type HandOverOptions } from './context';
import { eachShard } from './each-shard';
import { OPEN_READS } from './follow-back';
import { covers, handOver, type HandOver, promoteIfEqual, Released } from './hand-over';
import { lock } from './lock';
import { type Outcome, Refused } from './outcome';
import { Pair, type Sight, versionOf } from './pair';
import { Roles } from './roles';
import { type CommandLine, ServerError } from './server';
import { MEANING } from './shard-state';
import { reached } from './steps';
import { NOWHERE_ADDRESS, type ServerView } from './view';

export interface RollbackOptions extends HandOverOptions {
  /** Go back even where that loses what was written since the cutover. */
  readonly acceptLoss: boolean;
}

const TRIES = 4;

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
        return await this.turn(pair);
      } catch (error) {
        const worthAnother = error instanceof Released || (error instanceof ServerError && !error.isAboutPassword);
        if (!worthAnother || tries >= TRIES) throw error;
      } finally {
        pair.close();
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  private async turn(pair: Pair): Promise<string> {
    const before = await pair.look();
    if (before.state === 'new unreachable') return this.withoutNew(pair, before);
    await lock(pair.new);
    reached('rollback.locked');
    const sight = await pair.look();
    switch (sight.state) {
      case 'waiting':
        await this.freeOld(pair, sight);
        return 'the old server serves';
      case 'syncing':
      case 'in sync':
        await this.detach(pair, sight);
        return 'detached; the old server serves';
      case 'fenced':
        await this.promoteOld(pair, sight);
        await this.detach(pair, await pair.look());
        return 'the old server serves again; nothing is lost';
      case 'following':
        await handOver(this.handOverOf(pair, sight));
        return this.fenced(pair, 'the old server serves again; nothing is lost');
      case 'returning':
        return this.resume(pair, sight);
      case 'moved':
      case 'two masters':
        return this.goBackWithLoss(pair, sight);
      default:
        throw new ServerError(this.shard.old, pair.silence ?? MEANING[sight.state], true);
    }
  }

  /** Without the new server nothing can be detached, but writes that an interrupted cutover held go on. */
  private async withoutNew(pair: Pair, { old }: Sight): Promise<string> {
    if (old?.isMaster !== true) throw new ServerError(this.shard.new, pair.silence ?? 'it does not answer', true);
    await new Roles(pair.old, versionOf(old)).release();
    throw new ServerError(this.shard.new, `${pair.silence ?? 'it does not answer'}; the old server serves`, true);
  }

  private async freeOld(pair: Pair, { old }: Sight): Promise<void> {
    await new Roles(pair.old, versionOf(old)).release();
  }

  private async detach(pair: Pair, sight: Sight): Promise<void> {
    await new Roles(pair.new, versionOf(sight.new)).demote();
    reached('rollback.detached');
    await this.freeOld(pair, sight);
  }

  private async promoteOld(pair: Pair, { old }: Sight): Promise<void> {
    await new Roles(pair.old, versionOf(old)).promote(openReads(old));
    reached('rollback.promoted');
  }

  private handOverOf(pair: Pair, { old, new: fresh }: Sight): HandOver {
    const from = { server: pair.new, roles: new Roles(pair.new, versionOf(fresh)) };
    const to = { server: pair.old, roles: new Roles(pair.old, versionOf(old)) };
    const fromAddress = this.shard.newForOld ?? this.shard.new;
    const { deadlineMs } = this.options;
    const method = this.options.hold ?? from.roles.holdMethod;
    const beforePromotion = openReads(old);
    return {
      from,
      to,
      fromAddress,
      deadlineMs,
      method,
      acceptVolatileFence: false,
      beforePromotion,
      command: 'rollback',
    };
  }

  /** The new server is fenced, and has all there is. */
  private async resume(pair: Pair, sight: Sight): Promise<string> {
    const { old, new: fresh } = sight as Required<Sight>;
    if (covers(old, fresh)) {
      await promoteIfEqual(this.handOverOf(pair, sight), fresh);
      return this.fenced(pair, 'the old server serves again; nothing is lost');
    }
    if (old.follows === NOWHERE_ADDRESS) return this.goBackWithLoss(pair, sight);
    await new Roles(pair.new, versionOf(fresh)).promote();
    throw new Released('the new server serves again, since the old one lacks some of its writes');
  }

  private async goBackWithLoss(pair: Pair, sight: Sight): Promise<string> {
    const { old, new: fresh } = sight;
    if (old === undefined) throw new ServerError(this.shard.old, pair.silence ?? 'it does not answer', true);
    if (!this.options.acceptLoss) {
      const why = 'the old server does not follow the new one, so what was written since the cutover would be lost';
      throw new Refused(`${why}; --accept-loss counts the keys and goes back all the same`);
    }
    this.context.report.progress({ shard: this.shard.shard, state: 'counting', detail: 'keys that changed' });
    const changed = await changedKeys(pair, sight);
    if (fresh?.isMaster === true) await new Roles(pair.new, versionOf(fresh)).demote();
    reached('rollback.demoted');
    await this.promoteOld(pair, sight);
    return `the old server serves again; ${changed.toString()} had changed since the cutover, and are as they were before`;
  }

  /** Says so when the new server is what it should be. */
  private async fenced(pair: Pair, message: string): Promise<string> {
    const { state } = await pair.look();
    if (state !== 'waiting') throw new Released(MEANING[state]);
    return message;
  }
}

/** Undoes what closed an old server's reads while it followed. */
function openReads(old: ServerView | undefined): CommandLine[] {
  return versionOf(old).hasUsers ? [OPEN_READS] : [];
}
