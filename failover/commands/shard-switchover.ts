// The switchover of one shard: does what its state requires, until the server that is to be the master is one, its partner
// follows it, and the Sentinels name it.
//
//   state                         what a run does
//   ready, Sentinels agree        hands over (without --to: to the replica); the other server then follows, Sentinel is told
//   ready, Sentinels name the     an earlier run died after the promotion: tells one Sentinel; then as above if --to asks for it
//     replica
//   interrupted                   the demoted server serves nobody, its replica was never promoted: promotes the replica if it
//                                 has everything, and otherwise the demoted one again
//   detached                      an earlier run died after the promotion: the demoted server follows the master, if it has
//                                 nothing that the master lacks; refused otherwise
//   stranded                      while the Sentinels name the demoted server, the other never had a client: promotes the
//                                 demoted one again
//   behind                        waits, then skips the shard
//   alone                         tells a Sentinel if an earlier run died after the promotion; skips the shard
//   unreachable                   skips the shard
//   master lost                   refused: Sentinel fails over, or the command failover
//   two masters, no master        refused: a person decides, with failover --accept-data-loss

import { otherSide, type ReplicatedShard, type Side } from '../../lib/failover/replica-plan';
import {
  AbortedError,
  covers,
  handOver,
  type HandOver,
  isWorthRetrying,
  promoteIfEqual,
} from '../../migrator/shard/hand-over';
import { reached } from '../../migrator/shard/fault-points';
import { RefusedError } from '../../migrator/program/outcome';
import { type CommandLine } from '../../migrator/redis/server';
import { type Votes } from '../sentinel/sentinels';
import { ShardServers } from '../shard/shard-servers';
import { bothOf, isCovered, MEANING, type ShardView, whyNotEligible } from '../shard/state';
import { accepted, promoterOf, votesOn } from './accepted';
import { type Context } from './context';
import { decide, roleText } from './problems';

export interface SwitchoverOptions {
  readonly concurrency: number;
  /** The server that is to be the master. @default - the one that is not */
  readonly to?: Side;
  /** Milliseconds for which writes may be held. */
  readonly deadlineMs: number;
  /** How long to wait for a replica that is nearly in sync, and for Sentinels that know it. */
  readonly patienceMs: number;
}

/** How often an aborted switchover is tried. */
const TRIES = 3;

/** How often the state is read while the shard cannot be handed over yet. */
const POLL_MS = 250;

/** Lag in bytes below which writes are held: it is made up in milliseconds. */
const NEAR = 2 ** 20;

/** A check of a bridge waits for a change of the role, or for the end of its connection. Sentinel sends it with each change as well. */
const END_CHECKS: CommandLine = ['CLIENT', 'KILL', 'TYPE', 'normal'];

/** How long the demoted server may take to connect to the new master. */
const LINK_MS = 10_000;

export class ShardSwitchover {
  private readonly giveUpAt: number;
  /** What this run, or the one that it continues, has done. */
  private done?: string;
  private waitsFor = 'it took too long; run it again';

  constructor(
    private readonly context: Context,
    private readonly options: SwitchoverOptions,
    private readonly shard: ReplicatedShard,
  ) {
    this.giveUpAt = performance.now() + options.patienceMs;
  }

