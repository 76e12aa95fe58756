// The two rings of a plan. The library writes the plan, so its format is in lib/reshard/.

export {
  isCluster,
  NOBODY_USER,
  type PlannedCluster,
  type PlannedMember,
  type PlannedRing,
  RESHARD_PLAN_VERSION,
  type ReshardAddress,
  type ReshardPlan,
  type ReshardServer,
  RING_USERS,
  type RingUser,
  WAIT_KEY,
} from '../../lib/reshard/reshard-plan';

/** The two rings. The servers decide which of them serves. */
export type RingId = 'a' | 'b';

/** As messages name it. */
export function nameOf(ring: RingId): string {
  return `ring ${ring.toUpperCase()}`;
}

export function otherRing(ring: RingId): RingId {
  return ring === 'a' ? 'b' : 'a';
}
