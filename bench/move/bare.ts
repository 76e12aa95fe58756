// The Redis commands of a migration without any checks: the lower bound for a migrator.

import { type Redis } from 'ioredis';
import { NOWHERE } from '../../lib/migration/plan';
import { type LabMove } from '../../test/lab/move';

const TO_NOWHERE = ['REPLICAOF', NOWHERE.host, String(NOWHERE.port)];
const NO_MASTER = ['REPLICAOF', 'NO', 'ONE'];
const NO_STALE_READS = ['CONFIG', 'SET', 'replica-serve-stale-data', 'no'];
const STALE_READS = ['CONFIG', 'SET', 'replica-serve-stale-data', 'yes'];
const REWRITE = ['CONFIG', 'REWRITE'];

/** The commands of a cutover, without its checks. */
export function bareCutover(move: LabMove, ordinal: number): Promise<void> {
  return withBoth(move, ordinal, async (old, fresh) => {
    await send(old, ['CLIENT', 'PAUSE', '1500', 'WRITE']);
    await send(old, NO_STALE_READS, TO_NOWHERE, REWRITE);
    await send(fresh, ['CLIENT', 'PAUSE', '10000', 'WRITE'], NO_MASTER, STALE_READS, REWRITE);
    await send(fresh, ['CLIENT', 'UNPAUSE']);
  });
}

/** Promotes the new server only. The bridge routes to it; writes are lost, but the gap cannot be shorter. */
export function promote(move: LabMove, ordinal: number): Promise<void> {
  return withBoth(move, ordinal, async (_, fresh) => send(fresh, NO_MASTER));
}

/** Restores the roles from before the sync. Writes since the cutover are lost. */
export function moveBack(move: LabMove, ordinal: number): Promise<void> {
  return withBoth(move, ordinal, async (old, fresh) => {
    await send(fresh, NO_STALE_READS, TO_NOWHERE, REWRITE);
    await send(old, NO_MASTER, STALE_READS, ['CLIENT', 'UNPAUSE'], REWRITE);
  });
}

/** Pipelines commands to a server. */
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
