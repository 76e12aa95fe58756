// The Sentinels of a fleet, and their votes on a shard.

import { masterName, quorumOf, type Side } from '../../lib/failover/replica-plan';
import { type Opinion, Sentinel } from './sentinel';

/** A Sentinel's opinion, in terms of the shard's two servers. */
export interface Vote extends Opinion {
  /** The server that it names; `other` if that is not a server of the shard. */
  readonly side?: Side | 'other';
}

/** All votes on a shard. */
export class Votes {
  constructor(
    readonly all: readonly Vote[],
    private readonly quorum: number,
  ) {}

  /** The Sentinels that name a server, or none. */
  naming(side: Vote['side']): Vote[] {
    return this.all.filter((vote) => vote.silence === undefined && vote.side === side);
  }

  /**
   * The same, without those that know the server by another port than enough of them do: while TLS is turned on or off, most Sentinels would
   * not reach a server at the port by which one of these promotes it.
   */
  namingAsMost(side: Side): Vote[] {
    const all = this.naming(side);
    const count = (names?: string): number => all.filter((vote) => vote.names === names).length;
    return all.filter(({ names }) => !all.some((vote) => vote.names !== names && count(vote.names) >= this.quorum));
  }

  /** The server that enough of them name. */
  get agreed(): Side | undefined {
    return (['a', 'b'] as const).find((side) => this.naming(side).length >= this.quorum);
  }

  /** Whether enough of them say that they do not monitor the shard, and none of the others does. */
  get isUnmonitored(): boolean {
    const unaware = this.naming(undefined).length;
    return unaware >= this.quorum && unaware === this.heard.length;
  }

  /** Whether enough of them reply. */
  get isHeard(): boolean {
    return this.heard.length >= this.quorum;
  }

  /** Those that reply. */
  get heard(): Vote[] {
    return this.all.filter(({ silence }) => silence === undefined);
  }

  /** Whether enough of those that name a server as the master cannot reach it. */
  seeDown(side: Side): boolean {
    return this.naming(side).filter(({ flags }) => flags.some((it) => it.endsWith('_down'))).length >= this.quorum;
  }

  /** `2 of 3 name b, 1 is silent` */
  get text(): string {
    const { all } = this;
    const counts = [
      ...(['a', 'b'] as const).map((side) => [this.naming(side).length, `name ${side}`] as const),
      [this.naming('other').length, 'name a server that is not in the plan'] as const,
      [this.naming(undefined).length, 'do not monitor it'] as const,
      [all.length - this.heard.length, 'cannot be reached'] as const,
    ];
    const parts = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} of ${all.length} ${what}`);
    return `Sentinels: ${parts.join(', ')}`;
  }
}

export class Sentinels {
  readonly all: readonly Sentinel[];
  readonly quorum: number;

  constructor(
    addresses: readonly string[],
    readonly password?: string,
  ) {
    this.all = addresses.map((address) => new Sentinel(address, { password }));
    this.quorum = quorumOf(addresses.length);
  }

  /** @param sideOf the server of the shard that has an address */
  async votesOn(shard: number, sideOf: (address: string) => Side | 'other'): Promise<Votes> {
    const opinions = await Promise.all(this.all.map((it) => it.opinionOn(masterName(shard))));
    const votes = opinions.map((it) => ({ ...it, side: it.names === undefined ? undefined : sideOf(it.names) }));
    return new Votes(votes, this.quorum);
  }

  byAddress(address: string): Sentinel {
    const found = this.all.find((it) => it.address === address);
    if (found === undefined) throw new Error(`${address} is not a Sentinel of the plan`);
    return found;
  }

  close(): void {
    for (const sentinel of this.all) sentinel.close();
  }
}
