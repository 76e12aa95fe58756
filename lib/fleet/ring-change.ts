// The rings of a fleet whose ring changes: the one that serves, the next one, and their shards.

import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { type SecretKey } from '../common/secret-key';
import { type FleetChartsProps } from '../fleet-charts-props';
import { type UsedRing } from '../reshard/plan-json';
import { type RedisCluster } from '../redis-cluster';
import { checkRings } from '../reshard/reshard-checks';
import { type PhasedReshard, ReshardPhase } from '../reshard/reshard-options';
import { RingHistory } from '../reshard/ring-history';

/** The last change of the ring of a fleet. */
export interface RingChange {
  readonly phase: ReshardPhase;
  readonly options: PhasedReshard;
  /** The Redis Cluster to which keys move from the last ring; the proxies keep that. */
  readonly cluster?: RedisCluster;
  /** The rings of the last change between two; the same one if the ring was never changed. */
  readonly from: UsedRing;
  readonly to: UsedRing;
  /** The ring that the proxies serve: in the phase RESHARDING the first of both. */
  readonly served: UsedRing;
  /** In the phase RESHARDING, the ring that the proxies know as well. */
  readonly next?: UsedRing;
  /** The number of shards. */
  readonly count: number;
  readonly history: RingHistory;
}

/** The change of the ring; undefined if the fleet still has its first ring. */
export function ringChange(scope: Construct, props: FleetChartsProps): RingChange | undefined {
  const { reshard, pool } = props;
  if (reshard === undefined) return undefined;
  const { phase, cluster, pools: later = [] } = reshard;
  checkReshard(scope, props);
  const pools = [...(pool ? [pool] : []), ...later];
  checkRings(scope, pools, ['pool', ...later.map((_, n) => `reshard.pools[${n}]`)]);
  const history = new RingHistory(pools);
  const used = (number: number): UsedRing => ({ ...history.ring(number), user: RingHistory.userOf(number) });
  const [from, to] = [used(Math.max(0, history.last - 1)), used(history.last)];
  const isChanging = phase === ReshardPhase.RESHARDING && cluster === undefined;
  return {
    phase,
    options: reshard,
    cluster,
    from,
    to,
    served: isChanging ? from : to,
    ...(isChanging && { next: to }),
    // The program deletes what is left on the servers that leave, so they stay until then.
    count: RingHistory.countOf(phase === ReshardPhase.STABLE || cluster ? [to] : [from, to]),
    history,
  };
}

/** Three, so that the failure of one does not matter. */
const WITNESSES = 3;

/** The ordinals of the shards that the proxies ask which ring serves. */
export function witnessesOf({ from, to }: Pick<RingChange, 'from' | 'to'>): number[] {
  return from.ordinals.filter((ordinal) => to.ordinals.includes(ordinal)).slice(0, WITNESSES);
}

function checkReshard(scope: Construct, props: FleetChartsProps): void {
  const { reshard, pools, redis, migration, newPool, newPools, loseKeysThatMove, proxies } = props;
  const fail = (problem: string): never => refuse(scope, `reshard is set, but ${problem}`);
  if (!reshard?.cluster && (reshard?.pools ?? []).length === 0)
    fail('reshard.pools is empty; list the new ring, or remove reshard');
  if (reshard?.cluster && reshard.phase === ReshardPhase.STABLE)
    fail(
      'reshard.phase is STABLE, but the Redis Cluster has all keys then, and the fleet has none; remove this FleetCharts, and keep the RedisCluster',
    );
  if (pools !== undefined) fail('the fleet has several pools; only the ring of a fleet with one pool can change');
  if (reshard?.bridge !== undefined && redis?.replicas === 1)
    fail(
      'the shards have replicas, whose proxies have one bridge all along; move the options from reshard.bridge to bridge',
    );
  if (migration) {
    fail(
      'migration is as well; shut the old servers down and remove migration first: the old fleet would not know the new ring',
    );
  }
  if (newPool ?? newPools)
    fail('newPool or newPools is as well; change the settings in the last pool of reshard.pools');
  if (loseKeysThatMove) fail('loseKeysThatMove is true; remove it: no key is lost');
  if (proxies.ejectHostsAndServeStaleData) fail('proxies.ejectHostsAndServeStaleData is true; remove one of them');
}

/** Refuses a change without a password, and one in which nothing could tell which ring serves. */
export function checkChange(scope: Construct, change: RingChange, password?: SecretKey): void {
  if (password === undefined) {
    refuse(
      scope,
      'reshard is set, but the fleet has no password, and nutcracker logs in as the user of a ring only with one; set password',
    );
  }
  if (witnessesOf(change).length > 0) return;
  refuse(scope, 'no server is in the old ring and in the new one; keep one, and remove it with another change');
}
