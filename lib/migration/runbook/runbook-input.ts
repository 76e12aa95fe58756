// What a runbook is written from.

import { type MigrationPhase } from '../migration-options';
import { type Needs } from './cluster-requirements';

/** What the runbook tells of. */
export interface RunbookInput {
  readonly fleet: string;
  readonly phase: MigrationPhase;
  readonly namespace?: string;
  readonly secret?: { readonly name: string; readonly key: string };
  /** The Secret with the other names of commands. */
  /** The user of the old servers for the move, and the Secret with its password. */
  readonly oldUser?: { readonly user: string; readonly name: string; readonly key: string };
  readonly renamedCommands?: { readonly name: string; readonly key: string };
  readonly shards: number;
  /** The hosts of the old servers, each of which synchronizes so many shards at a time. */
  readonly oldHosts: number;
  readonly syncsPerSourceHost: number;
  readonly syncConcurrency: number;
  readonly cutoverConcurrency: number;
  /** Milliseconds from one question of a bridge to the next. */
  readonly checkInterval: number;
  readonly statefulSet: string;
  readonly deployment: string;
  /** Where the bridge tells how it is. */
  readonly healthPort?: number;
  /** `host:port` of the proxies for each pool, for the applications. */
  readonly proxies: readonly { readonly pool: string; readonly address: string }[];
  /** The files that were written, by step: `30-redis`. */
  readonly files: Readonly<Record<string, string>>;
  /** The Jobs by step; none once the fleet has moved. */
  readonly jobs: Readonly<Record<string, string>>;
  /** The name of the move, which all its objects carry as a label. */
  readonly move: string;
  readonly keepLegacyInSync: boolean;
  /** What the fleet asks of the cluster. */
  readonly needs: Needs;
  /** The ConfigMap with the migrator and the hash of its program; nothing where an image brings it. */
  readonly migrator?: { readonly configMap: string; readonly sha256: string };
}
