// Moves shard after shard: from then on the new server serves, and the old one is fenced.

import { type PlannedShard } from '../lib/migration/plan';
import { type Context, type HandOverOptions } from './context';
import { Networks, strangers } from './clients';
import { eachShard } from './each-shard';
import { followBack } from './follow-back';
import { covers, handOver, type HandOver, promoteIfEqual, Released } from './hand-over';
import { lock } from './lock';
import { ExitCode, type Outcome, Refused } from './outcome';
import { lagOf, Pair, type Sight, versionOf } from './pair';
import { NotDurable, Roles } from './roles';
import { ServerError, unlessUnreachable } from './server';
import { MEANING } from './shard-state';
import { reached } from './steps';
import { type ServerView } from './view';

export interface CutoverOptions extends HandOverOptions {
  readonly allowStrangers: boolean;
  /** Move one shard, watch it for so many milliseconds, and only then the others. */
  readonly canaryMs?: number;
  /** How long a shard that is not quite in sync is waited for. */
  readonly patienceMs: number;
}

/** What was interrupted, or came to nothing, is tried so many times. */
const TRIES = 3;

/** Bytes of history that may be missing when writes are first held: they arrive in some milliseconds. */
const NEAR = 2 ** 20;

export async function cutover(context: Context, options: CutoverOptions): Promise<Outcome[]> {
  const work = (shard: PlannedShard): Promise<string> => new Cutover(context, options, shard).run();
  if (options.canaryMs === undefined) return eachShard(context, options, work);
  const [canary, ...others] = context.shards;
  const first = await eachShard({ ...context, shards: [canary] }, options, async (shard) => {
    const message = await work(shard);
    await watch(context, shard, options.canaryMs ?? 0);
    return `${message}, and does well`;
  });
  if (first.some(({ code }) => code !== ExitCode.DONE)) {
    context.report.note(`shard ${canary.shard} went first and is not well; no other was touched`);
    return [...first, ...others.map(({ shard }) => ({ shard, code: ExitCode.PARTLY, message: 'not begun' }))];
  }
  return [...first, ...(await eachShard({ ...context, shards: others }, options, work))];
}

/** One shard on its way. */
class Cutover {
  private readonly giveUpAt: number;

  constructor(
    private readonly context: Context,
    private readonly options: CutoverOptions,
    private readonly shard: PlannedShard,
  ) {
    this.giveUpAt = performance.now() + options.patienceMs;
  }

