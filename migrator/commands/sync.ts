// Attaches the new servers to the old ones, a few at a time, and waits until each is in sync.

import { type PlannedShard } from '../../lib/migration/plan';
import { type Context } from './context';
import { eachShard } from '../program/each-shard';
import { foreignStateAdvice } from '../shard/foreign';
import { lock, unlock } from '../shard/lock';
import { reattached } from '../shard/reattach';
import { type Outcome, RefusedError } from '../program/outcome';
import { refuseMissingRights } from './refuse-missing-rights';
import { refuseWatched } from './refuse-watched';
import { lagOf, Pair, type PairView, versionOf } from '../shard/pair';
import { Resyncs } from '../shard/resyncs';
import { restoreSettings, enableDisklessSync } from '../shard/persistence';
import { hostAndPort, ServerError, rethrowUnreachable } from '../redis/server';
import { productChecks } from '../checks/server-checks';
import { MEANING } from '../shard/shard-state';
import { reached } from '../shard/fault-points';
import { savingOf, type ServerView } from '../redis/server-view';

const POLL_MS = 250;

/** A link without progress is reconnected after this time: Redis itself waits a minute for an unresponsive master. */
const REATTACH_MS = 15_000;

export interface SyncOptions {
  readonly concurrency: number;
  readonly perSourceHost: number;
  /** Milliseconds without progress after which a shard is skipped. */
  readonly patienceMs: number;
}

export function sync(context: Context, options: SyncOptions): Promise<Outcome[]> {
  const groupOf = ({ old }: PlannedShard): string => hostAndPort(old).host;
  const limits = {
    concurrency: options.concurrency,
    perGroup: { concurrency: options.perSourceHost, groupOf },
  };
  return eachShard(context, limits, (shard) => syncShard(context, shard, options.patienceMs));
}

async function syncShard(context: Context, shard: PlannedShard, patienceMs: number): Promise<string> {
  const shardSync = new ShardSync(context, shard, patienceMs);
  try {
    return await shardSync.run();
  } finally {
    shardSync.close();
  }
}

/** Synchronizes one shard, and reconnects to a server that goes away. */
class ShardSync {
  private pair?: Pair;
  private lastProgress = performance.now();
  private lastReattach = performance.now();
  private lastState = '';
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
      const result = await this.runOnce().catch((error: unknown) => {
        if (!(error instanceof ServerError) || error.code !== 'UNREACHABLE' || error.isPermanent) throw error;
        this.reconnectLater(error);
        return undefined;
      });
      if (result !== undefined) return result;
      if (this.context.stop.aborted) throw new ServerError(this.shard.new, 'stopped before it was in sync', true);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Reads the state and does what it requires; returns the result once there is one. */
  private async runOnce(): Promise<string | undefined> {
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
        if (pairView.new?.lostOffset) await lockAndReattach(pair);
        else await this.reattachIfStalled(pair, pairView);
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

  /** Another synchronization would fork the live master again and fail again. */
  private async giveUp(pair: Pair, pairView: PairView): Promise<never> {
    const cause = await this.resyncs.explain(pair, pairView);
    await lock(pair);
    const { state, old, new: fresh } = await pair.observe();
    if (state === 'syncing' || state === 'in sync') {
      await pair.newRoles(fresh).demote();
      await restoreSettings(pair.old, versionOf(old)).catch(rethrowUnreachable);
    }
    await unlock(pair.new);
    const what = `the old server sent all its data ${this.resyncs.count} times, and forked each time, so the new one was detached`;
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
    return this.resyncs.count > 1 ? `all data was sent ${this.resyncs.count} times` : undefined;
  }

  private noteProgress({ new: fresh }: PairView): void {
    const { info } = fresh ?? {};
    const state = ['master_sync_left_bytes', 'master_sync_read_bytes', 'loading_loaded_bytes', 'master_link_status']
      .map((field) => info?.text(field))
      .join();
    const isSaving = info?.text('aof_rewrite_in_progress') === '1' && info.text('aof_last_bgrewrite_status') === 'ok';
    if (state === this.lastState && !isSaving) return;
    this.lastState = state;
    this.lastProgress = performance.now();
  }

  private async reattachIfStalled(pair: Pair, { new: fresh }: PairView): Promise<void> {
    const now = performance.now();
    const stalledMs = now - this.lastProgress;
    if (stalledMs > this.patienceMs)
      throw new ServerError(this.shard.new, 'no progress; check its log, and run this again', true);
    const busy = fresh?.isLoading === true || fresh?.isSyncing === true || fresh?.isLinked === true;
    if (busy || stalledMs < REATTACH_MS || now - this.lastReattach < REATTACH_MS) return;
    this.lastReattach = now;
    await lockAndReattach(pair);
  }

  /** A server went away: reconnects until the patience ends. */
  private reconnectLater(error: ServerError): void {
    this.close();
    if (performance.now() - this.lastProgress > this.patienceMs) throw error;
    this.context.report.progress({ shard: this.shard.shard, state: 'unreachable', detail: error.message });
  }
}

/** Makes the new server follow the old one, unless another migrator has done so meanwhile. */
async function attach(pair: Pair, { old, new: fresh }: PairView): Promise<void> {
  refuseWrongPair(pair.shard, { old, new: fresh });
  // Sentinel would discover the new server as a replica of the old one, and change its role as well.
  await refuseWatched(pair);
  await lock(pair);
  reached('sync.locked');
  if ((await pair.observe()).state === 'waiting') {
    // Not possible without CONFIG; preflight and cutover refuse such a server.
    await enableDisklessSync(pair.old, versionOf(old)).catch(rethrowUnreachable);
    await pair.newRoles(fresh).follow(pair.shard.old);
  }
  reached('sync.attached');
  await unlock(pair.new);
}

async function lockAndReattach(pair: Pair): Promise<void> {
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
    throw new RefusedError(`${newName} cannot load data of ${oldName}; run a later image of the same program`);
  }
}
