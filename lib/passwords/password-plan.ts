// The servers of a fleet and its Sentinels, for a change of the password. The library writes it to passwords.json, and the
// passwords program reads it. Plain data without cdk8s.

/** The version of the format; the program refuses any other. */
export const PASSWORD_PLAN_VERSION = 1;

/** passwords.json. */
export interface PasswordPlan {
  readonly version: typeof PASSWORD_PLAN_VERSION;
  /** The fleet's name. */
  readonly fleet: string;
  /** The port on which each proxy serves its first pool. */
  readonly proxyPort: number;
  /** The TLS of that port; without it, it has none. The authorities are an option of the program. */
  readonly proxyTls?: PlannedProxyTls;
  /** `host:port` of each Sentinel; none without replicas. */
  readonly sentinels: readonly string[];
  /** The shards, by ordinal. */
  readonly shards: readonly ShardServers[];
}

/** TLS of the proxies. */
export interface PlannedProxyTls {
  /** The name that the certificates of all proxies have: they are asked by the addresses of their pods. */
  readonly serverName: string;
}

/** The servers of a shard. */
export interface ShardServers {
  /** The ordinal of the shard. */
  readonly shard: number;
  /** `host:port` of each of its servers: one, or with replicas two. */
  readonly servers: readonly string[];
}
