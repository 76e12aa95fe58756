// The content of reshard.json.

import { ROLE_USER } from '../migration/plan';
import { hostAndPort } from '../network/egress';
import {
  type PlannedCluster,
  type PlannedRing,
  RESHARD_PLAN_VERSION,
  type ReshardPlan,
  type RingUser,
} from './reshard-plan';
import { type PlacedRing } from './ring-history';

/** A ring, with the user as which its proxies log in. */
export interface UsedRing extends PlacedRing {
  readonly user: RingUser;
}

/** The nodes of a Redis Cluster, at these addresses. */
export function plannedCluster(addresses: readonly string[]): PlannedCluster {
  return { cluster: addresses.map(hostAndPort) };
}

/** The ordinals of the shards of two rings: first those that are in both, so that one of them is opened first. */
export function shardsOf(a: PlacedRing, b: PlacedRing): number[] {
  const used = [...new Set([...a.ordinals, ...b.ordinals])].sort((one, other) => one - other);
  const both = used.filter((ordinal) => a.ordinals.includes(ordinal) && b.ordinals.includes(ordinal));
  return [...new Set([...both, ...used])];
}

/** What a plan has beside the rings. */
interface PlanOptions {
  /** `host:port` of the shards, by ordinal. */
  readonly addresses: readonly string[];
  /** The same of their second servers, if they have any. */
  readonly replicaAddresses?: readonly string[];
  readonly proxyNetworks?: readonly string[];
}

/** The plan to change from ring a to ring b, or to a Redis Cluster. */
export function reshardPlan(
  fleet: string,
  a: UsedRing,
  b: UsedRing | PlannedCluster,
  { addresses, replicaAddresses = [], proxyNetworks }: PlanOptions,
): ReshardPlan {
  const toCluster = 'cluster' in b;
  return {
    version: RESHARD_PLAN_VERSION,
    fleet,
    user: ROLE_USER,
    ...(proxyNetworks && { proxyNetworks }),
    shards: shardsOf(a, toCluster ? a : b).map((shard) => ({
      shard,
      ...hostAndPort(addresses[shard]),
      ...(shard in replicaAddresses && { replica: hostAndPort(replicaAddresses[shard]) }),
    })),
    a: plannedRing(a),
    b: toCluster ? b : plannedRing(b),
  };
}

function plannedRing({ user, pool: { hash, distribution, hashTag, servers }, ordinals }: UsedRing): PlannedRing {
  return {
    user,
    hash,
    distribution,
    ...(hashTag !== undefined && { hashTag }),
    servers: servers.map(({ ringName, weight }, i) => ({ shard: ordinals[i], name: ringName, weight })),
  };
}
