// The names of all keys that change on a server: a RESP3 connection with CLIENT TRACKING ON BCAST. Nothing is written on it,
// and it does not reconnect: what changed in between would be missing.

import { once } from 'node:events';
import type * as net from 'node:net';
import { hostAndPort, ServerError } from '../../migrator/redis/server';
import { connectTo } from '../../migrator/redis/tls';
import { Push, Resp3Parser, type Value } from './resp3';

const TIMEOUT_MS = 5000;

/** What a server reports. */
export interface ChangeListener {
  /** These keys changed, expired or were deleted. */
  readonly changed: (keys: readonly Buffer[]) => void;
  /** All keys were deleted. */
  readonly flushed: () => void;
  /** The connection ended: the log has a gap. */
  readonly closed: (error: Error) => void;
}

export class ChangeLog {
  /** Throws a ServerError. */
  static async open(
    address: string,
    user: string,
    password: string | undefined,
    listener: ChangeListener,
  ): Promise<ChangeLog> {
    const log = new ChangeLog(address, listener);
    try {
      await log.connect();
      const login = password === undefined ? ['AUTH', user, ''] : ['AUTH', user, password];
      await log.call('HELLO', '3', ...login, 'SETNAME', 'cdk8s-twemproxy-log');
      await log.call('CLIENT', 'TRACKING', 'ON', 'BCAST');
      return log;
    } catch (error) {
      log.close();
      throw error;
    }
  }

  private readonly socket: net.Socket;
  private readonly established: 'connect' | 'secureConnect';
  private readonly parser = new Resp3Parser();
  private readonly waiting: ((value: Value | ServerError) => void)[] = [];
  private failure?: ServerError;
  private isClosing = false;

  private constructor(
    private readonly address: string,
    private readonly listener: ChangeListener,
  ) {
    const { socket, event } = connectTo(hostAndPort(address));
    this.socket = socket;
    this.established = event;
    this.socket.setNoDelay(true);
    this.socket.on('data', (bytes: Buffer) => {
      try {
        for (const value of this.parser.add(bytes)) this.receive(value);
      } catch (error) {
        this.fail((error as Error).message);
      }
    });
    this.socket.on('error', ({ message }) => {
      this.fail(message);
    });
    this.socket.on('close', () => {
      this.fail('the connection of its change log was closed');
    });
  }

  /**
   * Waits until every change that the server made before this call is reported. It sends invalidations after the commands
   * of a turn, so this must be sent after the reply to the last of them.
   */
  async barrier(): Promise<void> {
    await this.call('PING');
  }

  close(): void {
    this.isClosing = true;
    this.socket.destroy();
  }

  private async connect(): Promise<void> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      await once(this.socket, this.established, { signal });
    } catch {
      throw this.failure ?? new ServerError(this.address, 'no connection in time', false);
    }
  }

  private async call(...words: string[]): Promise<void> {
    if (this.failure) throw this.failure;
    const reply = new Promise<Value | ServerError>((resolve) => this.waiting.push(resolve));
    const frames = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    this.socket.write(`*${words.length}\r\n${frames.join('')}`);
    const timer = setTimeout(() => {
      this.fail('no reply in time');
    }, TIMEOUT_MS);
    const value = await reply;
    clearTimeout(timer);
    if (value instanceof ServerError) throw value;
    if (value instanceof Error) throw new ServerError(this.address, value.message, true);
  }

  private receive(value: Value): void {
    if (!(value instanceof Push)) {
      this.waiting.shift()?.(value);
      return;
    }
    const [kind, keys] = value.parts;
    if (!Buffer.isBuffer(kind) || kind.toString() !== 'invalidate') return;
    if (keys === null) this.listener.flushed();
    else this.listener.changed(keys as Buffer[]);
  }

  private fail(message: string): void {
    this.failure ??= new ServerError(this.address, message, false);
    for (const resolve of this.waiting.splice(0)) resolve(this.failure);
    this.socket.destroy();
    if (!this.isClosing) this.listener.closed(this.failure);
    this.isClosing = true;
  }
}
