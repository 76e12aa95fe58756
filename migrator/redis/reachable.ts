// A server that may be unreachable.

import { type ConnectOptions, RedisServer, ServerError } from './server';
import { observe, type ServerView } from './server-view';

/** A connection, or why there is none. */
export type ServerOrError = RedisServer | ServerError;

export async function connectOrError(address: string, options: ConnectOptions): Promise<ServerOrError> {
  return RedisServer.connect(address, options).catch((error: unknown) => {
    if (error instanceof ServerError) return error;
    throw error;
  });
}

/** Its state, or why it does not reply. */
export async function observeOrError(server: ServerOrError): Promise<ServerView | ServerError> {
  if (server instanceof ServerError) return server;
  return observe(server).catch((error: unknown) => {
    if (error instanceof ServerError && error.code === 'UNREACHABLE') return error;
    throw error;
  });
}

/** Closes the connection, and returns the error that replaces it. */
export function disconnected(server: ServerOrError, error: ServerError): ServerError {
  if (server instanceof RedisServer) server.close();
  return error;
}

export function orThrow(server: ServerOrError): RedisServer {
  if (server instanceof ServerError) throw server;
  return server;
}
