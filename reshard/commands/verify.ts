// verify: compares every moving key with its copy, while clients write and copy follows. A key counts as different only if it
// did not change on its server, and its copy still differs after a while.

import { setTimeout as sleep } from 'node:timers/promises';
import { RefusedError } from '../../migrator/program/outcome';
import { type Result } from '../../migrator/program/run';
import { directSender } from '../../migrator/redis/command-sender';
import { AbortedError } from '../../migrator/shard/hand-over';
import { type RedisServer } from '../../migrator/redis/server';
import { KeyReader } from '../../migrator/data/key-reader';
import { allKeys, printable } from '../../migrator/data/key-scan';
import { differenceOf } from '../../migrator/data/key-snapshot';
import { otherRing, type RingId } from '../plan/plan';
import { type Rings } from '../plan/rings';
import { type Fleet } from '../server/fleet';
import { ringOf } from '../server/epoch';
import { type FleetServer } from '../server/server';
import { type Context, forFleet } from './context';

/** How long a copy may lag behind. */
const LAG_MS = 5000;
const POLL_MS = 20;

/** Keys of a server that differ, after which no more are compared: each takes as long as a copy may lag. */
const ENOUGH = 3;

/** How often a key that changes meanwhile is compared again. */
const TRIES = 5;

const CLOCKS = { ahead: 0, sendsDurations: false };

export function verify(context: Context): Promise<Result> {
  return forFleet(context, async (fleet, rings) => {
    await fleet.checkCluster();
    const state = await fleet.state();
    const serving = ringOf(state);
    if (serving === undefined || state.startsWith('back')) throw new AbortedError(`${state}; run copy first`);
    const results = await Promise.all(fleet.masters.map((server) => verifyServer(fleet, rings, serving, server)));
    const different = results.flatMap(({ differing }) => differing);
    const compared = results.reduce((sum, one) => sum + one.compared, 0);
    if (different.length > 0) {
      throw new RefusedError(
        `of the first ${compared} moving keys, some differ: ${different.slice(0, 3).map(printable).join(', ')}; ` +
          'if copy runs and has copied all, run it again from the start',
      );
    }
    return `${compared} moving keys are the same on both rings`;
  });
}

interface Verified {
  readonly compared: number;
  readonly differing: Buffer[];
}

/** Compares the keys of one server that move from it, and looks for copies on it whose key is gone. */
async function verifyServer(
  fleet: Fleet,
  rings: Rings,
  serving: RingId,
  { ordinal, redis: own }: FleetServer,
): Promise<Verified> {
  const redisOf = new Map(fleet.masters.map((server) => [server.ordinal, server.redis]));
  const differing: Buffer[] = [];
  let compared = 0;
  for await (const keys of allKeys(directSender(own))) {
    const moving = new Map<RedisServer, Buffer[]>();
    const copies = new Map<RedisServer, Buffer[]>();
    for (const key of keys) {
      const [from, to] = [serving, otherRing(serving)].map((ring) => rings.ownerOf(key, ring));
      if (from === ordinal && to !== ordinal) push(moving, redisOf.get(to), key);
      else if (from !== ordinal && to === ordinal) push(copies, redisOf.get(from), key);
      else if (from !== ordinal) differing.push(key);
    }
    for (const [target, some] of moving) {
      compared += some.length;
      for (const key of await differingOf(own, target, some)) {
        if (differing.length < ENOUGH && !(await isSame(own, target, key))) differing.push(key);
      }
    }
    if (differing.length >= ENOUGH) break;
    for (const [source, some] of copies) {
      const exists = await source.each(some.map((key) => ['EXISTS', key]));
      const gone = some.filter((_, i) => exists[i] !== 1);
      for (const key of gone) {
        if (differing.length < ENOUGH && !(await isSame(source, own, key))) differing.push(key);
      }
    }
  }
  return { compared, differing };
}

function push(groups: Map<RedisServer, Buffer[]>, server: RedisServer | undefined, key: Buffer): void {
  if (server === undefined) return;
  const keys = groups.get(server) ?? [];
  groups.set(server, keys);
  keys.push(key);
}

/** The keys that differ at this moment. */
async function differingOf(source: RedisServer, target: RedisServer, keys: readonly Buffer[]): Promise<Buffer[]> {
  const readers = [source, target].map((server) => new KeyReader(directSender(server), true));
  const [ones, others] = await Promise.all(readers.map((reader) => reader.snapshotsOf(keys)));
  return keys.filter((_, i) => differenceOf(ones[i], others[i], CLOCKS) !== undefined);
}

async function isSame(source: RedisServer, target: RedisServer, key: Buffer): Promise<boolean> {
  if (await equal(source, target, key)) return true;
  return source.withOwnConnection(async (own) => {
    for (let tries = 0; tries < TRIES; tries++) {
      await own.call('WATCH', key);
      const deadline = Date.now() + LAG_MS;
      let same = await equal(own, target, key);
      while (!same && Date.now() < deadline) {
        await sleep(POLL_MS);
        same = await equal(own, target, key);
      }
      await own.call('MULTI');
      await own.call('PING');
      const wasUnchanged = (await own.call('EXEC')) !== null;
      if (same) return true;
      if (wasUnchanged) return false;
    }
    // It changes all the time, so nothing is known about it; the fence makes it stop before the last copy.
    return true;
  });
}

async function equal(source: RedisServer, target: RedisServer, key: Buffer): Promise<boolean> {
  return (await differingOf(source, target, [key])).length === 0;
}
