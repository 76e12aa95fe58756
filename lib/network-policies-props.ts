// The props of NetworkPolicies.

import { type FleetBackup } from './fleet-backup';
import { type FleetFailover } from './fleet-failover';
import { type FleetMetrics } from './fleet-metrics';
import { type FleetMigration } from './fleet-migration';
import { type FleetPasswords } from './fleet-passwords';
import { type FleetReshard } from './fleet-reshard';
import { type NetworkPeer } from './network-peer';
import { type RedisSentinels } from './redis-sentinels';
import { type RedisStatefulSet } from './redis-stateful-set';
import { type TwemproxyLayer } from './twemproxy-layer';

/** The protected workloads, their allowed clients, and their egress. */
export interface NetworkPoliciesProps {
  /** The shards. */
  readonly redis: RedisStatefulSet;

  /**
   * The Sentinels of shards with replicas. They and the two servers of each shard may connect to each other.
   * @default - none
   */
  readonly sentinels?: RedisSentinels;

  /**
   * The failover Jobs. They may connect to both servers of each shard, and to the Sentinels.
   * @default - none
   */
  readonly failover?: FleetFailover;

  /**
   * The backups. Their Jobs may connect to both servers of each shard, which may connect to the Job for a restore.
   * @default - none
   */
  readonly backup?: FleetBackup;

  /**
   * The Jobs that change the password. They may connect to every server, to the Sentinels, and to the proxies.
   * @default - none
   */
  readonly passwords?: FleetPasswords;

  /**
   * The Jobs that change the ring. They may connect to every shard, and to the nodes of the Redis Cluster to which keys move.
   * @default - none
   */
  readonly reshard?: FleetReshard;

  /**
   * The metrics. Their pod may connect to the shards, and to the statistics of the proxies; their `clients` may connect to it, and
   * to the bridges.
   * @default - none
   */
  readonly metrics?: FleetMetrics;

  /** The proxies, which may connect to the shards. */
  readonly proxies: TwemproxyLayer[];

  /**
   * The migration. Its Jobs may connect to the shards, and egress to the old servers is allowed.
   * @default - none
   */
  readonly migration?: FleetMigration;

  /**
   * Other peers that may connect to the shards: backups, exporters, the old servers of a migration with `keepLegacyInSync`.
   * @default - none
   */
  readonly redisClients?: NetworkPeer[];

  /**
   * Which peers may connect to the proxies.
   * @default - every pod in the namespace
   */
  readonly proxyClients?: NetworkPeer[];

  /**
   * Which peers may read the statistics of the proxies and of their bridge.
   * @default - none; kubectl port-forward and probes still work
   */
  readonly statsClients?: NetworkPeer[];

  /**
   * Whether egress is limited to name servers, the shards, and the servers of the proxies and the migration. A server listed by
   * IP address is allowed by address. A policy cannot match a name, so a server listed by name is allowed by port: anywhere, or
   * in `oldServerNetworks`. Every connection of the fleet itself is allowed; a container added by a patch needs `egressPeers`.
   * @default true
   */
  readonly limitEgress?: boolean;

  /**
   * Networks (such as `10.8.0.0/16`) of the servers that are listed by name.
   * @default - any address, on their ports
   */
  readonly oldServerNetworks?: string[];

  /**
   * Additional peers that the pods may connect to, on any port.
   * @default - none
   */
  readonly egressPeers?: NetworkPeer[];
}
