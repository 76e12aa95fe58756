// Deletes the copies of an earlier run, or of the ring that served before. It deletes nothing if the plan may not be the one of
// this fleet: with other rings, the only copy of a key would look like one too many.

import { allKeys, printable } from '../../migrator/data/key-scan';
import { RefusedError } from '../../migrator/program/outcome';
import { nameOf, otherRing, type RingId } from '../plan/plan';
import { type Rings } from '../plan/rings';
import { type Fleet } from '../server/fleet';
import { type FleetServer } from '../server/server';

/** Keys on servers on which the serving ring does not look for them. */
interface ForeignKeys {
  /** Keys that the other ring places there. */
  copies: number;
  /** Copies whose server of the serving ring does not have the key: it was deleted since, or this is the only one. */
  orphans: number;
  /** Keys that neither ring places there. */
  strays: number;
  /** One of the strays or orphans. */
  example?: Buffer;
}

/** The part of the copies that may be orphans. */
const FEW_ORPHANS = 0.5;

/** Deletes all copies; returns their number. Refuses if there are strays, or orphans that nobody has accepted. */
export async function deleteCopies(
  fleet: Fleet,
  rings: Rings,
  serving: RingId,
  deleteOrphans: boolean,
): Promise<number> {
  const found = await checkPlacement(fleet, rings, serving, deleteOrphans);
  if (found === 0) return 0;
  const deleted = await Promise.all(
    fleet.masters.map(async (server) => {
      let count = 0;
      for await (const { copies } of foreignKeys(server, rings, serving)) {
        // Each with a command of its own: in a Redis Cluster, they are in different slots.
        const deleted = await server.redis.all(copies.map((key) => ['UNLINK', key]));
        count += deleted.reduce<number>((sum, one) => sum + Number(one), 0);
      }
      return count;
    }),
  );
  return deleted.reduce((sum, count) => sum + count, 0);
}

/** Refuses if keys are where the plan does not expect them; returns the number of copies. */
export async function checkPlacement(
  fleet: Fleet,
  rings: Rings,
  serving: RingId,
  acceptOrphans: boolean,
): Promise<number> {
  const found: ForeignKeys = { copies: 0, orphans: 0, strays: 0 };
  await Promise.all(fleet.masters.map((server) => count(found, fleet, server, rings, serving)));
  const { copies, orphans, strays, example } = found;
  const such = example === undefined ? '' : `, such as ${printable(example)}`;
  if (strays > 0) {
    throw new RefusedError(
      `${strays} keys are on servers on which neither ring looks for them${such}; correct the rings in the plan, or move or delete these keys`,
    );
  }
  if (orphans > FEW_ORPHANS * copies && !acceptOrphans) {
    throw new RefusedError(
      `${orphans} of ${copies} keys that only ${nameOf(otherRing(serving))} looks for are on no server of ${nameOf(serving)}${such}; ` +
        'correct the rings in the plan, or, if these are old copies of keys that were deleted since, run this with --delete-orphans',
    );
  }
  return copies;
}

async function count(
  found: ForeignKeys,
  fleet: Fleet,
  server: FleetServer,
  rings: Rings,
  serving: RingId,
): Promise<void> {
  for await (const { copies, strays } of foreignKeys(server, rings, serving)) {
    const orphans = await missing(fleet, rings, serving, copies);
    found.copies += copies.length;
    found.orphans += orphans.length;
    found.strays += strays.length;
    found.example = strays.at(0) ?? found.example ?? orphans.at(0);
  }
}

/** Those of the keys that the serving ring does not have. */
async function missing(fleet: Fleet, rings: Rings, serving: RingId, keys: readonly Buffer[]): Promise<Buffer[]> {
  const results = await Promise.all(
    fleet.masters.map(async ({ ordinal, redis }) => {
      const own = keys.filter((key) => rings.ownerOf(key, serving) === ordinal);
      const exists = own.length === 0 ? [] : await redis.all(own.map((key) => ['EXISTS', key]));
      return own.filter((_, i) => exists[i] !== 1);
    }),
  );
  return results.flat();
}

async function* foreignKeys(
  { ordinal, redis }: FleetServer,
  rings: Rings,
  serving: RingId,
): AsyncGenerator<{ readonly copies: Buffer[]; readonly strays: Buffer[] }> {
  for await (const keys of allKeys((commands) => redis.eachInBytes(commands))) {
    const foreign = keys.filter((key) => rings.ownerOf(key, serving) !== ordinal);
    const isCopy = (key: Buffer): boolean => rings.ownerOf(key, otherRing(serving)) === ordinal;
    yield { copies: foreign.filter(isCopy), strays: foreign.filter((key) => !isCopy(key)) };
  }
}