  /** Returns what was done. */
  async run(): Promise<string> {
    for (let failures = 0; ;) {
      try {
        const result = await this.withServers((servers) => this.runOnce(servers));
        if (result !== undefined) return result;
        if (this.isOver) throw new AbortedError(this.context.stop.aborted ? 'stopped before it began' : this.waitsFor);
      } catch (error) {
        failures += 1;
        if (error instanceof SlowSentinelsError || !isWorthRetrying(error) || failures >= TRIES || this.isOver)
          throw error;
        this.tell('tried again', (error as Error).message);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Whether the time is up, or the program is to stop. */
  private get isOver(): boolean {
    return this.context.stop.aborted || performance.now() > this.giveUpAt;
  }

  private async withServers<T>(act: (servers: ShardServers) => Promise<T>): Promise<T> {
    const servers = await ShardServers.connect(this.shard, this.context.access);
    try {
      return await act(servers);
    } finally {
      servers.close();
    }
  }

  /** Does what the state of the shard requires; returns undefined if it has to be read again. */
  private async runOnce(servers: ShardServers): Promise<string | undefined> {
    await servers.lock();
    reached('switchover.locked');
    const view = await servers.observe();
    const { state, first } = view;
    switch (state) {
      case 'ready':
        return this.move(servers, view, first);
      case 'behind':
        return this.wait(`${otherSide(first)} is not in sync: ${whyNotEligible(view.views[otherSide(first)])}`);
      case 'interrupted':
        await this.resume(servers, view, first);
        return undefined;
      case 'detached':
        await this.attach(servers, view, first);
        return undefined;
      case 'stranded':
        await this.release(servers, view, first);
        return undefined;
      case 'alone':
        return this.alone(servers, first);
      case 'unreachable':
        return this.wait(servers.silence);
      case 'master lost':
        throw new RefusedError(
          `${servers.silence}; a switchover needs both servers; if Sentinel does not fail over within seconds, run failover`,
        );
      default:
        throw new RefusedError(
          `${roleText(servers, view, 'a')}, ${roleText(servers, view, 'b')}; ${decide(this.shard.shard)}`,
        );
    }
  }

  private wait(reason: string): string | undefined {
    this.waitsFor = `${reason}; run it again`;
    this.tell('waiting', reason);
    return undefined;
  }

  /** One server is the master, and the other can take over. */
  private async move(servers: ShardServers, view: ShardView, master: Side): Promise<string | undefined> {
    const votes = await votesOn(this.context, servers);
    // An earlier run, or one that Sentinel has not noticed, promoted the master.
    const isNews = votes.naming(otherSide(master)).length > 0 || this.done !== undefined;
    if (isNews && votes.agreed !== master) return this.conclude(servers, master);
    const to = this.options.to ?? (this.done === undefined ? otherSide(master) : master);
    if (to === master && (votes.agreed === master || votes.isUnmonitored))
      return this.done ?? `${master} is the master`;
    const obstacle = this.obstacle(servers, votes, master);
    if (obstacle !== undefined) return this.wait(obstacle);
    const { [master]: own, [otherSide(master)]: theirs } = bothOf(view);
    const lag = own.offset - theirs.offset;
    if (lag > NEAR) return this.wait(`${to} lacks ${lag} bytes`);
    const it = handOverOf(servers, view, master, this.options.deadlineMs);
    await it.from.roles.checkDurable();
    await it.to.roles.checkDurable();
    reached('switchover.checked');
    this.tell('moving', `${master} to ${to}`);
    // A replica is eligible again when it is in sync with its new master; as in the pods, which raise it then.
    await it.from.server.call('CONFIG', 'SET', 'replica-priority', 0);
    await handOver(it);
    this.done = `${to} is the master`;
    await this.follow(servers, master);
    return this.conclude(servers, to);
  }

  /** Why Sentinel would not accept another master; undefined if it would. Throws a RefusedError. */
  private obstacle(servers: ShardServers, votes: Votes, master: Side): string | undefined {
    if (votes.isUnmonitored) {
      throw new RefusedError(
        `${votes.text}: they start by themselves when one server is the master and the other follows; during a migration they do not, and then the proxies reach only one of the two servers`,
      );
    }
    if (votes.agreed !== master) return `the Sentinels do not agree (${votes.text})`;
    if (promoterOf(this.context, servers, votes, otherSide(master)) !== undefined) return undefined;
    return `no Sentinel would promote ${otherSide(master)} yet (they read priorities every 10 seconds)`;
  }

  /** The demoted server has every write, and nobody serves: the first thing to change. */
  private async resume(servers: ShardServers, view: ShardView, demoted: Side): Promise<void> {
    const replica = otherSide(demoted);
    const it = handOverOf(servers, view, demoted, this.options.deadlineMs);
    const { [demoted]: from, [replica]: to } = bothOf(view);
    if (this.options.to !== demoted && covers(to, from)) {
      this.tell('moving', 'continues an interrupted run');
      await promoteIfEqual(it, from);
      this.done = `${replica} is the master`;
      await this.follow(servers, demoted);
      return;
    }
    this.tell('released', `${demoted} serves again`);
    await it.from.roles.promote([], true);
  }

  /** The replica died, or cannot be reached. No bridge routes to it unless Sentinels name it, or the demoted server follows it. */
  private async release(servers: ShardServers, view: ShardView, demoted: Side): Promise<void> {
    const votes = await votesOn(this.context, servers);
    if (votes.agreed !== demoted) {
      throw new RefusedError(
        `${MEANING.stranded}: ${servers.silence} (${votes.text}); bring it back, and run it again`,
      );
    }
    this.tell('released', `${demoted} serves again`);
    const own = view.views[demoted];
    if (own !== undefined) await servers.get(demoted).rolesOf(own).promote([], true);
  }

  /** Without a partner that follows it, a master has clients only if the Sentinels name it. */
  private async alone(servers: ShardServers, master: Side): Promise<string | undefined> {
    const votes = await votesOn(this.context, servers);
    const wasPromoted = this.done !== undefined || votes.seeDown(otherSide(master));
    if (wasPromoted && votes.agreed !== master) {
      const result = await this.conclude(servers, master);
      return result && `${result}, but ${servers.silence}`;
    }
    if (this.done !== undefined && this.options.to !== otherSide(master)) return `${this.done}, but ${servers.silence}`;
    return this.wait(`${MEANING.alone}: ${servers.silence}`);
  }

  /** Another run promoted the master, and died before its partner followed it. */
  private async attach(servers: ShardServers, view: ShardView, master: Side): Promise<void> {
    const other = otherSide(master);
    const { [master]: own, [other]: theirs } = bothOf(view);
    if (view.roles[other] !== 'nowhere' || !isCovered(theirs, own)) {
      throw new RefusedError(
        `${roleText(servers, view, master)}, but ${roleText(servers, view, other)} and may have writes that ${master} lacks; if ${master} has the right data, run failover --shards ${this.shard.shard} --to ${master} --accept-data-loss`,
      );
    }
    this.tell('attaching', `${other} to ${master}`);
    this.done = `${master} is the master`;
    await this.follow(servers, other);
  }

  /**
   * Makes a demoted server follow its partner, and waits for the link. Its priority stays 0 until it is in sync. Then the checks of the
   * bridges, which wait for it, are ended.
   */
  private async follow(servers: ShardServers, side: Side): Promise<void> {
    const member = servers.get(side);
    const view = await member.observe();
    if (view === undefined) throw member.silence ?? new AbortedError(`${side} cannot be reached`);
    await member.rolesOf(view).follow(servers.get(otherSide(side)).masterAddress, [
      ['CONFIG', 'SET', 'replica-priority', 0],
      // The pause that held the writes would hold the link as well.
      ['CLIENT', 'UNPAUSE'],
    ]);
    reached('switchover.followed');
    const deadline = performance.now() + LINK_MS;
    while ((await member.observe())?.isLinked === false && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await member.server.each([END_CHECKS]);
  }

  /** The last step: the Sentinels name the master. */
  private async conclude(servers: ShardServers, master: Side): Promise<string | undefined> {
    this.done ??= `${master} is the master`;
    this.tell('moved', 'waiting for the Sentinels');
    const votes = await accepted(this.context, servers, master, 'switchover.told');
    if (votes.agreed === master) {
      const isElsewhere = this.options.to !== undefined && this.options.to !== master;
      return isElsewhere ? undefined : this.done;
    }
    if (votes.isUnmonitored) return `${this.done}; the Sentinels do not monitor the shard yet`;
    throw new SlowSentinelsError(
      `${this.done} and serves, but the Sentinels have not accepted it (${votes.text}); run it again`,
    );
  }

  private tell(state: string, detail?: string): void {
    this.context.report.progress({ shard: this.shard.shard, state, detail });
  }
}

/** A retry at once would not help: they had enough time. */
class SlowSentinelsError extends AbortedError {}

function handOverOf(servers: ShardServers, view: ShardView, from: Side, deadlineMs: number): HandOver {
  const views = bothOf(view);
  const memberOf = (side: Side): HandOver['from'] => {
    const member = servers.get(side);
    return { server: member.server, roles: member.rolesOf(views[side]) };
  };
  return {
    from: memberOf(from),
    to: memberOf(otherSide(from)),
    fromAddress: servers.get(from).masterAddress,
    deadlineMs,
    method: 'pause',
    acceptVolatileFence: false,
    acceptVolatilePromotion: false,
    beforePromotion: [END_CHECKS],
    command: 'switchover',
  };
}
