// One connection to one Redis server. It never reconnects by itself: who holds it knows that nobody else took its place.

import { type Readable } from 'node:stream';
import { Redis, ReplyError } from 'ioredis';
import { Info } from './info';
import { type Refusal, refusalIn } from './refusal';

/** How long a connection may take, and the answer to one command. */
const CONNECT_MS = 5000;
const ANSWER_MS = 15_000;

/** How long a connection may take to end. */
const DISCONNECT_MS = 100;

/** By this name the connections of migrators know each other in CLIENT LIST. */
export const CLIENT_NAME = 'cdk8s-twemproxy';

/** An argument of a command, and a command with its arguments. */
export type Argument = string | number | Buffer;
export type CommandLine = readonly [string, ...Argument[]];

/** What is needed to connect. */
export interface ConnectOptions {
  readonly password?: string;
  /** Who to be; else the default user. */
  readonly user?: string;
  /** Who to be, where the server knows such a user; else the default one. */
  readonly preferredUser?: string;
  /** Names that the server gave to commands, by the original name in capitals. */
  readonly renamedCommands?: Readonly<Record<string, string>>;
}

/** What a server, or the way to it, answered instead of a result. */
export class ServerError extends Error {
  /** The first word of the answer (`NOAUTH`, `READONLY`), or `UNREACHABLE`. */
  readonly code: string;

  /** @param refusal what the server said instead of listening */
  constructor(
    address: string,
    message: string,
    isReply: boolean,
    readonly refusal?: Refusal,
  ) {
    super(`${address}: ${message}`);
    this.code = isReply ? (/^[A-Z]+/.exec(message)?.[0] ?? 'ERR') : 'UNREACHABLE';
  }

  /** No further try helps before a person has changed something. */
  get isPermanent(): boolean {
    return this.isAboutUser || this.refusal?.isPermanent === true;
  }

  /** The server wants another password, or none. */
  get isAboutPassword(): boolean {
    return ['NOAUTH', 'WRONGPASS'].includes(this.code) || /: ERR .*(auth|password)/i.test(this.message);
  }

  /** The server knows the user, and does not let it do that. */
  get isAboutRights(): boolean {
    return this.code === 'NOPERM';
  }

  /** A person has to give another password, or more rights. */
  get isAboutUser(): boolean {
    return this.isAboutPassword || this.isAboutRights;
  }
}

/** The server takes connections, but does not listen to what they say. */
function refused(address: string, refusal: Refusal): ServerError {
  return new ServerError(address, `${refusal.words}; ${refusal.remedy}`, false, refusal);
}

export class RedisServer {
  /** Throws a ServerError if the server cannot be reached, or does not take the password. */
  static async connect(address: string, options: ConnectOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(address, options);
    try {
      await server.client.connect();
      await server.authenticate();
      await server.call('CLIENT', 'SETNAME', CLIENT_NAME).catch(rethrowUnreachable);
      if (server.refusal !== undefined) throw refused(address, server.refusal);
      return server;
    } catch (error) {
      server.close();
      if (server.refusal !== undefined) throw refused(address, server.refusal);
      throw error instanceof ServerError ? error : new ServerError(address, server.reasonOf(error), false);
    }
  }

  private readonly client: Redis;
  private lastError?: Error;
  /** What it says before any command, if that is not to listen. */
  private refusal?: Refusal;

  private constructor(
    readonly address: string,
    private readonly options: ConnectOptions,
  ) {
    const { host, port } = hostAndPort(address);
    this.client = new Redis({
      host,
      port,
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      commandTimeout: ANSWER_MS,
      enableReadyCheck: false,
      disableClientInfo: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      // It would wait for the end of a connection that never came about as well, and so would this program.
      disconnectTimeout: DISCONNECT_MS,
    });
    // Each command reports its own failure; this one says why the connection went.
    this.client.on('error', (error: Error) => (this.lastError = error));
    this.client.on('connect', () => {
      this.listenForRefusal(this.client.stream);
    });
  }

  /** Who answers, or hangs up, before it has understood a command. */
  private listenForRefusal(stream: Readable): void {
    let heard = false;
    stream.once('data', (bytes: Buffer) => {
      heard = true;
      this.refusal = refusalIn(bytes);
    });
    stream.once('close', () => {
      if (!heard) this.refusal = refusalIn(Buffer.alloc(0));
    });
  }

  /** The answer to a command. Throws a ServerError. */
  async call(...[command, ...args]: CommandLine): Promise<unknown> {
    try {
      return await this.client.call(this.nameOf(command), args);
    } catch (error) {
      throw this.errorOf(error);
    }
  }

  /**
   * The answers to commands that are sent in one go, so that the server runs them one right after the other. What failed
   * has a ServerError for its answer.
   */
  async each(commands: readonly CommandLine[]): Promise<unknown[]> {
    return this.run(commands, false);
  }

  /** The same with answers in bytes. */
  async eachInBytes(commands: readonly CommandLine[]): Promise<unknown[]> {
    return this.run(commands, true);
  }

  /** As `each`, but throws the first error among the answers. */
  async all(commands: readonly CommandLine[]): Promise<unknown[]> {
    const answers = await this.each(commands);
    const error = answers.find((answer) => answer instanceof Error);
    if (error !== undefined) throw error;
    return answers;
  }

  /** INFO, whole or a section of it. */
  async info(section?: string): Promise<Info> {
    return Info.parse(String(await this.call('INFO', ...(section === undefined ? [] : [section]))));
  }

  /** A value of CONFIG GET; nothing if the server does not know the setting. */
  async setting(name: string): Promise<string | undefined> {
    const [, value] = (await this.call('CONFIG', 'GET', name)) as string[];
    return value;
  }

  /**
   * What is published on a channel, heard over a connection of its own until it is enough, or so many milliseconds have
   * passed. Throws a ServerError.
   */
  async messagesOn(channel: string, ms: number, isEnough: (heard: readonly string[]) => boolean): Promise<string[]> {
    const heard: string[] = [];
    await this.withOwnConnection(async (listener) => {
      // In small letters ioredis knows it; its methods by name are not in the bundle.
      await listener.client.call('subscribe', channel).catch((error: unknown) => {
        throw listener.errorOf(error);
      });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        listener.client.on('message', (_, text: string) => {
          heard.push(text);
          if (!isEnough(heard)) return;
          clearTimeout(timer);
          resolve();
        });
      });
    });
    return heard;
  }

  /** Acts on another connection to the same server, which ends with it. */
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

  /** The user of the connection, as far as it was chosen. */
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
    let answers;
    try {
      answers = await pipeline.exec();
    } catch (error) {
      throw this.errorOf(error);
    }
    return (answers ?? []).map(([error, answer]) => (error ? this.errorOf(error) : answer));
  }

  /** The name by which the server knows a command. */
  nameOf(command: string): string {
    return this.options.renamedCommands?.[command] ?? command;
  }

  private errorOf(error: unknown): ServerError {
    if (error instanceof ReplyError) return new ServerError(this.address, (error as Error).message, true);
    return new ServerError(this.address, this.reasonOf(error), false);
  }

  private reasonOf(error: unknown): string {
    const { message } = error as Error;
    if (message.includes('timed out')) return 'no answer in time';
    return this.lastError ? this.lastError.message : message;
  }
}

/** `host:port`, where the host may be an IPv6 address. */
export function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

/** For commands that a server may lack or forbid. */
export function rethrowUnreachable(error: unknown): undefined {
  if (error instanceof ServerError && error.code === 'UNREACHABLE') throw error;
  return undefined;
}
