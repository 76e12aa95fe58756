// Connections to the two servers of a shard, as far as they can be reached.

import { otherSide, type ReplicatedShard, type Side, SIDES } from '../../lib/failover/replica-plan';
import { lockServer } from '../../migrator/shard/lock';
import { type Access, Member } from './member';
import { type ShardView, shardView } from './state';

export class ShardServers {
  /** Throws a ServerError if a server rejects the password or grants too few rights, since waiting does not help. */
  static async connect(shard: ReplicatedShard, access: Access): Promise<ShardServers> {
    const [a, b] = await Promise.all(SIDES.map((side) => Member.connect(shard, side, access)));
    const servers = new ShardServers(shard, { a, b }, access.planHash);
    const refusal = [a, b].map(({ silence }) => silence).find((it) => it?.isAboutUser);
    if (refusal === undefined) return servers;
    servers.close();
    throw refusal;
  }

  private constructor(
    readonly shard: ReplicatedShard,
    private readonly members: Readonly<Record<Side, Member>>,
    private readonly planHash: string,
  ) {}

  get(side: Side): Member {
    return this.members[side];
  }

  /** The server that Redis or Sentinel means. */
  sideOf(address: string): Side | 'other' {
    return SIDES.find((side) => this.members[side].is(address)) ?? 'other';
  }

  /** Why servers cannot be reached. */
  get silence(): string {
    return SIDES.flatMap((side) => this.members[side].silence?.message ?? []).join('; ');
  }

  async observe(): Promise<ShardView> {
    const [a, b] = await Promise.all(SIDES.map((side) => this.members[side].observe()));
    return shardView({ a, b }, (side, address) => this.sideOf(address) === otherSide(side));
  }

  /**
   * Takes the lock of the shard: on both servers, since either may be the one whose role changes, and on a first, so that two
   * programs do not wait for each other. Every role change uses a connection that has the lock. Throws BusyError or
   * OtherPlanError, or a ServerError.
   */
  async lock(): Promise<void> {
    for (const side of SIDES) {
      const member = this.members[side];
      if (member.silence === undefined) await lockServer(member.server, this.planHash);
    }
  }

  close(): void {
    for (const side of SIDES) this.members[side].close();
  }
}
