// One migrator a shard: the lock is the name of a connection to the new server, and ends with the connection. Every
// command that gives the new server a role goes through that connection, so one that lost the lock promotes nobody. What it
// does to the old server still arrives; against that, the offsets are compared once more after the fence.

import { hostname } from 'node:os';
import { CLIENT_NAME, type RedisServer } from '../redis/server';
import { clients } from '../redis/clients';
import { type Pair } from './pair';

const PREFIX = `${CLIENT_NAME}-lock:`;
const OWNER = `${hostname().replace(/[^!-~]/g, '_')}:${process.pid}`;

/** How long a shard's other migrator is waited for: longer than a cutover takes. */
const PATIENCE_MS = 10_000;

/** Another migrator is at work on the shard. */
export class BusyError extends Error {}

/** Another migrator is at work on the shard by another plan: no waiting tells which of them is right. */
export class OtherPlanError extends Error {}

/** Takes the lock on the new server of a shard, in the name of the plan. Throws BusyError or OtherPlanError. */
export async function lock({ new: server, planHash }: Pair): Promise<void> {
  const plan = `${PREFIX}${planHash}:`;
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    // First the name, then the look: of two that do so, at least one sees the other. Who sees another gives way.
    await server.call('CLIENT', 'SETNAME', plan + OWNER);
    const own = String(await server.call('CLIENT', 'ID'));
    const other = (await clients(server)).find(({ id, name }) => name.startsWith(PREFIX) && id !== own);
    if (other === undefined) return;
    await unlock(server);
    if (Date.now() > deadline) {
      const name = other.name.slice(PREFIX.length);
      if (other.name.startsWith(plan)) throw new BusyError(`another migrator is at work on it (${name})`);
      throw new OtherPlanError(
        `a migrator with another plan is at work on it (${name}); end its Job, then run this again`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 90));
  }
}

export async function unlock(server: RedisServer): Promise<void> {
  await server.call('CLIENT', 'SETNAME', CLIENT_NAME);
}
