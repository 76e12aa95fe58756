// Restores shards of a backup to empty servers, a few at a time.

import { createHash } from 'node:crypto';
import { masterName } from '../../lib/failover/replica-plan';
import { type Sentinels } from '../../failover/sentinel/sentinels';
import { type BackedUpShard } from '../../lib/backup/backup-plan';
import { eachShard } from '../../migrator/program/each-shard';
import { type Outcome } from '../../migrator/program/outcome';
import { UsageError } from '../../migrator/program/usage-error';
import { AbortedError } from '../../migrator/shard/hand-over';
import { type Certificate } from '../rdb/rdb-master';
import { restoreShard } from '../shard/shard-restore';
import { type Chosen } from '../store/choose';
import { type ShardRecord } from '../store/manifest';
import { type Context } from './context';
import { recordOf } from './record-of';

/** The network policy allows so many ports. */
const MAX_CONCURRENCY = 8;

export interface RestoreOptions {
  readonly concurrency: number;
  readonly chosen: Chosen;
  readonly planHash: string;
  /** Identifies this run, also if it is continued. */
  readonly run: string;
  /** Whether shards with other data lose it. */
  readonly discardsData: boolean;
  /** The address of this program, as the servers reach it. */
  readonly host: string;
  /** The ports for shards that are restored at the same time begin with this one. */
  readonly port: number;
  /** Of this program, for shards that replicate by TLS. */
  readonly certificate?: Certificate;
  /** None without replicas. */
  readonly sentinels: Sentinels;
}

export async function restore(context: Context, options: RestoreOptions): Promise<Outcome[]> {
  const { chosen, concurrency, host, planHash, sentinels, discardsData } = options;
  const { password, report } = context;
  report.note(`restoring ${chosen.directory.path}`);
  if (concurrency > MAX_CONCURRENCY) {
    throw new UsageError(
      `--concurrency is ${concurrency}; a restore has ports for ${MAX_CONCURRENCY} shards at a time`,
    );
  }
  const ports = Array.from({ length: concurrency }, (_, i) => options.port + i);
  return eachShard(context, options, async (shard) => {
    const record = recordOf(shard, chosen);
    // No more shards than ports are restored at the same time.
    const port = ports.pop() ?? 0;
    try {
      return await restoreShard({
        shard,
        record,
        file: { ...record, path: chosen.directory.file(record.file), replicationId: idOf(record, options.run) },
        access: { password, planHash },
        host,
        port,
        certificate: options.certificate,
        discardsData,
        onDetached: () => forget(shard, sentinels),
        onProgress: (state, bytes) => {
          report.progress({ shard: shard.shard, state, bytes, bytesInAll: record.bytes });
        },
      });
    } finally {
      ports.push(port);
    }
  });
}

/**
 * The replication id under which a run serves a file. A server keeps it after its promotion as the previous one, until it
 * restarts: a Job that is run again recognizes the shards that it has restored, which may have accepted writes since.
 */
function idOf({ sha256 }: ShardRecord, run: string): string {
  return createHash('sha1').update(`${sha256} ${run}`).digest('hex');
}

/** Sentinels would replace a master that is a replica for more than some 20 seconds. They monitor it again once it is a master. */
async function forget({ shard }: BackedUpShard, sentinels: Sentinels): Promise<void> {
  const failures = await Promise.all(
    sentinels.all.map((sentinel) =>
      sentinel.forget(masterName(shard)).then(
        () => undefined,
        (error: unknown) => error as Error,
      ),
    ),
  );
  const silent = failures.filter((it) => it !== undefined);
  if (sentinels.all.length - silent.length >= sentinels.quorum || sentinels.all.length === 0) return;
  throw new AbortedError(`too few Sentinels reply, and they might replace the master meanwhile: ${silent[0].message}`);
}
