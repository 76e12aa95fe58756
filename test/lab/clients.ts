// Clients of the lab's servers and proxies.

import { Redis, type RedisOptions } from 'ioredis';
import { WAIT_KEY } from '../../lib/reshard/reshard-plan';

/** A password with every character that can break a configuration file. */
export const PASSWORD = `fo"o b#a$r: 'x' \\n {}[]%@\`!&*|> ü€😀`;

/** A client that reports the failure of every command, and reconnects by itself. */
export function connect(port: number, password: string, options: RedisOptions = {}): Redis {
  // nutcracker closes the connection of a client that sends INFO or CLIENT.
  const client = new Redis({
    port,
    password,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    ...options,
  });
  // Every command reports its own failure; without a listener ioredis prints these as well.
  return client.on('error', () => undefined);
}

/** Waits in a server for a change of its role, as the check of a bridge does. Tells whether the server closed the connection. */
export async function waitingCheck(port: number, password: string): Promise<() => Promise<boolean>> {
  const client = connect(port, password, { retryStrategy: null, lazyConnect: true });
  await client.connect();
  let closed = false;
  client.on('close', () => (closed = true));
  const waiting = client.call('XREAD', 'BLOCK', 30_000, 'STREAMS', WAIT_KEY, '$').catch((error: unknown) => error);
  return async () => {
    await waiting;
    const hasEnded = closed;
    client.disconnect();
    return hasEnded;
  };
}
