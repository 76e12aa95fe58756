// The next ring of proxies, during a change of the ring.

import { type ProxyPool } from './proxy-pool';

/** The ring to which a running fleet changes, beside the one that the proxies serve. */
export interface NextRing {
  /** The new ring. Its port is that of the pool that the proxies serve. */
  readonly pool: ProxyPool;

  /**
   * `host:port` of shards that are asked which ring serves, one to six: three, so that the failure of one does not matter. They have to
   * be in both rings. With replicas, list both servers of each.
   */
  readonly witnesses: string[];
}
