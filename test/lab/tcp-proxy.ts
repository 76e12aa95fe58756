// A network between two programs that can fail: it forwards its port to another.

import { once } from 'node:events';
import * as net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './lab';

/** The direction: from the client to the server, or back. */
export type Way = 'there' | 'back';

interface Link {
  /** Milliseconds of delay for every chunk. */
  readonly delayMs: number;
  /** The limit of each connection and direction. */
  readonly bytesPerSecond: number;
}

const FAST: Link = { delayMs: 0, bytesPerSecond: Infinity };

/** The size of a chunk if the bandwidth is limited, in seconds. */
const PIECE_SECONDS = 0.05;

/** Whether a client becomes a replica, for failures that affect only replicas. */
export function isReplication(data: Buffer): boolean {
  // The migrator sends a PSYNC with FAILOVER, which every master refuses, to check its permission.
  return /\nP?SYNC\r\n(?![^]*\nFAILOVER\r\n)/i.test(data.toString('latin1'));
}

/** A connection to the proxy, and the one from the proxy to the server. */
class Pair {
  constructor(
    readonly client: net.Socket,
    readonly server: net.Socket,
    /** Whether failures affect it. */
    public concerned: boolean,
  ) {
    // Errors are handled where the socket is read.
    for (const socket of [client, server]) socket.on('error', () => undefined);
  }

  reset(): void {
    for (const socket of [this.client, this.server]) socket.resetAndDestroy();
  }
}

export class TcpProxy {
  /** A healthy proxy to a local port; `concerns` selects the connections that failures affect, `from` is its own address. */
  static async to(target: number, concerns?: (data: Buffer) => boolean, from?: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, await freePort(), concerns, from);
    await proxy.listen();
    return proxy;
  }

  /** The number of forwarded bytes. */
  readonly passed: Record<Way, number> = { there: 0, back: 0 };
  private readonly pairs = new Set<Pair>();
  private isCut = false;
  private readonly held = new Set<Way>();
  private link = FAST;
  private server?: net.Server;
  /** Callbacks that wait for a change. */
  private waiting: (() => void)[] = [];

  private constructor(
    readonly target: number,
    readonly port: number,
    private readonly concerns?: (data: Buffer) => boolean,
    private readonly from?: string,
  ) {}

  /** The number of connections. */
  get connections(): number {
    return this.pairs.size;
  }

  /** Resets all connections and refuses new ones; with `concerns`, accepts them and resets those that it selects. */
  async cut(): Promise<void> {
    this.isCut = true;
    for (const pair of this.pairs) if (pair.concerned) pair.reset();
    this.changed();
    if (!this.concerns) await this.close();
  }

  /** Ends everything. */
  async close(): Promise<void> {
    const closed = this.server && once(this.server, 'close');
    this.server?.close();
    this.server = undefined;
    for (const pair of this.pairs) pair.reset();
    this.changed();
    await closed;
  }

  /** Keeps and accepts connections, but forwards nothing: no byte and no end of a connection. */
  hold(...ways: Way[]): void {
    for (const way of ways.length > 0 ? ways : (['there', 'back'] as const)) this.held.add(way);
  }

  /** Makes the network slow. */
  slow(link: Partial<Link>): void {
    this.link = { ...FAST, ...link };
    this.changed();
  }

  /** Ends all failures; held bytes are forwarded, as after a failure of a real network. */
  async heal(): Promise<void> {
    this.held.clear();
    this.isCut = false;
    this.slow(FAST);
    if (!this.server) await this.listen();
  }

  private async listen(): Promise<void> {
    this.server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const to = { port: this.target, host: '127.0.0.1', localAddress: this.from };
      const server = net.connect({ ...to, allowHalfOpen: true, noDelay: true });
      const pair = new Pair(client, server, !this.concerns);
      this.pairs.add(pair);
      void Promise.all([this.pass(pair, 'there'), this.pass(pair, 'back')]).then(() => this.pairs.delete(pair));
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private async pass(pair: Pair, way: Way): Promise<void> {
    const [from, to] = way === 'there' ? [pair.client, pair.server] : [pair.server, pair.client];
    let whole = true;
    try {
      for await (const data of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (way === 'there' && this.concerns?.(data)) pair.concerned = true;
        if (pair.concerned && this.isCut) pair.reset();
        await this.carry(data, pair, to, way);
      }
    } catch {
      whole = false;
    }
    await this.opened(pair, to, way);
    if (whole) to.end();
    else to.resetAndDestroy();
    if (!to.destroyed) await new Promise((resolve) => to.once('close', resolve));
  }

  private async carry(data: Buffer, pair: Pair, to: net.Socket, way: Way): Promise<void> {
    if (pair.concerned && this.link.delayMs > 0) await sleep(this.link.delayMs);
    for (let rest = data; rest.length > 0;) {
      await this.opened(pair, to, way);
      const bytesPerSecond = pair.concerned ? this.link.bytesPerSecond : Infinity;
      const piece = rest.subarray(0, Math.max(1, Math.min(rest.length, bytesPerSecond * PIECE_SECONDS)));
      if (bytesPerSecond < Infinity) await sleep((1000 * piece.length) / bytesPerSecond);
      await new Promise((resolve) => to.write(piece, resolve));
      this.passed[way] += piece.length;
      rest = rest.subarray(piece.length);
    }
  }

  /** Waits while the direction is held. */
  private async opened(pair: Pair, to: net.Socket, way: Way): Promise<void> {
    while (pair.concerned && this.held.has(way) && !to.destroyed) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private changed(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
