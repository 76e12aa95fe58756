// A master that has one RDB file and no further writes: a server that follows it loads the file, on any storage, and writes it
// to its own disk as it writes everything else.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { RefusedError } from '../../migrator/program/outcome';
import { AbortedError } from '../../migrator/shard/hand-over';
import { commandsIn } from './commands-in';

/** A replica drops a master that is silent for a minute. */
const PING_MS = 1000;
const PING = '*1\r\n$4\r\nPING\r\n';

const CHUNK = 256 * 1024;

/** A server that cannot load the file asks for it again and again. */
const MAX_REQUESTS = 3;

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** The file, as the manifest describes it. */
export interface ServedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The replication id of its history. */
  readonly replicationId: string;
}

/** Reads the whole file. Throws a RefusedError if it is not what the manifest describes. */
export async function checkFile(file: ServedFile): Promise<void> {
  const chunks = wholeFile(file);
  while ((await chunks.next()).done !== true);
}

/** The bytes of a file, the last of them only if the whole file is what the manifest describes. Throws a RefusedError. */
async function* wholeFile({ path, bytes, sha256 }: ServedFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  let read = 0;
  const handle = await fs.open(path);
  try {
    const chunks = handle.createReadStream({ highWaterMark: CHUNK, autoClose: false }) as AsyncIterable<Buffer>;
    for await (const chunk of chunks) {
      hash.update(chunk);
      read += chunk.length;
      if (held !== undefined) yield held;
      held = chunk;
    }
  } finally {
    await handle.close();
  }
  if (held === undefined || read !== bytes || hash.digest('hex') !== sha256) {
    throw new RefusedError(`${path} is damaged: it is not what the manifest describes; restore another backup`);
  }
  yield held;
}

export class RdbMaster {
  /** @param certificate of this program, for a server that replicates by TLS */
  static async listen(
    file: ServedFile,
    port: number,
    password?: string,
    certificate?: Certificate,
  ): Promise<RdbMaster> {
    const master = new RdbMaster(file, password, certificate);
    await once(master.listener.listen(port), 'listening');
    return master;
  }

  /** Why the file cannot be served, or was not loaded. */
  problem?: Error;
  private requests = 0;
  private readonly sockets = new Set<net.Socket>();
  private readonly listener: net.Server;

  private constructor(
    private readonly file: ServedFile,
    private readonly password?: string,
    certificate?: Certificate,
  ) {
    const accept = (socket: net.Socket): void => {
      this.accept(socket);
    };
    this.listener = certificate ? tls.createServer({ ...certificate }, accept) : net.createServer(accept);
    this.listener.on('tlsClientError', (error: Error) => (this.problem ??= new RefusedError(refusedBy(error))));
  }

  get port(): number {
    return (this.listener.address() as net.AddressInfo).port;
  }

  close(): void {
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    this.serve(socket).catch((error: unknown) => {
      this.problem ??= error instanceof RefusedError ? error : new AbortedError((error as Error).message);
      socket.destroy();
    });
  }

  private async serve(socket: net.Socket): Promise<void> {
    let isKnown = this.password === undefined;
    for await (const [command, ...words] of commandsIn(socket)) {
      const name = command.toUpperCase();
      if (name === 'AUTH') {
        isKnown ||= words.length === 1 && words[0] === this.password;
        socket.write(isKnown ? '+OK\r\n' : '-WRONGPASS invalid username-password pair or user is disabled.\r\n');
        if (!isKnown)
          this.problem ??= new RefusedError(
            'it follows with another user or password than that of the fleet (oldUser, masteruser)',
          );
      } else if (!isKnown) socket.write('-NOAUTH Authentication required.\r\n');
      else if (name === 'PING') socket.write('+PONG\r\n');
      else if (name === 'PSYNC' || name === 'SYNC') await this.send(socket);
      else if (name === 'REPLCONF' && words[0].toUpperCase() !== 'ACK') socket.write('+OK\r\n');
    }
  }

  private async send(socket: net.Socket): Promise<void> {
    if (++this.requests > MAX_REQUESTS) throw new Error('it cannot load the file; its log says why');
    socket.write(`+FULLRESYNC ${this.file.replicationId} 0\r\n$${this.file.bytes}\r\n`);
    // A replica discards an incomplete file.
    for await (const chunk of wholeFile(this.file)) await written(socket, chunk);
    const ping = setInterval(() => socket.write(PING), PING_MS);
    socket.on('close', () => {
      clearInterval(ping);
    });
  }
}

function refusedBy({ message }: Error): string {
  return `the server does not accept the TLS of this program: ${message}; its authorities must include that of the certificate of the shards`;
}

async function written(socket: net.Socket, bytes: Buffer): Promise<void> {
  if (socket.destroyed) throw new Error('the server closed the connection while the file was sent');
  if (socket.write(bytes)) return;
  await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
}
