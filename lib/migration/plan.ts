// The plan of a move: what FleetMigration writes into plan.json, and all that the migrator knows. Plain data, no cdk8s.
// docs/plan.md describes the file for people.

/** The version of the format; the migrator refuses any other. */
export const PLAN_VERSION = 1;

/** Where nothing listens: a server that follows this address serves nobody. */
export const NOWHERE = { host: '127.0.0.1', port: 1 } as const;

/** plan.json. */
export interface MovePlan {
  readonly version: typeof PLAN_VERSION;
  /** The fleet's name. */
  readonly fleet: string;
  /** How keys find their shard. */
  readonly ring: PlannedRing;
  /** How many initial synchronizations run at a time. */
  readonly sync: { readonly concurrency: number; readonly perSourceHost: number };
  /** How many shards are cut over at a time, and how many milliseconds the writes of one may be held. */
  readonly cutover: { readonly concurrency: number; readonly deadlineMs: number };
  /** Whether an old server follows its new shard after the cutover, so that going back loses nothing. */
  readonly keepLegacyInSync: boolean;
  /** Networks (CIDR) from which old servers see this fleet's proxies. */
  readonly proxyNetworks: readonly string[];
  /** Names that the old servers gave to commands (`rename-command`), by the original name in capitals. */
  readonly renamedCommands: Readonly<Record<string, string>>;
  /** The shards, by ordinal. */
  readonly shards: readonly PlannedShard[];
}

/** What decides the shard of a key, as in nutcracker.yml. */
export interface PlannedRing {
  readonly hash: string;
  readonly distribution: string;
  readonly hashTag?: string;
}

/** One entry a shard. */
export interface PlannedShard {
  /** The ordinal of the shard. */
  readonly shard: number;
  /** The name by which the ring knows it. */
  readonly ringName: string;
  /** Its weight on the ring. */
  readonly weight: number;
  /** `host:port` of the old server. */
  readonly old: string;
  /** `host:port` of the new one. */
  readonly new: string;
  /** `host:port` of the new one as the old one reaches it, where that differs. */
  readonly newForOld?: string;
}
