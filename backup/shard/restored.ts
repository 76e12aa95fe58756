// Whether a server has what a file of a backup has: the number of keys that it read, and the sampled ones.

import { type RedisServer } from '../../migrator/redis/server';
import { observe, type ServerView } from '../../migrator/redis/server-view';
import { directSender } from '../../migrator/redis/command-sender';
import { printable, select } from '../../migrator/data/key-scan';
import { type Sample, type ShardRecord } from '../store/manifest';
import { read, type SampledKey } from './samples';

/** A key that expires within this time may be gone on one of the servers. */
const EXPIRING_MS = 10_000;

/** How far the clocks of two servers may differ. */
const CLOCKS_MS = 10_000;

/** The differences, in words; none if it has the data. Throws a ServerError. */
export async function differencesOn(server: RedisServer, record: ShardRecord): Promise<string[]> {
  const differences: string[] = [];
  const count = keysRead(await observe(server));
  if (record.keys !== undefined && count !== record.keys) {
    differences.push(`it has read ${count} keys, and the file has ${record.keys}`);
  }
  for (const database of new Set(record.samples.map((it) => it.database))) {
    const samples = record.samples.filter((it) => it.database === database);
    await select(directSender(server), database);
    const found = await read(
      server,
      database,
      samples.map(({ key }) => Buffer.from(key, 'base64')),
    );
    differences.push(...found.flatMap((it, i) => differenceOf(samples[i], it)));
  }
  return differences;
}

/** The keys of the file that a server has loaded last, also those that have expired since. */
function keysRead({ info }: ServerView): number {
  return info.number('rdb_last_load_keys_loaded') + info.number('rdb_last_load_keys_expired');
}

function differenceOf(sample: Sample, { key, database, snapshot }: SampledKey): string[] {
  const { expiresAt = Infinity } = sample;
  if (expiresAt < snapshot.at + EXPIRING_MS) return [];
  const differs = (what: string): string[] => [`key ${printable(key)} of database ${database} ${what}`];
  if (snapshot.type === 'none') return differs('is missing');
  if (snapshot.type !== sample.type) return differs(`is a ${snapshot.type}, and was a ${sample.type}`);
  if (snapshot.digest !== sample.digest) return differs('has another value');
  const later = Math.abs((snapshot.expiresAt ?? Infinity) - expiresAt);
  return later > CLOCKS_MS ? differs('has another expiry') : [];
}
