// Tries a backup: loads the file of each shard into an empty server that belongs to no fleet, one after the other, and compares it
// with the manifest.

import { randomBytes } from 'node:crypto';
import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { eachShard } from '../../migrator/program/each-shard';
import { type Outcome, RefusedError } from '../../migrator/program/outcome';
import { RedisServer, ServerError } from '../../migrator/redis/server';
import { observe } from '../../migrator/redis/server-view';
import { load } from '../shard/shard-restore';
import { type Chosen } from '../store/choose';
import { type Context } from './context';
import { recordOf } from './record-of';

export interface DrillOptions {
  readonly chosen: Chosen;
  /** `host:port` of the empty server. */
  readonly scratch: string;
  /** The address and the port of this program, as that server reaches it. */
  readonly host: string;
  readonly port: number;
}

/** How long the server may take to start. */
const START_MS = 60_000;
/** Between two tries to connect to it. */
const RETRY_MS = 200;

export async function drill(context: Context, options: DrillOptions): Promise<Outcome[]> {
  const { chosen, scratch } = options;
  context.report.note(`trying ${chosen.directory.path} on ${scratch}`);
  const server = await scratchServer(context, scratch);
  try {
    return await eachShard(context, { concurrency: 1 }, (shard) => tried(server, shard, context, options));
  } finally {
    // Its container ends, and so does the pod.
    await server.call('SHUTDOWN', 'NOSAVE').catch(() => undefined);
    server.close();
  }
}

async function scratchServer({ plan }: Context, scratch: string): Promise<RedisServer> {
  const own = plan.shards.find(({ a, b }) => a === scratch || b === scratch);
  if (own !== undefined) throw new RefusedError(`${scratch} is a server of shard ${own.shard}; give one of no fleet`);
  const server = await connected(scratch);
  const { keys } = await observe(server);
  if (keys === 0) return server;
  server.close();
  throw new RefusedError(`${scratch} has ${keys} keys; give an empty server of no fleet: it is emptied for each shard`);
}

async function connected(address: string): Promise<RedisServer> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      return await RedisServer.connect(address);
    } catch (error) {
      if (!(error instanceof ServerError) || error.isPermanent || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function tried(
  server: RedisServer,
  shard: BackedUpShard,
  { report }: Context,
  { chosen, host, port }: DrillOptions,
): Promise<string> {
  const record = recordOf(shard, chosen);
  const replicationId = randomBytes(20).toString('hex');
  await server.all([['REPLICAOF', 'NO', 'ONE'], ['FLUSHALL']]);
  const target = { server, view: await observe(server) };
  await load(target, {
    record,
    file: { ...record, path: chosen.directory.file(record.file), replicationId },
    access: { planHash: '' },
    host,
    port,
    onDetached: () => Promise.resolve(),
    onProgress: (state, bytes) => {
      report.progress({ shard: shard.shard, state, bytes, bytesInAll: record.bytes });
    },
  });
  const { keys } = await observe(server);
  return `${keys} keys of ${record.finished}, ${record.samples.length} compared`;
}
