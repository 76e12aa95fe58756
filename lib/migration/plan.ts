// The plan of a move: what FleetMigration writes into plan.json, and all that the migrator knows. Plain data, no cdk8s.
// docs/plan.md describes the file for people.

/** The version of the format; the migrator refuses any other. */
export const PLAN_VERSION = 2;

/** Where nothing listens: a server that follows this address serves nobody. */
export const NOWHERE = { host: '127.0.0.1', port: 1 } as const;

/** The user of the new servers that may change their role, with the password of the fleet: the default user may not. */
export const ROLE_USER = 'migrator';

/** plan.json. */
export interface MovePlan {
  readonly version: typeof PLAN_VERSION;
  /** The fleet's name. */
  readonly fleet: string;
  /** The pools that the fleet serves, each with the ring by which its keys find their shards. */
  readonly pools: readonly PlannedPool[];
  /** How many initial synchronizations run at a time. */
  readonly sync: { readonly concurrency: number; readonly perSourceHost: number };
  /** How many shards are cut over at a time, and how many milliseconds the writes of one may be held. */
  readonly cutover: { readonly concurrency: number; readonly deadlineMs: number };
  /** Whether an old server follows its new shard after the cutover, so that going back loses nothing. */
  readonly keepLegacyInSync: boolean;
  /** Networks (CIDR) from which old servers see this fleet's proxies. */
  readonly proxyNetworks: readonly string[];
  /** The user as which the old servers are logged in to; the default one if there is none. */
  readonly oldUser?: string;
  /** The shards, by ordinal. */
  readonly shards: readonly PlannedShard[];
}

/** What decides the shard of a key, as in nutcracker.yml; which servers are on the ring stands with the shards. */
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
  /** The name by which the ring knows the shard. */
  readonly ringName: string;
  /** Its weight on the ring. */
  readonly weight: number;
}

/** One entry a shard. */
export interface PlannedShard {
  /** The ordinal of the shard. */
  readonly shard: number;
  /** Its place in each of the pools that it serves. */
  readonly servers: readonly PlannedServer[];
  /** `host:port` of the old server. */
  readonly old: string;
  /** `host:port` of the new one. */
  readonly new: string;
  /** `host:port` of the new one as the old one reaches it, where that differs. */
  readonly newForOld?: string;
}

/** The names by which rings know a shard, each once. */
export function ringNamesOf({ servers }: Pick<PlannedShard, 'servers'>): string[] {
  return [...new Set(servers.map(({ ringName }) => ringName))];
}
