// Clients that write directly to the servers of a shard, whichever is master, and know what was acknowledged.

import { type Redis } from 'ioredis';
import { connect } from './clients';

export interface WritersProps {
  readonly ports: readonly number[];
  readonly password?: string;
  /** @default 8 */
  readonly clients?: number;
}

export class Writers {
  /** Acknowledged writes. */
  acknowledged = 0;
  /** The longest time between two acknowledged writes, in milliseconds. */
  longestGap = 0;
  private last = performance.now();
  private stopped = false;
  private readonly values: number[];
  private readonly running: Promise<void>[];

  constructor(private readonly props: WritersProps) {
    const clients = Array.from({ length: props.clients ?? 8 }, (_, n) => n);
    this.values = clients.map(() => 0);
    this.running = clients.map((n) => this.run(n));
  }

  /** Forgets the longest gap so far. */
  resetGap(): void {
    this.longestGap = 0;
    this.last = performance.now();
  }

  /** Ends the clients, and returns the keys of which this server lacks an acknowledged write. */
  async lostOn(server: Redis): Promise<string[]> {
    await this.end();
    const lost: string[] = [];
    for (const [n, value] of this.values.entries()) {
      const found = Number(await server.get(`writer-${n}`));
      if (found < value) lost.push(`writer-${n}: ${found} instead of ${value}`);
    }
    return lost;
  }

  async end(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private goesOn(): boolean {
    return !this.stopped;
  }

  private async run(n: number): Promise<void> {
    const { ports, password = '' } = this.props;
    let next = 0;
    for (let tried = 0; this.goesOn(); tried++) {
      const redis = connect(ports[tried % ports.length], password, {
        retryStrategy: () => null,
        commandTimeout: 3000,
        autoResendUnfulfilledCommands: false,
      });
      try {
        while (this.goesOn()) {
          await redis.set(`writer-${n}`, ++next);
          this.values[n] = next;
          this.acknowledged++;
          const now = performance.now();
          this.longestGap = Math.max(this.longestGap, now - this.last);
          this.last = now;
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      redis.disconnect();
    }
  }
}
