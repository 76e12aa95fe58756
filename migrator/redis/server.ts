// One connection to one Redis server. It never reconnects by itself, so its holder knows that the server was not replaced.

import { type Readable } from 'node:stream';
import { Redis, ReplyError } from 'ioredis';
import { Info } from './info';
import { type Refusal, refusalIn } from './refusal';
import { tlsOptions, tlsRefusal } from './tls';

/** Timeouts for a connection and for the result of one command. */
const CONNECT_MS = 5000;
const COMMAND_MS = 15_000;

/** Timeout for closing a connection. */
const DISCONNECT_MS = 100;

/** The name of migrators' connections in CLIENT LIST. */
export const CLIENT_NAME = 'cdk8s-twemproxy';

/** An argument, and a command with its arguments. */
export type Argument = string | number | Buffer;
export type CommandLine = readonly [string, ...Argument[]];

export interface ConnectOptions {
  readonly password?: string;
  /** The user to log in as; defaults to the default user. */
  readonly user?: string;
  /** The user to log in as if the server has it; otherwise the default user. */
  readonly preferredUser?: string;
  /** The timeout for a connection and for the result of one command. @default 5000 for the connection, 15,000 for a command */
  readonly timeoutMs?: number;
  /** The server's names for renamed commands, by original name in capitals. */
  readonly renamedCommands?: Readonly<Record<string, string>>;
}

/** An error reply of a server, or a failure to reach it. */
export class ServerError extends Error {
  /** The first word of the reply (`NOAUTH`, `READONLY`), or `UNREACHABLE`. */
  readonly code: string;

  /** @param refusal why the server refused the connection */
  constructor(
    readonly address: string,
    /** The reply, or what failed. */
    readonly reason: string,
    isReply: boolean,
    readonly refusal?: Refusal,
  ) {
    super(`${address}: ${reason}`);
    this.code = isReply ? (/^[A-Z]+/.exec(reason)?.[0] ?? 'ERR') : 'UNREACHABLE';
  }

  /** Whether a retry is useless until an operator has changed something. */
  get isPermanent(): boolean {
    return this.isAboutUser || this.refusal?.isPermanent === true;
  }

  /** Whether the server expects another password, or none. */
  get isAboutPassword(): boolean {
    return ['NOAUTH', 'WRONGPASS'].includes(this.code) || /: ERR .*(auth|password)/i.test(this.message);
  }

  /** Whether the user lacks the right to do this. */
  get isAboutRights(): boolean {
    return this.code === 'NOPERM';
  }

  /** Whether it takes another password, or more rights. */
  get isAboutUser(): boolean {
    return this.isAboutPassword || this.isAboutRights;
  }
}

function connectionRefused(address: string, refusal: Refusal): ServerError {
  return new ServerError(address, `${refusal.reason}; ${refusal.remedy}`, false, refusal);
}

export class RedisServer {
  /** Throws a ServerError if the server cannot be reached or rejects the password. */
  static async connect(address: string, options: ConnectOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(address, options);
    try {
      await server.client.connect();
      await server.authenticate();
      await server.call('CLIENT', 'SETNAME', CLIENT_NAME).catch(rethrowUnreachable);
      if (server.refusal !== undefined) throw connectionRefused(address, server.refusal);
      return server;
    } catch (error) {
      server.close();
      server.refusal = (await tlsRefusal(hostAndPort(address), server.lastError)) ?? server.refusal;
      if (server.refusal !== undefined) throw connectionRefused(address, server.refusal);
      throw error instanceof ServerError ? error : new ServerError(address, server.reasonOf(error), false);
    }
  }

  private readonly client: Redis;
  private lastError?: Error;
  /** Set if the server refuses the connection before any command. */
  private refusal?: Refusal;

  private constructor(
    readonly address: string,
    private readonly options: ConnectOptions,
  ) {
    const { host, port } = hostAndPort(address);
    this.client = new Redis({
      host,
      port,
      tls: tlsOptions({ host, port }),
      lazyConnect: true,
      connectTimeout: options.timeoutMs ?? CONNECT_MS,
      commandTimeout: options.timeoutMs ?? COMMAND_MS,
      enableReadyCheck: false,
      disableClientInfo: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      // Otherwise ioredis, and this program, would wait for a connection that was never made to end.
      disconnectTimeout: DISCONNECT_MS,
    });
    // Each command reports its own failure; this error says why the connection ended.
    this.client.on('error', (error: Error) => (this.lastError = error));
    this.client.on('connect', () => {
      this.listenForRefusal(this.client.stream);
    });
  }

