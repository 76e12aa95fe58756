// Attaches the new servers to the old ones, a few at a time, and waits until each has everything.

import { type PlannedShard } from '../../lib/migration/plan';
import { type Context } from './context';
import { eachShard } from './each-shard';
import { foreignStateAdvice } from '../shard/foreign';
import { lock, unlock } from '../shard/lock';
import { reattached } from '../shard/reattach';
import { type Outcome, RefusedError } from './outcome';
import { refuseMissingRights } from './refuse-missing-rights';
import { refuseWatched } from './refuse-watched';
import { lagOf, Pair, type PairView, versionOf } from '../shard/pair';
import { Resyncs } from '../shard/resyncs';
import { Roles } from '../shard/roles';
import { restoreSettings, enableDisklessSync } from '../shard/persistence';
import { ServerError, rethrowUnreachable } from '../redis/server';
import { productChecks } from '../checks/server-checks';
import { MEANING } from '../shard/shard-state';
import { reached } from '../shard/fault-points';
import { savingOf, type ServerView } from '../redis/server-view';

const POLL_MS = 250;

/** A link that stands still for so long is closed again: Redis itself waits a minute for a silent master. */
const REPAIR_MS = 15_000;

export interface SyncOptions {
  readonly concurrency: number;
  readonly perSourceHost: number;
  /** Milliseconds without any progress after which a shard is left to another run. */
  readonly patienceMs: number;
}

export function sync(context: Context, options: SyncOptions): Promise<Outcome[]> {
  return eachShard(context, options, (shard) => syncShard(context, shard, options.patienceMs));
}

async function syncShard(context: Context, shard: PlannedShard, patienceMs: number): Promise<string> {
  const follower = new Follower(context, shard, patienceMs);
  try {
    return await follower.run();
  } finally {
    follower.close();
  }
}

/** Follows one shard until it is in sync; a server that goes away is waited for, and reconnected. */
class Follower {
  private pair?: Pair;
  private lastProgress = performance.now();
  private lastRepair = performance.now();
  private lastMark = '';
  private readonly resyncs = new Resyncs();

  constructor(
    private readonly context: Context,
    private readonly shard: PlannedShard,
    private readonly patienceMs: number,
  ) {}

  close(): void {
    this.pair?.close();
    this.pair = undefined;
  }

