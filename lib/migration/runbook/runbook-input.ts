// The data that a runbook is written from.

import { type MigrationPhase } from '../migration-options';
import { type Needs } from './cluster-requirements';

export interface RunbookInput {
  readonly fleet: string;
  /** The file in which the FleetCharts are. */
  readonly source: string;
  readonly phase: MigrationPhase;
  readonly namespace?: string;
  readonly secret?: { readonly name: string; readonly key: string };
  /** The user of the old servers for the migration, and the Secret with its password. */
  readonly oldUser?: { readonly user: string; readonly name: string; readonly key: string };
  /** The Secret with the `rename-command` lines of the old servers. */
  readonly renamedCommands?: { readonly name: string; readonly key: string };
  /** The Secrets with certificates. */
  readonly certificates: readonly string[];
  /** How redis-cli in the pod of a shard reaches it. */
  readonly redisCli: string;
  /** Whether the proxies keep a bridge, which has the TLS that nutcracker lacks. */
  readonly keepsBridge: boolean;
  readonly shards: number;
  readonly oldHosts: number;
  /** How many shards synchronize from one old host at a time. */
  readonly syncsPerSourceHost: number;
  readonly syncConcurrency: number;
  readonly cutoverConcurrency: number;
  /** Milliseconds between two health checks of a bridge. */
  readonly checkInterval: number;
  readonly statefulSet: string;
  /** The second servers of the shards, and the Sentinels, if there are replicas. */
  readonly replicas?: { readonly statefulSet: string; readonly sentinels: string };
  readonly deployment: string;
  /** The port of the bridge's health endpoint. */
  readonly healthPort?: number;
  /** `host:port` of the proxies for each pool, for the applications. */
  readonly proxies: readonly { readonly pool: string; readonly address: string }[];
  /** The written files by step, such as `30-redis`. */
  readonly files: Readonly<Record<string, string>>;
  /** The names of the Jobs by step. Once the fleet has moved, only those of the failover program, if there are replicas. */
  readonly jobs: Readonly<Record<string, string>>;
  /** The name of the migration, which all its objects have as a label. */
  readonly move: string;
  readonly keepLegacyInSync: boolean;
  /** What the fleet requires of the cluster. */
  readonly needs: Needs;
  /** The ConfigMap with the migrator, and the hash of its program; undefined if the program is in an image. */
  readonly migrator?: { readonly configMap: string; readonly sha256: string };
}
