// All servers of a plan, and what they are together.

import { setTimeout as sleep } from 'node:timers/promises';
import { documentAt } from '../../lib/common/documents';
import { ServerError } from '../../migrator/redis/server';
import { RefusedError } from '../../migrator/program/outcome';
import { AbortedError } from '../../migrator/shard/hand-over';
import { type ReshardPlan, type RingId } from '../plan/plan';
import { type Epoch, MEANING, ringOf, type State, stateOf } from './epoch';
import { FleetServer } from './server';

export interface Access {
  readonly user: string;
  readonly password?: string;
  readonly timeoutMs?: number;
}

/** A server of the plan: connected, or why it is not. */
export type Found = FleetServer | ServerError;

/** How often servers that contradict each other are read, and the time between. */
const TRIES = 4;
const BETWEEN_MS = 50;

export class Fleet {
  static async connect({ shards }: ReshardPlan, access: Access): Promise<Fleet> {
    const found = await Promise.all(
      shards.map((shard) =>
        FleetServer.connect(shard, access).catch((error: unknown) => {
          if (error instanceof ServerError) return error;
          throw error;
        }),
      ),
    );
    return new Fleet(found);
  }

  private constructor(readonly found: readonly Found[]) {}

  /** The servers that can be reached. */
  get servers(): FleetServer[] {
    return this.found.filter((one) => one instanceof FleetServer);
  }

  /** All servers. Throws the error of the first that cannot be reached. */
  get all(): FleetServer[] {
    const error = this.found.find((one) => one instanceof ServerError);
    if (error !== undefined) throw error;
    return this.servers;
  }

  /** What each server is. While a change is under way, some may be read before it and some after it: they are read again. */
  async epochs(): Promise<Epoch[]> {
    for (let tries = 1; ; tries++) {
      const epochs = await this.epochsOnce();
      if (tries === TRIES || stateOf(epochs) !== 'mixed') return epochs;
      await sleep(BETWEEN_MS);
    }
  }

  private async epochsOnce(): Promise<Epoch[]> {
    return Promise.all(
      this.found.map(async (one) => (one instanceof FleetServer ? one.epoch() : Promise.resolve<Epoch>('unreachable'))),
    );
  }

  async state(): Promise<State> {
    return stateOf(await this.epochs());
  }

  /** Opens the first server before the others: as long as it is fenced, none is open. */
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
    await this.open(ring).finally(() => this.persist());
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
    } else {
      // An earlier run may have died before it did this.
      await this.persist();
    }
    return ring;
  }

  close(): void {
    for (const server of this.servers) server.close();
  }
}

/** Works on all servers, and then throws the first error. */
async function forEach(servers: readonly FleetServer[], work: (server: FleetServer) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(servers.map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
