// Observes through bridges which server of a shard answers as a master, to find clients that are served by two masters.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Redis } from 'ioredis';
import { connect } from './clients';

/** An answer of a master, in milliseconds of one clock. */
export interface Answer {
  /** The port of the master. */
  readonly master: string;
  /** The port of the bridge. */
  readonly bridge: number;
  readonly start: number;
  readonly end: number;
}

/** How often each bridge is asked. */
const ASK_MS = 10;

export class RouteObserver {
  readonly answers: Answer[] = [];
  private readonly stopping = new AbortController();
  private readonly running: Promise<unknown>;

  /** @param ports the port of the shard on each bridge */
  constructor(
    ports: readonly number[],
    private readonly password: string,
  ) {
    this.running = Promise.all(ports.map((port) => this.observe(port)));
  }

  async end(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /**
   * How often the master has certainly changed for the clients: the length of the longest chain of answers of alternating
   * masters, each of which began after the one before had ended. Two masters at the same time make it long. Some answers may be
   * ignored.
   */
  changes(isIgnored: (answer: Answer) => boolean = () => false): number {
    let changes = 0;
    let last: Answer | undefined;
    // The earliest end leaves the most time for the rest of the chain.
    for (const answer of this.answers.filter((it) => !isIgnored(it)).sort((one, other) => one.end - other.end)) {
      if (last !== undefined && (answer.master === last.master || answer.start < last.end)) continue;
      if (last !== undefined) changes += 1;
      last = answer;
    }
    return changes;
  }

  /** When a master last answered through a bridge; undefined if it never did. */
  lastAnswer(master: string, bridge: number): number | undefined {
    return this.answers.filter((it) => it.master === master && it.bridge === bridge).at(-1)?.end;
  }

  private async observe(bridge: number): Promise<void> {
    let client: Redis | undefined;
    while (!this.stopping.signal.aborted) {
      if (client?.status !== 'ready') {
        client?.disconnect();
        client = await this.connected(bridge);
      }
      const start = performance.now();
      const info = String(await client?.call('INFO', 'server', 'replication').catch(() => ''));
      const end = performance.now();
      const master = info.includes('role:master') ? /tcp_port:(\d+)/.exec(info)?.[1] : undefined;
      if (master !== undefined) this.answers.push({ master, bridge, start, end });
      await sleep(ASK_MS);
    }
    client?.disconnect();
  }

  private async connected(bridge: number): Promise<Redis | undefined> {
    const client = connect(bridge, this.password, {
      lazyConnect: true,
      retryStrategy: () => null,
      commandTimeout: 1000,
      connectTimeout: 1000,
    });
    return client.connect().then(
      () => client,
      () => undefined,
    );
  }
}
