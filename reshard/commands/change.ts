// switch and return: ask the running copy to make the other ring serve, and wait until it does.

import { setTimeout as sleep } from 'node:timers/promises';
import { RefusedError } from '../../migrator/program/outcome';
import { type Result } from '../../migrator/program/run';
import { clients } from '../../migrator/redis/clients';
import { CLIENT_NAME, type RedisServer } from '../../migrator/redis/server';
import { AbortedError } from '../../migrator/shard/hand-over';
import { nameOf, type RingId } from '../plan/plan';
import { MEANING } from '../server/epoch';
import { type Context, forFleet } from './context';
import { request } from './requests';

const POLL_MS = 50;

/** @param patienceMs how long to wait until the copy is complete */
export function change(context: Context, ring: RingId, patienceMs: number): Promise<Result> {
  const wanted = ring === 'a' ? 'serves A' : 'serves B';
  return forFleet(context, async (fleet) => {
    const redis = fleet.lockHolder;
    const deadline = Date.now() + patienceMs;
    for (let isAsked = false; ; isAsked = true) {
      const state = await fleet.state();
      if (state === wanted) return `${nameOf(ring)} serves`;
      if (state === 'mixed') throw new RefusedError(MEANING[state]);
      if (!(await isCopyRunning(redis, context.planHash))) {
        throw new AbortedError(`copy is not running, and ${state}: run copy, and then this again`);
      }
      if (!isAsked) await request(redis, ring, context.planHash);
      if (Date.now() > deadline || context.stop.aborted) {
        throw new AbortedError(`copy has not changed over in time; read its log, and run this again`);
      }
      await sleep(POLL_MS);
    }
  });
}

async function isCopyRunning(redis: RedisServer, planHash: string): Promise<boolean> {
  return (await clients(redis)).some(({ name }) => name.startsWith(`${CLIENT_NAME}-lock:${planHash}:`));
}
