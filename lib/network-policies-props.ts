// What the policies of a fleet are made of.

import { type FleetMigration } from './fleet-migration';
import { type NetworkPeer } from './network-peer';
import { type RedisStatefulSet } from './redis-stateful-set';
import { type TwemproxyLayer } from './twemproxy-layer';

/** Who is protected, who is let in, and how far the pods reach. */
export interface NetworkPoliciesProps {
  /** The shards. */
  readonly redis: RedisStatefulSet;

  /** The proxies, which may talk to the shards. */
  readonly proxies: TwemproxyLayer[];

  /**
   * The move, whose Jobs may talk to the shards; old servers are reached as long as it is there.
   * @default - none
   */
  readonly migration?: FleetMigration;

  /**
   * Who else may talk to the shards: backups, exporters, the old servers of a move with `keepLegacyInSync`.
   * @default - nobody
   */
  readonly redisClients?: NetworkPeer[];

  /**
   * Who may talk to the proxies.
   * @default - every pod in the namespace
   */
  readonly proxyClients?: NetworkPeer[];

  /**
   * Who may read the statistics of the proxies, and of their bridge.
   * @default - nobody; kubectl port-forward and probes pass all the same
   */
  readonly statsClients?: NetworkPeer[];

  /**
   * Whether the pods reach only name servers, the shards, and the servers that the proxies and the move know. A server that is
   * known by its address is allowed by that; one that is known by name, which a policy cannot say, by its port, anywhere or in
   * `oldServerNetworks`. So nothing of a fleet is locked out; a container that a patch adds needs `egressPeers`.
   * @default true
   */
  readonly limitEgress?: boolean;

  /**
   * Networks (such as `10.8.0.0/16`) of the servers that are known by name.
   * @default - anywhere, on their ports
   */
  readonly oldServerNetworks?: string[];

  /**
   * Where else the pods may connect to, on any port.
   * @default - nowhere
   */
  readonly egressPeers?: NetworkPeer[];
}
