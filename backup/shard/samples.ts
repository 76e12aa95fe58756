// Random keys of a server with digests of their values: before and after a snapshot, so that those that are the same were the
// same in it. They show later that a restored server returns what this one did.

import { type RedisServer, rethrowUnreachable } from '../../migrator/redis/server';
import { directSender } from '../../migrator/redis/command-sender';
import { KeyReader } from '../../migrator/data/key-reader';
import { randomKeys, select } from '../../migrator/data/key-scan';
import { type KeySnapshot } from '../../migrator/data/key-snapshot';
import { type Sample } from '../store/manifest';

/** Larger keys are not read: it would take too long. */
const MAX_BYTES = 1024 * 1024;

/** The same expiry, read twice. */
const SAME_EXPIRY_MS = 100;

/** A key, and what the server returned. */
export interface SampledKey {
  readonly database: number;
  readonly key: Buffer;
  readonly snapshot: KeySnapshot;
}

/** Reads up to `count` random keys of each database. Throws a ServerError. */
export async function sampleOf(
  server: RedisServer,
  databases: readonly number[],
  count: number,
): Promise<SampledKey[]> {
  const sampled: SampledKey[] = [];
  const send = directSender(server);
  for (const database of databases) {
    await select(send, database);
    const keys = await ofSmallSize(server, await randomKeys(send, count));
    sampled.push(...(await read(server, database, keys)));
  }
  return sampled;
}

/** Reads the same keys again, and returns those that are unchanged. Throws a ServerError. */
export async function unchanged(server: RedisServer, before: readonly SampledKey[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const database of new Set(before.map((it) => it.database))) {
    const own = before.filter((it) => it.database === database);
    await select(directSender(server), database);
    const after = await read(
      server,
      database,
      own.map(({ key }) => key),
    );
    samples.push(...own.flatMap((it, i) => (isSame(it.snapshot, after[i].snapshot) ? [sample(it)] : [])));
  }
  return samples;
}

/** Reads keys of the selected database. */
export async function read(server: RedisServer, database: number, keys: readonly Buffer[]): Promise<SampledKey[]> {
  const snapshots = await new KeyReader(directSender(server), false).snapshotsOf(keys);
  return snapshots.map((snapshot, i) => ({ database, key: keys[i], snapshot }));
}

async function ofSmallSize(server: RedisServer, keys: readonly Buffer[]): Promise<Buffer[]> {
  const sizes = await server.each(keys.map((key) => ['MEMORY', 'USAGE', key]));
  for (const size of sizes) if (size instanceof Error) rethrowUnreachable(size);
  return keys.filter((_, i) => typeof sizes[i] === 'number' && sizes[i] <= MAX_BYTES);
}

function isSame(before: KeySnapshot, after: KeySnapshot): boolean {
  if (before.digest === undefined || before.digest !== after.digest || before.type !== after.type) return false;
  if (before.expiresAt === undefined || after.expiresAt === undefined) return before.expiresAt === after.expiresAt;
  return Math.abs(before.expiresAt - after.expiresAt) <= SAME_EXPIRY_MS + before.took + after.took;
}

function sample({ database, key, snapshot: { type, digest = '', expiresAt } }: SampledKey): Sample {
  return { database, key: key.toString('base64'), type, digest, ...(expiresAt !== undefined && { expiresAt }) };
}