  /** Detects a server that sends an error, or closes the connection, before it reads a command. */
  private listenForRefusal(stream: Readable): void {
    let hasReplied = false;
    stream.once('data', (bytes: Buffer) => {
      hasReplied = true;
      this.refusal = refusalIn(bytes);
    });
    stream.once('close', () => {
      if (!hasReplied) this.refusal = refusalIn(Buffer.alloc(0));
    });
  }

  /** Runs a command and returns its result. Throws a ServerError. */
  async call(...[command, ...args]: CommandLine): Promise<unknown> {
    try {
      return await this.client.call(this.nameOf(command), args);
    } catch (error) {
      throw this.errorOf(error);
    }
  }

  /**
   * Sends commands in one pipeline, so that the server runs them directly one after the other. A command that failed has a
   * ServerError as its result.
   */
  async each(commands: readonly CommandLine[]): Promise<unknown[]> {
    return this.run(commands, false);
  }

  /** The same with results in bytes. */
  async eachInBytes(commands: readonly CommandLine[]): Promise<unknown[]> {
    return this.run(commands, true);
  }

  /** Like `each`, but throws the first error among the results. */
  async all(commands: readonly CommandLine[]): Promise<unknown[]> {
    const results = await this.each(commands);
    const error = results.find((result) => result instanceof Error);
    if (error !== undefined) throw error;
    return results;
  }

  /** INFO, or one section of it. */
  async info(section?: string): Promise<Info> {
    return Info.parse(String(await this.call('INFO', ...(section === undefined ? [] : [section]))));
  }

  /** The value of a setting (CONFIG GET); undefined if the server does not know it. */
  async setting(name: string): Promise<string | undefined> {
    const [, value] = (await this.call('CONFIG', 'GET', name)) as string[];
    return value;
  }

  /** Collects messages on a channel over a separate connection, until they are enough or `ms` have passed. Throws a ServerError. */
  async messagesOn(channel: string, ms: number, isEnough: (messages: readonly string[]) => boolean): Promise<string[]> {
    const messages: string[] = [];
    await this.withOwnConnection(async (listener) => {
      // ioredis recognizes it in lower case only; its named methods are not in the bundle.
      await listener.client.call('subscribe', channel).catch((error: unknown) => {
        throw listener.errorOf(error);
      });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        listener.client.on('message', (_, text: string) => {
          messages.push(text);
          if (!isEnough(messages)) return;
          clearTimeout(timer);
          resolve();
        });
      });
    });
    return messages;
  }

  /** Opens another connection to the same server for the duration of `act`. */
  async withOwnConnection<T>(act: (own: RedisServer) => Promise<T>): Promise<T> {
    const own = await RedisServer.connect(this.address, this.options);
    try {
      return await act(own);
    } finally {
      own.close();
    }
  }

  get password(): string | undefined {
    return this.options.password;
  }

  /** The user that was chosen for the connection. */
  get user(): string {
    return this.options.user ?? 'default';
  }

  close(): void {
    this.client.disconnect();
  }

  private async authenticate(): Promise<void> {
    const { user, password, preferredUser } = this.options;
    if (user !== undefined) {
      await this.call('AUTH', user, password ?? '');
      return;
    }
    if (preferredUser !== undefined) {
      const isKnown = await this.call('AUTH', preferredUser, password ?? '').then(Boolean, rethrowUnreachable);
      if (isKnown) return;
    }
    if (password !== undefined) await this.call('AUTH', password);
  }

  private async run(commands: readonly CommandLine[], inBytes: boolean): Promise<unknown[]> {
    const pipeline = this.client.pipeline();
    for (const [command, ...args] of commands) {
      if (inBytes) pipeline.callBuffer(this.nameOf(command), args);
      else pipeline.call(this.nameOf(command), args);
    }
    let results;
    try {
      results = await pipeline.exec();
    } catch (error) {
      throw this.errorOf(error);
    }
    return (results ?? []).map(([error, result]) => (error ? this.errorOf(error) : result));
  }

  /** The server's name for a command. */
  nameOf(command: string): string {
    return this.options.renamedCommands?.[command] ?? command;
  }

  private errorOf(error: unknown): ServerError {
    if (error instanceof ReplyError) return new ServerError(this.address, (error as Error).message, true);
    return new ServerError(this.address, this.reasonOf(error), false);
  }

  private reasonOf(error: unknown): string {
    const { message } = error as Error;
    if (message.includes('timed out')) return 'no reply in time';
    return this.lastError ? this.lastError.message : message;
  }
}

/** `host:port`, where the host may be an IPv6 address. */
export function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

/** For commands that a server may not have or not allow: ignores any error except that it is unreachable. */
export function rethrowUnreachable(error: unknown): undefined {
  if (error instanceof ServerError && error.code === 'UNREACHABLE') throw error;
  return undefined;
}
