// The props of FleetBackup.

import { type Construct } from 'constructs';
import { type BackupOptions } from './backup/backup-options';
import { type SecretKey } from './common/secret-key';
import { type NutcrackerPool } from './nutcracker';
import { type ShardTls } from './tls/tls-options';

/** The options of the backups, and the servers of the fleet. */
export interface FleetBackupProps extends BackupOptions {
  /** The prefix of every name, such as `unit-1`. */
  readonly name: string;

  /** The fingerprint of the rings: a backup is restored only to a fleet with the same one. */
  readonly ring: string;

  /** The names of each shard on the rings, by ordinal, such as `pool/redis-a:6379`. */
  readonly ringNames: string[][];

  /** `host:port` of the server of each shard, or of its server a, by ordinal. */
  readonly addresses: string[];

  /**
   * `host:port` of server b of each shard, by ordinal.
   * @default - none
   */
  readonly replicaAddresses?: string[];

  /**
   * `host:port` of each Sentinel, which a restore keeps from replacing a master.
   * @default - none
   */
  readonly sentinels?: string[];

  /**
   * TLS of the servers: from the phase USED on, the Jobs connect by TLS. A shard that is restored follows its Job by TLS in every phase.
   * @default - none
   */
  readonly tls?: ShardTls;

  /**
   * The password of the servers and the Sentinels.
   * @default - none
   */
  readonly password?: SecretKey;

  /**
   * The pools of the old `nutcracker.yml`, whose rings placed the keys in the files of an import.
   * @default - required with `importFrom`; `FleetCharts` takes its `pool` or `pools`
   */
  readonly importPools?: NutcrackerPool[];

  /**
   * Whether the Jobs export their progress for Prometheus, at `/metrics` of port 9123.
   * @default false
   */
  readonly metrics?: boolean;

  /**
   * The fleet, for the label `app.kubernetes.io/part-of` and the plan.
   * @default - `name`
   */
  readonly partOf?: string;

  /**
   * The constructs with the volumes of the shards, for the warning that both are lost together.
   * @default - there is no such warning
   */
  readonly shardStorage?: Construct[];

  /**
   * The scopes in which objects are created, such as separate charts: `program`, `restore` and `import`.
   * @default - this construct
   */
  readonly scopes?: { [what: string]: Construct };
}