  async run(): Promise<string> {
    for (;;) {
      const result = await this.turn().catch((error: unknown) => {
        if (!(error instanceof ServerError) || error.code !== 'UNREACHABLE' || error.isPermanent) throw error;
        this.lost(error);
        return undefined;
      });
      if (result !== undefined) return result;
      if (this.context.stop.aborted) throw new ServerError(this.shard.new, 'told to stop before it was in sync', true);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** One look, and what it calls for; gives an end if there is one. */
  private async turn(): Promise<string | undefined> {
    const pair = (this.pair ??= await Pair.connect(this.shard, this.context.access));
    const pairView = await pair.observe();
    this.resyncs.note(pairView);
    this.tell(pairView);
    if (this.resyncs.isTooMany && (pairView.state === 'syncing' || pairView.state === 'in sync'))
      await this.giveUp(pair, pairView);
    switch (pairView.state) {
      case 'in sync':
        return 'in sync';
      case 'moved':
      case 'following':
        return MEANING[pairView.state];
      case 'waiting':
        await refuseMissingRights(pair, pairView, this.context.plan.keepLegacyInSync);
        await attach(pair, pairView);
        return undefined;
      case 'syncing':
        this.noteProgress(pairView);
        if (pairView.new?.lostOffset) await reattach(pair);
        else await this.repairIfStill(pair, pairView);
        return undefined;
      case 'old unreachable':
      case 'new unreachable':
        pair.throwIfUnreachable();
        return undefined;
      case 'foreign':
        throw new RefusedError(foreignStateAdvice(this.shard, pairView));
      default:
        throw new RefusedError(`${MEANING[pairView.state]}; run cutover or rollback`);
    }
  }

  /** Each further synchronization would fork the live master once more, and come to the same. */
  private async giveUp(pair: Pair, pairView: PairView): Promise<never> {
    const cause = await this.resyncs.explain(pair, pairView);
    await lock(pair);
    const { state, old, new: fresh } = await pair.observe();
    if (state === 'syncing' || state === 'in sync') {
      await new Roles(pair.new, versionOf(fresh)).demote();
      await restoreSettings(pair.old, versionOf(old)).catch(rethrowUnreachable);
    }
    await unlock(pair.new);
    const what = `the old server sent everything ${this.resyncs.count} times, and forked each time, so the new one was detached`;
    throw new RefusedError(`${what}; ${cause}; then run sync again`);
  }

  private tell(pairView: PairView): void {
    const { state, new: fresh } = pairView;
    const bytesInAll = fresh?.bytesInAll ?? 0;
    this.context.report.progress({
      shard: this.shard.shard,
      state,
      detail: this.detailOf(fresh),
      ...(fresh?.isSyncing && bytesInAll > 0 && { bytes: bytesInAll - fresh.bytesLeft, bytesInAll }),
      ...(fresh?.isLinked && { lag: lagOf(pairView) }),
    });
  }

  private detailOf(fresh?: ServerView): string | undefined {
    if (fresh?.isLinked && !fresh.isSaved) return savingOf(fresh);
    return this.resyncs.count > 1 ? `everything was sent ${this.resyncs.count} times` : undefined;
  }

  private noteProgress({ new: fresh }: PairView): void {
    const { info } = fresh ?? {};
    const mark = ['master_sync_left_bytes', 'master_sync_read_bytes', 'loading_loaded_bytes', 'master_link_status']
      .map((field) => info?.text(field))
      .join();
    const isSaving = info?.text('aof_rewrite_in_progress') === '1' && info.text('aof_last_bgrewrite_status') === 'ok';
    if (mark === this.lastMark && !isSaving) return;
    this.lastMark = mark;
    this.lastProgress = performance.now();
  }

  private async repairIfStill(pair: Pair, { new: fresh }: PairView): Promise<void> {
    const now = performance.now();
    const still = now - this.lastProgress;
    if (still > this.patienceMs)
      throw new ServerError(this.shard.new, 'no progress; see its log, and run this again', true);
    const busy = fresh?.isLoading === true || fresh?.isSyncing === true || fresh?.isLinked === true;
    if (busy || still < REPAIR_MS || now - this.lastRepair < REPAIR_MS) return;
    this.lastRepair = now;
    await reattach(pair);
  }

  /** A server went away: it is looked for again until the patience ends. */
  private lost(error: ServerError): void {
    this.close();
    if (performance.now() - this.lastProgress > this.patienceMs) throw error;
    this.context.report.progress({ shard: this.shard.shard, state: 'unreachable', detail: error.message });
  }
}

/** Makes the new server follow the old one, if nobody else has done so meanwhile. */
async function attach(pair: Pair, { old, new: fresh }: PairView): Promise<void> {
  refuseWrongPair(pair.shard, { old, new: fresh });
  // It would find the new server among the replicas of the old one, and give it roles as well.
  await refuseWatched(pair);
  await lock(pair);
  reached('sync.locked');
  if ((await pair.observe()).state === 'waiting') {
    // Without CONFIG there is nothing to be done about it; preflight and cutover refuse such a server.
    await enableDisklessSync(pair.old, versionOf(old)).catch(rethrowUnreachable);
    await new Roles(pair.new, versionOf(fresh)).follow(pair.shard.old);
  }
  reached('sync.attached');
  await unlock(pair.new);
}

async function reattach(pair: Pair): Promise<void> {
  await lock(pair);
  const pairView = await pair.observe();
  if (pairView.state === 'syncing') await reattached(pair, pairView);
  await unlock(pair.new);
}

function refuseWrongPair(shard: PlannedShard, { old, new: fresh }: Pick<PairView, 'old' | 'new'>): void {
  if (old?.runId === fresh?.runId) throw new RefusedError(`${shard.old} and ${shard.new} are one server; fix the plan`);
  const servers = { [shard.old]: versionOf(old), [shard.new]: versionOf(fresh) };
  const remark = productChecks(...Object.entries(servers).map(([address, version]) => ({ address, version }))).at(0);
  if (remark !== undefined) throw new RefusedError(remark.message);
  if (!versionOf(fresh).canFollow(versionOf(old))) {
    const [oldName, newName] = [versionOf(old).name, versionOf(fresh).name];
    throw new RefusedError(`${newName} cannot read what ${oldName} sends; run a later image, of the same program`);
  }
}
