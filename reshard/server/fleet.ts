// All servers of a plan, and what they are together.

import { setTimeout as sleep } from 'node:timers/promises';
import { documentAt } from '../../lib/common/documents';
import { RefusedError } from '../../migrator/program/outcome';
import { type RedisServer } from '../../migrator/redis/server';
import { AbortedError } from '../../migrator/shard/hand-over';
import { isCluster, type ReshardPlan, type RingId } from '../plan/plan';
import { type SlotOwners } from '../plan/slots';
import { type Access } from './access';
import { Cluster } from './cluster';
import { type Epoch, MEANING, ringOf, type State, stateOf } from './epoch';
import { usersOf } from './ring-users';
import { type FleetServer } from './server';
import { FleetShard } from './shard';

/** How often servers that contradict each other are read, and the time between. */
const TRIES = 4;
const BETWEEN_MS = 50;

export class Fleet {
  static async connect(plan: ReshardPlan, access: Access): Promise<Fleet> {
    const users = usersOf(plan);
    const shards = plan.shards.map(({ shard, host, port, replica }) =>
      FleetShard.connect(shard, [{ host, port }, ...(replica === undefined ? [] : [replica])], users, access),
    );
    const members = new Set(plan.a.servers.map(({ shard }) => shard));
    const next = 1 + Math.max(...plan.shards.map(({ shard }) => shard));
    const cluster = isCluster(plan.b) ? await Cluster.connect(plan.b, next, access) : undefined;
    return new Fleet(await Promise.all(shards), (ordinal) => members.has(ordinal), cluster);
  }

  /** Those of the plan, and then those of the Redis Cluster. */
  readonly shards: readonly FleetShard[];

  private constructor(
    planned: readonly FleetShard[],
    private readonly isInA: (ordinal: number) => boolean,
    private readonly cluster: Cluster | undefined,
  ) {
    this.shards = [...planned, ...(cluster?.shards ?? [])];
  }

  /** The owners of the slots of the Redis Cluster; none if B is a ring. */
  get slots(): SlotOwners {
    return this.cluster?.slots ?? [];
  }

  /** Whether a shard is one of the Redis Cluster. */
  isInCluster(ordinal: number): boolean {
    return this.cluster?.shards.some((shard) => shard.ordinal === ordinal) ?? false;
  }

  /** Every server that can be reached. */
  get servers(): FleetServer[] {
    return this.shards.flatMap(({ servers }) => servers);
  }

  /** The master of each shard. Throws the error of the first shard that is not complete. */
  get masters(): FleetServer[] {
    return this.shards.map(({ complete }) => complete);
  }

  /** The connection that holds the lock: to the master of the first shard, which is also opened before the others. */
  get lockHolder(): RedisServer {
    const [first] = this.shards;
    const master = first.servers.find(({ role }) => role.isMaster);
    return (master ?? first.complete).redis;
  }

  /** What the servers of each shard are. While a change is under way, some may be read before it and some after it: they are read again. */
  async epochs(): Promise<Epoch[][]> {
    for (let tries = 1; ; tries++) {
      const epochs = this.withoutNew(await Promise.all(this.shards.map((shard) => shard.epochs())));
      if (tries === TRIES || stateIn(epochs) !== 'mixed') return epochs;
      await sleep(BETWEEN_MS);
    }
  }

  async state(): Promise<State> {
    return stateIn(await this.epochs());
  }

  /** Checks that the Redis Cluster, if B is one, has the nodes and slots that it had. Throws an AbortedError or a ServerError. */
  async checkCluster(): Promise<void> {
    await this.cluster?.check();
  }

  /** Fences every server. Throws if one fails, or is not what it was. */
  async fence(next: RingId): Promise<void> {
    await forEach(this.shards, (shard) => shard.fence(next));
  }

  /** Waits until the replicas have what was copied, so many milliseconds at most. */
  async replicated(ms: number): Promise<void> {
    await forEach(this.shards, (shard) => shard.replicated(ms));
  }

  /** Opens the master of the first shard before all others: as long as it is fenced, none is open. */
  async open(ring: RingId, firstIsOpen?: () => void): Promise<void> {
    const [first, ...others] = this.servers;
    await first.open(ring);
    firstIsOpen?.();
    await forEach(others, (server) => server.open(ring));
  }

  async persist(): Promise<void> {
    await forEach(this.servers, (server) => server.persist());
  }

  /** Opens the servers that can be reached for the ring that served before, also if some of them fail. */
  async giveBack(ring: RingId): Promise<void> {
    // The order does not matter here: it is known which ring has every write.
    await forEach(this.servers, (server) => server.open(ring)).finally(() => this.persist());
  }

  /** Gives the servers back to the ring that has every write, if a change was interrupted; returns the ring that serves. */
  async recover(note: (text: string) => void): Promise<RingId> {
    const state = await this.state();
    const ring = ringOf(state);
    if (ring === undefined) {
      if (state === 'unknown') throw new AbortedError(MEANING[state]);
      throw new RefusedError(`${MEANING[state]}; ${documentAt('docs/reshard.md#the-state-of-a-fleet')}`);
    }
    if (state.startsWith('back')) {
      await this.giveBack(ring);
      note(MEANING[state]);
    }
    return ring;
  }

  /** Creates the user of the other ring where there is none, and keeps the users over a restart. Throws a RefusedError. */
  async prepare(): Promise<void> {
    if ((await this.state()) === 'serves A') await this.cluster?.refuseClients();
    await forEach(this.servers, (server) => server.prepare());
    const epochs = await this.epochs();
    const isNew = this.shards.filter((_, i) => epochs[i].includes('new'));
    await forEach(
      isNew.flatMap(({ servers }) => servers),
      (server) => server.open('a'),
    );
    await this.persist();
  }

  /** As long as all servers of ring A serve it, a server that it does not have says nothing: it may come from another fleet. */
  private withoutNew(epochs: Epoch[][]): Epoch[][] {
    const members = epochs.filter((_, i) => this.isInA(this.shards[i].ordinal)).flat();
    const serving = members.filter((epoch) => epoch !== 'unreachable');
    if (serving.length === 0 || serving.some((epoch) => epoch !== 'serves A')) return epochs;
    const isNew = (epoch: Epoch): boolean => epoch !== 'serves A' && epoch !== 'unreachable';
    return epochs.map((own, i) =>
      this.isInA(this.shards[i].ordinal) ? own : own.map((epoch) => (isNew(epoch) ? 'new' : epoch)),
    );
  }

  close(): void {
    for (const shard of this.shards) shard.close();
  }
}

function stateIn([first, ...others]: readonly Epoch[][]): State {
  return stateOf(first, others.flat());
}

/** Works on all, and then throws the first error. */
async function forEach<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(all.map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
