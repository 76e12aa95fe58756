// Makes Sentinel promote the replica of a master that is lost, if it has not done so by itself.

import { otherSide, type ReplicatedShard, type Side } from '../../lib/failover/replica-plan';
import { RefusedError } from '../../migrator/program/outcome';
import { AbortedError } from '../../migrator/shard/hand-over';
import { ShardServers } from '../shard/shard-servers';
import { MEANING, type ShardView } from '../shard/state';
import { accepted, votesOn } from './accepted';
import { type Context } from './context';
import { decide, isFresh, roleText } from './problems';

export class ShardFailover {
  constructor(
    private readonly context: Context,
    private readonly shard: ReplicatedShard,
  ) {}

  /** Returns what was done. */
  async run(): Promise<string> {
    const servers = await ShardServers.connect(this.shard, this.context.access);
    try {
      return await this.runOn(servers, await servers.observe());
    } finally {
      servers.close();
    }
  }

  private async runOn(servers: ShardServers, view: ShardView): Promise<string> {
    const { state, first } = view;
    switch (state) {
      case 'master lost':
        return this.promote(servers, view, otherSide(first));
      case 'alone':
        return this.conclude(servers, first);
      case 'ready':
      case 'behind':
      case 'detached':
      case 'interrupted':
      case 'stranded':
        throw new RefusedError(`${MEANING[state]}; a failover would lose writes: run switchover instead`);
      case 'unreachable':
        throw new AbortedError(`${servers.silence}; there is no server to promote`);
      default:
        throw new RefusedError(
          `${roleText(servers, view, 'a')}, ${roleText(servers, view, 'b')}; ${decide(this.shard.shard)}`,
        );
    }
  }

  private async promote(servers: ShardServers, view: ShardView, replica: Side): Promise<string> {
    const lost = otherSide(replica);
    if (!isFresh(view.views[replica])) {
      throw new RefusedError(
        `${replica} was not in sync when it lost ${lost}; bring ${lost} back, or, if that is lost for good, run failover --shards ${this.shard.shard} --to ${replica} --accept-data-loss`,
      );
    }
    const votes = await votesOn(this.context, servers);
    if (votes.agreed === lost && !votes.seeDown(lost)) {
      throw new RefusedError(
        `${servers.silence}, but the Sentinels reach it or wait for it; run it again in 10 seconds, and check the network policies`,
      );
    }
    if (votes.agreed === undefined) throw new AbortedError(`too few Sentinels name a master (${votes.text})`);
    return this.conclude(servers, replica);
  }

  /** Waits until the Sentinels name the server, and it is a master. */
  private async conclude(servers: ShardServers, master: Side): Promise<string> {
    this.context.report.progress({ shard: this.shard.shard, state: 'failing over', detail: `to ${master}` });
    const votes = await accepted(this.context, servers, master, 'failover.told');
    if (votes.agreed === master) return `${master} is the master, but ${servers.silence}`;
    throw new AbortedError(`the Sentinels have not accepted ${master} as the master (${votes.text}); run it again`);
  }
}
