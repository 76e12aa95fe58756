// Keeps copies of all moving keys on the servers of the other ring, and changes over to it when it is asked to.

import { setTimeout as sleep } from 'node:timers/promises';
import { reached } from '../../migrator/shard/fault-points';
import { type RedisServer } from '../../migrator/redis/server';
import { AbortedError } from '../../migrator/shard/hand-over';
import { otherRing, type RingId } from '../plan/plan';
import { type Rings } from '../plan/rings';
import { ChangeLog } from '../server/change-log';
import { type Access } from '../server/access';
import { type Fleet } from '../server/fleet';
import { Pace } from './pace';
import { Source } from './source';

/** How many changed keys may be left when the servers are fenced: they are copied while nobody is served. */
const FEW = 500;

/** How long to wait if nothing has changed. */
const IDLE_MS = 5;

/** What a change took. */
export interface Hold {
  /** From the first command of the fence to the last one that opened a server. */
  readonly ms: number;
  /** Keys that were copied in that time. */
  readonly keys: number;
}

export class Mover {
  /**
   * Opens the change logs, and begins the copy.
   *
   * @param serving the ring that serves
   * @param rate how many keys a second are copied for the first time
   */
  static async start(fleet: Fleet, rings: Rings, serving: RingId, access: Access, rate = Infinity): Promise<Mover> {
    const mover = new Mover(fleet, rings, serving, new Pace(rate));
    try {
      await mover.openLogs(access);
    } catch (error) {
      mover.close();
      throw error;
    }
    for (const source of mover.sources.values()) source.restart();
    return mover;
  }

  private readonly sources: ReadonlyMap<number, Source>;
  private readonly logs: ChangeLog[] = [];
  private readonly redisOf: ReadonlyMap<number, RedisServer>;
  private failure?: Error;

  private constructor(
    private readonly fleet: Fleet,
    private readonly rings: Rings,
    private ring: RingId,
    pace: Pace,
  ) {
    this.redisOf = new Map(fleet.masters.map((server) => [server.ordinal, server.redis]));
    this.sources = new Map(
      fleet.masters.map(({ ordinal, redis }) => {
        return [ordinal, new Source(redis, (key) => this.targetOf(key, ordinal), pace)];
      }),
    );
  }

  /** The ring that serves. */
  get serving(): RingId {
    return this.ring;
  }

  get isCopied(): boolean {
    return this.all.every(({ isScanned }) => isScanned) && this.lag <= FEW;
  }

  /** Changed keys that have not been copied yet. */
  get lag(): number {
    return this.all.reduce((sum, { pending }) => sum + pending.size, 0);
  }

  get copied(): number {
    return this.all.reduce((sum, { copied }) => sum + copied, 0);
  }

  /** Copies on every server at a time, until there is nothing left or it is interrupted. Throws if a change log has ended. */
  async copyUntil(isEnough: () => boolean): Promise<void> {
    await Promise.all(
      this.all.map(async (source) => {
        while (!isEnough()) {
          if (this.failure) throw this.failure;
          const isBusy = await source.step().catch((error: unknown) => {
            // The other servers stop as well.
            this.fail(error as Error);
            throw error;
          });
          if (!isBusy) await sleep(IDLE_MS);
        }
      }),
    );
    if (this.failure) throw this.failure;
  }

  /**
   * Makes the other ring serve. If anything fails before the first server is open, the servers are given back.
   *
   * @param deadlineMs how long nobody may be served
   */
  async changeOver(deadlineMs: number): Promise<Hold> {
    const next = otherRing(this.ring);
    const before = this.copied;
    // Not only behind the fence: nobody should have to wait for what is known before.
    await this.fleet.checkCluster();
    const start = performance.now();
    reached('reshard.copied');
    try {
      await this.fleet.fence(next);
      reached('reshard.fenced');
      await within(deadlineMs - (performance.now() - start), this.drain(start + deadlineMs));
      reached('reshard.drained');
    } catch (error) {
      await this.fleet.giveBack(this.ring);
      throw error;
    }
    // From here on, changes are those of the next ring.
    this.ring = next;
    this.handOverStreams();
    await this.fleet.open(next, () => {
      reached('reshard.opened');
    });
    const ms = performance.now() - start;
    await this.fleet.persist();
    return { ms, keys: this.copied - before };
  }

  close(): void {
    for (const log of this.logs) log.close();
  }

  private get all(): Source[] {
    return [...this.sources.values()];
  }

  /** The fence is made durable while the rest is copied. @param deadline as of performance.now() */
  private async drain(deadline: number): Promise<void> {
    const durable = Promise.all([this.fleet.persist(), this.fleet.checkCluster()]);
    // Otherwise an error of both would be unhandled.
    durable.catch(() => undefined);
    await Promise.all(this.logs.map((log) => log.barrier()));
    await Promise.all(this.all.map((source) => source.drain()));
    await Promise.all(this.all.map((source) => source.copyStreams()));
    // 0 would be without a limit.
    await this.fleet.replicated(Math.max(1, Math.floor(deadline - performance.now())));
    if (this.failure) throw this.failure;
    await durable;
  }

  /** The consumer groups of a stream now change on the server to which it was copied. */
  private handOverStreams(): void {
    for (const key of this.all.flatMap(({ streams }) => streams.take(streams.size))) {
      this.sources.get(this.rings.ownerOf(key, this.ring))?.streams.add(key);
    }
  }

  /** Where a key of a server is to be; undefined if it stays, or if it is itself a copy. */
  private targetOf(key: Buffer, ordinal: number): RedisServer | undefined {
    if (this.rings.ownerOf(key, this.ring) !== ordinal) return undefined;
    const target = this.rings.ownerOf(key, otherRing(this.ring));
    return target === ordinal ? undefined : this.redisOf.get(target);
  }

  private async openLogs({ user, password }: Access): Promise<void> {
    await Promise.all(
      this.fleet.masters.map(async ({ ordinal, redis: { address } }) => {
        const source = this.sources.get(ordinal);
        const log = await ChangeLog.open(address, user, password, {
          changed: (keys) => {
            for (const key of keys) source?.changed(key);
          },
          // Its copies on other servers are not known any more: begin again.
          flushed: () => {
            this.fail(new AbortedError(`${address} was flushed`));
          },
          closed: (error) => {
            this.fail(error);
          },
        });
        this.logs.push(log);
      }),
    );
  }

  private fail(error: Error): void {
    this.failure ??= error;
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new AbortedError('the deadline has passed, and the servers were given back as they were'));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