  async run(): Promise<string> {
    for (let tries = 1; ; tries++) {
      const pair = await Pair.connect(this.shard, this.context.access);
      try {
        const result = await this.turn(pair);
        if (result !== undefined) return result;
        tries -= 1; // waiting is no try
        if (this.context.stop.aborted) throw new Released('told to stop before it was in sync');
        if (performance.now() > this.giveUpAt) throw new Released('it is not in sync; run sync');
      } catch (error) {
        const worthAnother = error instanceof Released || (error instanceof ServerError && !error.isAboutPassword);
        if (!worthAnother || tries >= TRIES || performance.now() > this.giveUpAt) {
          await letGo(this.shard, this.context);
          throw error;
        }
        this.tell('tried again', error.message);
      } finally {
        pair.close();
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Does what the state of the shard calls for; gives nothing if it has to be looked at again. */
  private async turn(pair: Pair): Promise<string | undefined> {
    const { state } = await pair.look();
    if (state === 'new unreachable' || state === 'old unreachable') {
      throw new ServerError(this.shard.new, pair.silence ?? MEANING[state], true);
    }
    await lock(pair.new);
    reached('cutover.locked');
    const sight = await pair.look();
    if (sight.old?.isMaster === true) await this.begin(pair, sight.old);
    switch (sight.state) {
      case 'syncing':
        this.tell(sight.state);
        return undefined;
      case 'in sync':
        if (lagOf(sight) > NEAR) {
          this.tell('catching up');
          return undefined;
        }
        await this.handOver(pair, sight);
        return this.finish(pair);
      case 'fenced':
        return this.resume(pair, sight);
      case 'two masters':
        await this.fenceAgain(pair, sight);
        return this.finish(pair);
      case 'moved':
      case 'following':
        return this.finish(pair);
      case 'waiting':
        throw new Refused('it does not follow the old server; run sync');
      default:
        throw new Refused(`${MEANING[sight.state]}; run rollback`);
    }
  }

  /** Ends what an interrupted run still holds. */
  private async begin(pair: Pair, old: ServerView): Promise<void> {
    await new Roles(pair.old, versionOf(old)).release().catch((error: unknown) => {
      unlessUnreachable(error);
      throw new Refused(
        `${(error as Error).message}: a cutover needs CONFIG; if it has another name, put that into the plan`,
      );
    });
  }

  private async handOver(pair: Pair, sight: Sight): Promise<void> {
    const it = this.handOverOf(pair, sight);
    await this.check(pair, it, sight);
    reached('cutover.checked');
    this.tell('moving');
    await handOver(it);
  }

  private handOverOf(pair: Pair, { old, new: fresh }: Sight): HandOver {
    const from = { server: pair.old, roles: new Roles(pair.old, versionOf(old)) };
    const to = { server: pair.new, roles: new Roles(pair.new, versionOf(fresh)) };
    const { deadlineMs, acceptVolatileFence } = this.options;
    const method = this.options.hold ?? from.roles.holdMethod;
    return { from, to, fromAddress: this.shard.old, deadlineMs, method, acceptVolatileFence, command: 'cutover' };
  }

  /** Whatever can be refused is refused before a write is held. */
  private async check(pair: Pair, { from, to }: HandOver, { old }: Sight): Promise<void> {
    await from.roles.checkDurable().catch((error: unknown) => {
      if (!(error instanceof NotDurable)) throw error;
      if (this.options.acceptVolatileFence) return;
      throw new Refused(
        `${error.message}: a restart would lift the fence; mend it, or accept that by --accept-volatile-fence`,
      );
    });
    await to.roles.checkDurable();
    if (old?.isLoading) throw new Refused(`${this.shard.old} is loading its data`);
    await this.refuseStrangers(pair);
  }

  private async refuseStrangers(pair: Pair): Promise<void> {
    if (this.options.allowStrangers) return;
    const found = await strangers(pair.old, new Networks(this.context.plan.proxyNetworks));
    if (found.length === 0) return;
    const remedy =
      'point them to the new proxies, name the network of the proxies in the plan, or accept them by --allow-strangers';
    throw new Refused(`strangers are connected to ${this.shard.old}: ${listed(found)}; ${remedy}`);
  }

  /** Both are replicas. The new one was never promoted, so the old one has every write that was acknowledged. */
  private async resume(pair: Pair, sight: Sight): Promise<string | undefined> {
    const it = this.handOverOf(pair, sight);
    const { old, new: fresh } = sight as Required<Sight>;
    if (covers(fresh, old)) {
      this.tell('moving', 'goes on where another run stopped');
      await promoteIfEqual(it, old);
      return this.finish(pair);
    }
    this.tell('released', 'the old server serves again until the new one has everything');
    await it.from.roles.promote();
    return undefined;
  }

  /** The old server forgot its fence. The new one was promoted at a cutover, so it is the one with all the writes. */
  private async fenceAgain(pair: Pair, { old, new: fresh }: Required<Sight> | Sight): Promise<void> {
    if (fresh?.keys === 0 && old?.keys !== 0) {
      throw new Refused(`both say that they are masters, and ${this.shard.new} is empty; find out who promoted it`);
    }
    this.tell('moving', 'the old server had lost its fence');
    await this.volatileIfAccepted(new Roles(pair.old, versionOf(old)).demote());
  }

  private async volatileIfAccepted(change: Promise<ServerView>): Promise<void> {
    await change.catch((error: unknown) => {
      if (!(error instanceof NotDurable && this.options.acceptVolatileFence)) throw error;
    });
  }

  /** What is left when the new server is the master: its role on its disk, and the old one as its replica if wanted. */
  private async finish(pair: Pair): Promise<string> {
    const { new: fresh, state, old } = await pair.look();
    if (fresh?.isMaster !== true) throw new Released(MEANING[state]);
    const roles = new Roles(pair.new, versionOf(fresh));
    await roles.checkDurable();
    await roles.release();
    const { keepLegacyInSync } = this.context.plan;
    if (!keepLegacyInSync || state === 'following' || old === undefined) return MEANING[state];
    const message = await followBack(pair, { old, new: fresh, password: this.context.access.password });
    reached('cutover.followed');
    return message;
  }

  private tell(state: string, detail?: string): void {
    this.context.report.progress({ shard: this.shard.shard, state, detail });
  }
}

/** A shard that is left where it was takes writes again. */
async function letGo(shard: PlannedShard, { access }: Context): Promise<void> {
  const pair = await Pair.connect(shard, access);
  try {
    const { old, new: fresh } = await pair.look();
    if (old?.isMaster === true && fresh?.isMaster !== true) await new Roles(pair.old, versionOf(old)).release();
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
  } finally {
    pair.close();
  }
}

/** Throws unless the shard stays as it was left, and its clients come back to it. */
async function watch({ access, report }: Context, shard: PlannedShard, ms: number): Promise<void> {
  const pair = await Pair.connect(shard, access);
  try {
    const first = await pair.look();
    const until = performance.now() + ms;
    while (performance.now() < until) {
      report.progress({ shard: shard.shard, state: 'watched', detail: 'the first one' });
      await new Promise((resolve) => setTimeout(resolve, 250));
      const { state, new: fresh } = await pair.look();
      if (fresh?.isMaster !== true) throw new Released(`the new server lost its role: ${MEANING[state]}`);
      if (fresh.runId !== first.new?.runId) throw new Released('the new server was restarted');
    }
  } finally {
    pair.close();
  }
}

const MOST_NAMED = 5;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
