// The commands of a move without any of its checks: what no migrator can do faster.

import { type Redis } from 'ioredis';
import { NOWHERE } from '../../lib/migration/plan';
import { type LabMove } from '../../test/lab/move';

const TO_NOWHERE = ['REPLICAOF', NOWHERE.host, String(NOWHERE.port)];
const TO_NOBODY = ['REPLICAOF', 'NO', 'ONE'];
const NO_STALE_READS = ['CONFIG', 'SET', 'replica-serve-stale-data', 'no'];
const STALE_READS = ['CONFIG', 'SET', 'replica-serve-stale-data', 'yes'];
const KEEP = ['CONFIG', 'REWRITE'];

/** What the migrator sends at a cutover, and none of its looks. */
export function handOver(move: LabMove, ordinal: number): Promise<void> {
  return withBoth(move, ordinal, async (old, fresh) => {
    await send(old, ['CLIENT', 'PAUSE', '1500', 'WRITE']);
    await send(old, NO_STALE_READS, TO_NOWHERE, KEEP);
    await send(fresh, ['CLIENT', 'PAUSE', '10000', 'WRITE'], TO_NOBODY, STALE_READS, KEEP);
    await send(fresh, ['CLIENT', 'UNPAUSE']);
  });
}

/** Two masters, of which the bridge takes the new one: it loses writes, and nothing can be shorter. */
export function promote(move: LabMove, ordinal: number): Promise<void> {
  return withBoth(move, ordinal, async (_, fresh) => send(fresh, TO_NOBODY));
}

/** As before the synchronization; what was written since the cutover is lost. */
export function back(move: LabMove, ordinal: number): Promise<void> {
  return withBoth(move, ordinal, async (old, fresh) => {
    await send(fresh, NO_STALE_READS, TO_NOWHERE, KEEP);
    await send(old, TO_NOBODY, STALE_READS, ['CLIENT', 'UNPAUSE'], KEEP);
  });
}

/** Sends commands to a server in one go. */
export async function send(server: Redis, ...commands: string[][]): Promise<void> {
  await Promise.all(commands.map(([command, ...args]) => server.call(command, ...args)));
}

async function withBoth(move: LabMove, ordinal: number, work: (old: Redis, fresh: Redis) => Promise<void>) {
  const [old, fresh] = [move.old.serverClient(ordinal), move.fleet.roleClient(ordinal)];
  await work(old, fresh).finally(() => {
    old.disconnect();
    fresh.disconnect();
  });
}
