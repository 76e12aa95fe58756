// The plan of a migration, which FleetMigration writes to plan.json and the migrator reads. Plain data without cdk8s.
// docs/plan.md documents the file.

/** The version of the format; the migrator refuses any other. */
export const PLAN_VERSION = 2;

/** An address without a server: a replica of it serves no client. */
export const NOWHERE = { host: '127.0.0.1', port: 1 } as const;

/** The user of the new servers that may change their role, with the password of the fleet; the default user may not. */
export const ROLE_USER = 'migrator';

/** plan.json. */
export interface MovePlan {
  readonly version: typeof PLAN_VERSION;
  /** The fleet's name. */
  readonly fleet: string;
  /** The pools that the fleet serves, each with the ring that maps its keys to shards. */
  readonly pools: readonly PlannedPool[];
  /** How many initial synchronizations run at a time. */
  readonly sync: { readonly concurrency: number; readonly perSourceHost: number };
  /** How many shards are cut over at a time, and for how many milliseconds the writes of one may be held. */
  readonly cutover: { readonly concurrency: number; readonly deadlineMs: number };
  /** Whether an old server follows its new shard after the cutover, so that a rollback loses nothing. */
  readonly keepLegacyInSync: boolean;
  /** Networks (CIDR) from which this fleet's proxies connect to old servers. */
  readonly proxyNetworks: readonly string[];
  /** The user of the old servers; defaults to the default user. */
  readonly oldUser?: string;
  /** Which servers are connected to by TLS; without it, none. */
  readonly tls?: PlannedTls;
  /** The shards, by ordinal. */
  readonly shards: readonly PlannedShard[];
}

/** The TLS of a plan. The authorities and certificates are options of the migrator. */
export interface PlannedTls {
  /** Whether the new servers are connected to by TLS. */
  readonly new: boolean;
  /** Whether the old ones are, also by the new ones that follow them. */
  readonly old: boolean;
  /** The name in the certificates of all old servers; defaults to the host of each. */
  readonly oldName?: string;
}

/** The settings that map keys to shards, as in nutcracker.yml; the servers of the ring are in the shards. */
export interface PlannedPool {
  readonly name: string;
  readonly hash: string;
  readonly distribution: string;
  readonly hashTag?: string;
  /** The database of the servers that the pool uses. */
  readonly database: number;
}

/** A shard's place on the ring of a pool. */
export interface PlannedServer {
  /** The name of the pool. */
  readonly pool: string;
  /** The name of the shard on the ring. */
  readonly ringName: string;
  /** Its weight on the ring. */
  readonly weight: number;
}

/** One entry per shard. */
export interface PlannedShard {
  /** The ordinal of the shard. */
  readonly shard: number;
  /** Its place on the ring of each pool that it serves. */
  readonly servers: readonly PlannedServer[];
  /** `host:port` of the old server. */
  readonly old: string;
  /** `host:port` of the new one. */
  readonly new: string;
  /** `host:port` at which the old server reaches the new one, if that differs. */
  readonly newForOld?: string;
}

/** The distinct names of a shard on its rings. */
export function ringNamesOf({ servers }: Pick<PlannedShard, 'servers'>): string[] {
  return [...new Set(servers.map(({ ringName }) => ringName))];
}
