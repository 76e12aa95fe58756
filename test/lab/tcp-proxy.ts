// A network between two programs that can break: everything that goes to its port goes on to another.

import { once } from 'node:events';
import * as net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './lab';

/** A direction: from who connects to the server, or back. */
export type Way = 'there' | 'back';

interface Link {
  /** Milliseconds that every piece of data waits. */
  readonly delayMs: number;
  /** Of each connection and direction. */
  readonly bytesPerSecond: number;
}

const FAST: Link = { delayMs: 0, bytesPerSecond: Infinity };

/** What is sent in one piece when the bandwidth is limited, in seconds of it. */
const PIECE_SECONDS = 0.05;

export class TcpProxy {
  /** A proxy to a port of this machine, with everything in order. */
  static async to(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, await freePort());
    await proxy.listen();
    return proxy;
  }

  /** Bytes that went through. */
  readonly passed: Record<Way, number> = { there: 0, back: 0 };
  private readonly sockets = new Set<net.Socket>();
  private readonly held = new Set<Way>();
  private link = FAST;
  private server?: net.Server;
  /** Who waits for a change. */
  private waiting: (() => void)[] = [];

  private constructor(
    readonly target: number,
    readonly port: number,
  ) {}

  /** How many connections there are. */
  get connections(): number {
    return this.sockets.size / 2;
  }

  /** Resets all connections, and refuses new ones. */
  async cut(): Promise<void> {
    const closed = this.server && once(this.server, 'close');
    this.server?.close();
    this.server = undefined;
    for (const socket of this.sockets) socket.resetAndDestroy();
    this.changed();
    await closed;
  }

  /** Goes on to accept, and keeps what it has, but nothing goes through any more: no byte and no end of a connection. */
  hold(...ways: Way[]): void {
    for (const way of ways.length > 0 ? ways : (['there', 'back'] as const)) this.held.add(way);
  }

  /** Makes the network slow. */
  slow(link: Partial<Link>): void {
    this.link = { ...FAST, ...link };
    this.changed();
  }

  /** Everything in order again: what was held goes through, as after a network's own failure. */
  async heal(): Promise<void> {
    this.held.clear();
    this.slow(FAST);
    if (!this.server) await this.listen();
  }

  private async listen(): Promise<void> {
    this.server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const server = net.connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      for (const socket of [client, server]) this.keep(socket);
      void this.pass(client, server, 'there');
      void this.pass(server, client, 'back');
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private keep(socket: net.Socket): void {
    this.sockets.add(socket);
    // Each failure is seen where the socket is read.
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }

  private async pass(from: net.Socket, to: net.Socket, way: Way): Promise<void> {
    let whole = true;
    try {
      for await (const data of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        await this.carry(data, to, way);
      }
    } catch {
      whole = false;
    }
    await this.opened(to, way);
    if (whole) to.end();
    else to.resetAndDestroy();
  }

  private async carry(data: Buffer, to: net.Socket, way: Way): Promise<void> {
    if (this.link.delayMs > 0) await sleep(this.link.delayMs);
    for (let rest = data; rest.length > 0;) {
      await this.opened(to, way);
      const { bytesPerSecond } = this.link;
      const piece = rest.subarray(0, Math.max(1, Math.min(rest.length, bytesPerSecond * PIECE_SECONDS)));
      if (bytesPerSecond < Infinity) await sleep((1000 * piece.length) / bytesPerSecond);
      await new Promise((resolve) => to.write(piece, resolve));
      this.passed[way] += piece.length;
      rest = rest.subarray(piece.length);
    }
  }

  /** Waits while nothing may go that way. */
  private async opened(to: net.Socket, way: Way): Promise<void> {
    while (this.held.has(way) && !to.destroyed) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private changed(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
