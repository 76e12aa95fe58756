// Clients of the lab's servers and proxies.

import { Redis, type RedisOptions } from 'ioredis';

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
