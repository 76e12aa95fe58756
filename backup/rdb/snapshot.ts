// Receives an RDB file of a server by the replication protocol, as a replica that wants the file only: the server needs no disk
// for it, buffers no writes, and closes the connection after it.

import { once } from 'node:events';
import { type Socket } from 'node:net';
import { hostAndPort, ServerError } from '../../migrator/redis/server';
import { connectTo } from '../../migrator/redis/tls';
import { ByteReader } from './byte-reader';
import { payloadIn } from './payload';

const CONNECT_MS = 5000;

/** A server that prepares the file sends an empty line every ten seconds; it gives up itself after 60 (repl-timeout). */
const SILENCE_MS = 90_000;

/**
 * The address that a server shows for this client. A Sentinel adds every replica that a master lists to its own list, and never
 * removes it; it ignores one with a name that does not resolve. No name ends with `.invalid` (RFC 2606).
 */
const ANNOUNCED = 'backup.invalid';

/** A point in a server's history, and the file with all data at that point. */
export interface Snapshot {
  readonly replicationId: string;
  readonly offset: number;
  readonly bytes: AsyncGenerator<Buffer>;
}

/** Receives a snapshot while `use` runs. Throws a ServerError, and what `use` throws. */
export async function withSnapshot<T>(
  address: string,
  password: string | undefined,
  use: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const { socket, event } = connectTo(hostAndPort(address));
  socket.on('error', () => undefined);
  const failed = (error: unknown): ServerError =>
    error instanceof ServerError ? error : new ServerError(address, (error as Error).message, false);
  try {
    const reader = await connected(socket, event).catch((error: unknown) => {
      throw failed(error);
    });
    const { replicationId, offset } = await synchronize(socket, reader, address, password);
    return await use({ replicationId, offset, bytes: naming(payloadIn(reader), failed) });
  } finally {
    socket.destroy();
  }
}

async function connected(socket: Socket, event: string): Promise<ByteReader> {
  socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('no connection in time')));
  await once(socket, event);
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error(`sent nothing for ${SILENCE_MS / 1000} s`)));
  return new ByteReader(socket);
}

async function synchronize(
  socket: Socket,
  reader: ByteReader,
  address: string,
  password?: string,
): Promise<Pick<Snapshot, 'replicationId' | 'offset'>> {
  const ask = async (...words: string[]): Promise<string> => {
    socket.write(command(words));
    const line = await reader.line().catch((error: unknown) => {
      throw new ServerError(address, (error as Error).message, false);
    });
    if (line.startsWith('-')) throw new ServerError(address, line.slice(1), true);
    return line;
  };
  if (password !== undefined) await ask('AUTH', password);
  await ask('REPLCONF', 'ip-address', ANNOUNCED);
  await ask('REPLCONF', 'rdb-only', '1');
  await ask('REPLCONF', 'capa', 'eof');
  const line = await ask('PSYNC', '?', '-1');
  const match = /^\+FULLRESYNC (\w+) (\d+)$/.exec(line);
  if (match === null) throw new ServerError(address, `it replied ${line} to PSYNC`, false);
  const [, replicationId, offset] = match;
  return { replicationId, offset: Number(offset) };
}

async function* naming(bytes: AsyncGenerator<Buffer>, failed: (error: unknown) => ServerError): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch (error) {
    throw failed(error);
  }
}

function command(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}
