// How `switch` and `return` ask the running `copy` to change over: by the name of a connection to the first server. It ends
// with the connection, so nobody changes over for a program that is gone.

import { clients } from '../../migrator/redis/clients';
import { CLIENT_NAME, type RedisServer } from '../../migrator/redis/server';
import { type RingId } from '../plan/plan';

const PREFIX = `${CLIENT_NAME}-wants-`;

export async function request(server: RedisServer, ring: RingId, planHash: string): Promise<void> {
  await server.call('CLIENT', 'SETNAME', `${PREFIX}${ring}:${planHash}`);
}

/** The ring that a program with the same plan wants; undefined if there is no such program. */
export async function requested(server: RedisServer, planHash: string): Promise<RingId | undefined> {
  const names = (await clients(server)).map(({ name }) => name);
  return (['a', 'b'] as const).find((ring) => names.includes(`${PREFIX}${ring}:${planHash}`));
}
