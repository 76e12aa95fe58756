// One migrator per shard: the lock is the client name of a connection to the new server, and ends with the connection.
// Every role change of the new server uses that connection, so a migrator that lost the lock cannot promote it. Its commands
// to the old server may still arrive; therefore the offsets are compared again after the fence.

import { hostname } from 'node:os';
import { CLIENT_NAME, type RedisServer } from '../redis/server';
import { clients } from '../redis/clients';
import { type Pair } from './pair';

const PREFIX = `${CLIENT_NAME}-lock:`;
const OWNER = `${hostname().replace(/[^!-~]/g, '_')}:${process.pid}`;

/** How long to wait for another migrator: longer than a cutover takes. */
const PATIENCE_MS = 10_000;

/** Another migrator is working on the shard. */
export class BusyError extends Error {}

/** A migrator with another plan is working on the shard; waiting does not tell which plan is right. */
export class OtherPlanError extends Error {}

/** Takes the lock of a shard for the plan. Throws BusyError or OtherPlanError. */
export async function lock({ new: server, planHash }: Pair): Promise<void> {
  await lockServer(server, planHash);
}

/** The same on one server, for the connection that changes its role. */
export async function lockServer(server: RedisServer, planHash: string): Promise<void> {
  const plan = `${PREFIX}${planHash}:`;
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    // Set the name first, then list: of two migrators, at least one sees the other, and that one gives way.
    await server.call('CLIENT', 'SETNAME', plan + OWNER);
    const own = String(await server.call('CLIENT', 'ID'));
    const other = (await clients(server)).find(({ id, name }) => name.startsWith(PREFIX) && id !== own);
    if (other === undefined) return;
    await unlock(server);
    if (Date.now() > deadline) {
      const name = other.name.slice(PREFIX.length);
      if (other.name.startsWith(plan)) throw new BusyError(`another program is working on it (${name})`);
      throw new OtherPlanError(
        `a program with another plan is working on it (${name}); delete its Job, then run this again`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 90));
  }
}

export async function unlock(server: RedisServer): Promise<void> {
  await server.call('CLIENT', 'SETNAME', CLIENT_NAME);
}
