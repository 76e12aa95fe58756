// The password that a server sends to its master.

import { type RedisServer } from '../../migrator/redis/server';

/** Undefined if it follows its master as a user of the old servers, which has a password of its own. */
async function masterauthOf(server: RedisServer): Promise<string | undefined> {
  if (await server.setting('masteruser')) return undefined;
  return (await server.setting('masterauth')) ?? '';
}

/** Whether it sends this password, or has a user of its own for that. Throws a ServerError. */
export async function serverSends(server: RedisServer, password: string): Promise<boolean> {
  return [undefined, password].includes(await masterauthOf(server));
}

/** Makes it send this password. Throws a ServerError. */
export async function setMasterauth(server: RedisServer, password: string): Promise<void> {
  if (!(await serverSends(server, password))) await server.call('CONFIG', 'SET', 'masterauth', password);
}
