// Makes a server the master with what it has, although another one may have had more: an operator accepts that this is lost.
//
// The server becomes eligible, is promoted, and one Sentinel fails over to it. That gives its role a new epoch, so that a
// Sentinel which was away, and a master that returns, accept it. (REMOVE and MONITOR would begin with epoch 0, and the next
// Sentinel that remembers the lost master would bring it back. They are used only where the Sentinels do not know the server.)
// If this program dies in between, Sentinel may finish by itself, and another run does.

import {
  masterName,
  otherSide,
  type ReplicatedShard,
  sentinelSettings,
  type Side,
} from '../../lib/failover/replica-plan';
import { ROLE_USER } from '../../lib/migration/plan';
import { reached } from '../../migrator/shard/fault-points';
import { AbortedError, isWorthRetrying } from '../../migrator/shard/hand-over';
import { RefusedError } from '../../migrator/program/outcome';
import { hostAndPort, rethrowUnreachable } from '../../migrator/redis/server';
import { type ServerView } from '../../migrator/redis/server-view';
import { type Votes } from '../sentinel/sentinels';
import { ShardServers } from '../shard/shard-servers';
import { bothOf, masterOf, type ShardView } from '../shard/state';
import { accepted, promoterOf, votesOn } from './accepted';
import { type Context } from './context';
import { roleText } from './problems';

const POLL_MS = 250;

const TRIES = 3;

/** Sentinels read the priority of a replica without a link every second, and of others every 10 seconds. */
const NOTICE_MS = 15_000;

/** The priority of a replica that Sentinel may promote. */
const ELIGIBLE = 100;

export class ShardOverride {
  constructor(
    private readonly context: Context,
    private readonly shard: ReplicatedShard,
    private readonly to: Side,
  ) {}

