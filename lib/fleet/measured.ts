// What the metrics of a fleet need of its proxies and pools.

import { Duration } from 'cdk8s';
import { RING_LABEL } from '../metrics/scrape-jobs';
import { ringFingerprint } from '../nutcracker/ring-fingerprint';
import { type TwemproxyOptions } from '../twemproxy/twemproxy-options';
import { type ServedPool } from './fleet-pools';

/** The options of proxies with metrics: their statistics are of the last second, and their pods show which rings they run. */
export function measuredProxies(
  { statsInterval = Duration.seconds(1), podLabels }: TwemproxyOptions,
  served: readonly ServedPool[],
): Partial<TwemproxyOptions> {
  return { statsInterval, podLabels: { ...podLabels, [RING_LABEL]: ringFingerprint(served) } };
}

/** The ordinal of the shard of each server, by pool and ring name. */
export function shardOfServer(served: readonly ServedPool[]): Record<string, Record<string, number>> {
  const pools = served.map(({ pool, ordinals }): [string, Record<string, number>] => [
    pool.name,
    Object.fromEntries(pool.servers.map(({ ringName }, i) => [ringName, ordinals[i]])),
  ]);
  return Object.fromEntries(pools);
}