  /** Returns what was done. */
  async run(): Promise<string> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.withServers(async (servers) => {
          await servers.lock();
          reached('failover.locked');
          return this.runOn(servers, await servers.observe());
        });
      } catch (error) {
        // Sentinel closes the connections to a server that it promotes.
        if (!isWorthRetrying(error) || tries >= TRIES || this.context.stop.aborted) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  private async runOn(servers: ShardServers, view: ShardView): Promise<string> {
    const { to } = this;
    const own = view.views[to];
    const votes = await votesOn(this.context, servers);
    if (own === undefined) throw new RefusedError(`${servers.silence}; start ${to} first, or choose the other server`);
    this.refuse(servers, view, votes);
    const loss = this.lossOf(servers, view);
    this.tell('accepted', loss);
    const other = otherSide(to);
    // Otherwise it would accept more writes that are lost.
    if (view.state === 'two masters') await servers.get(other).rolesOf(bothOf(view)[other]).demote();
    const isKnown = await this.makeEligible(servers, own);
    if (!own.isMaster) await servers.get(to).rolesOf(own).promote([], true);
    reached('failover.promoted');
    if (isKnown) await this.convince(servers);
    else await this.introduce(servers, votes);
    const { roles, views } = await this.withServers((again) => again.observe());
    const theirs = views[other];
    if (theirs === undefined || roles[other] === 'partner') return `${to} is the master; accepted: ${loss}`;
    await this.attach();
    return `${to} is the master, and ${other} follows it; accepted: ${loss}`;
  }

  /** Refuses where nothing has to be lost, or where it would not work. */
  private refuse(servers: ShardServers, view: ShardView, votes: Votes): void {
    const { to } = this;
    const other = otherSide(to);
    const master = masterOf(view);
    if (master === other) {
      throw new RefusedError(
        `${roleText(servers, view, other)} and can be reached, so nothing has to be lost; run switchover when ${to} is in sync`,
      );
    }
    if (view.state === 'interrupted' || view.state === 'stranded') {
      throw new RefusedError(`a switchover was interrupted, and nothing has to be lost; run switchover again`);
    }
    if (view.views[to]?.isLoading === true) throw new RefusedError(`${to} is loading its data; wait until it has it`);
    if (!votes.isHeard) {
      throw new RefusedError(`${votes.text}: no bridge would route to ${to}; start the Sentinels first`);
    }
    if (view.views[other] === undefined && votes.agreed === other && !votes.seeDown(other)) {
      throw new RefusedError(
        `${servers.silence}, but the Sentinels reach it or wait for it; run it again in 10 seconds, and check the network policies`,
      );
    }
  }

  /** What is accepted, in words. */
  private lossOf(servers: ShardServers, view: ShardView): string {
    const { to } = this;
    const other = otherSide(to);
    const { [to]: own, [other]: theirs } = view.views;
    const has = `${to} serves with its ${own?.keys ?? 0} keys`;
    const down = own?.info.text('master_link_down_since_seconds') ?? '';
    const since = /^\d+$/.test(down) ? `, which it last received from ${other} ${down} s ago` : '';
    const theirKeys = theirs === undefined ? '' : `; ${roleText(servers, view, other)}`;
    return `${has}${since}${theirKeys}; what only ${other} has is lost, also when it returns`;
  }

  /** Returns whether a Sentinel would promote it; false if none knows it. */
  private async makeEligible(servers: ShardServers, own: ServerView): Promise<boolean> {
    if (!own.isMaster) await servers.get(this.to).server.call('CONFIG', 'SET', 'replica-priority', ELIGIBLE);
    reached('failover.eligible');
    const deadline = performance.now() + NOTICE_MS;
    for (;;) {
      const votes = await votesOn(this.context, servers);
      if (votes.agreed === this.to) return true;
      if (votes.isUnmonitored) return false;
      if (promoterOf(this.context, servers, votes, this.to) !== undefined) return true;
      if (performance.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Tells one Sentinel. */
  private async convince(servers: ShardServers): Promise<void> {
    const votes = await accepted(this.context, servers, this.to, 'failover.told');
    if (votes.agreed === this.to) return;
    throw new AbortedError(
      `${this.to} is a master, but the Sentinels have not accepted it (${votes.text}); run it again`,
    );
  }

  /** Makes every Sentinel forget the shard and monitor this server. All have to reply: one that did not would bring the other server back. */
  private async introduce(servers: ShardServers, { all, text }: Votes): Promise<void> {
    const silent = all.flatMap(({ silence }) => silence ?? []);
    if (silent.length > 0) {
      throw new AbortedError(
        `no Sentinel knows ${this.to}, and one that cannot be reached may bring the other server back (${text}: ${silent.join('; ')}); start it, and run it again`,
      );
    }
    const { sentinels, access } = this.context;
    const { server, masterAddress } = servers.get(this.to);
    const user = await server.call('ACL', 'WHOAMI').catch(rethrowUnreachable);
    // Any password is right for a user that has none.
    const login =
      user === ROLE_USER
        ? [['auth-pass', access.password ?? 'none'] as const, ['auth-user', ROLE_USER] as const]
        : access.password === undefined
          ? []
          : [['auth-pass', access.password] as const];
    for (const [ordinal, sentinel] of sentinels.all.entries()) {
      const name = masterName(this.shard.shard);
      await sentinel.monitor(name, hostAndPort(masterAddress), sentinels.quorum, [
        ...login,
        ...sentinelSettings(ordinal, this.shard.shard),
      ]);
    }
  }

  /** The other server follows, if it can be reached. */
  private async attach(): Promise<void> {
    await this.withServers(async (servers) => {
      await servers.lock();
      const view = await servers.observe();
      const other = servers.get(otherSide(this.to));
      const theirs = view.views[other.side];
      if (theirs === undefined || view.roles[this.to] !== 'master') return;
      await other
        .rolesOf(theirs)
        .follow(servers.get(this.to).masterAddress, [['CONFIG', 'SET', 'replica-priority', 0]]);
    });
  }

  private async withServers<T>(act: (servers: ShardServers) => Promise<T>): Promise<T> {
    const servers = await ShardServers.connect(this.shard, this.context.access);
    try {
      return await act(servers);
    } finally {
      servers.close();
    }
  }

  private tell(state: string, detail?: string): void {
    this.context.report.progress({ shard: this.shard.shard, state, detail });
  }
}
