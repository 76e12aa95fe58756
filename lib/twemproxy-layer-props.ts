// The props of TwemproxyLayer.

import { type Bridge } from './twemproxy/bridge';
import { type NextRing } from './twemproxy/next-ring-options';
import { type ProxyPool } from './twemproxy/proxy-pool';
import { type TwemproxyOptions } from './twemproxy/twemproxy-options';

/** The props of TwemproxyLayer. */
export interface TwemproxyLayerProps extends TwemproxyOptions {
  /** The name of the Deployment. */
  readonly name: string;

  /** The pools, each on its own port. */
  readonly pools: ProxyPool[];

  /**
   * The bridge, a sidecar in each pod that routes each shard to its master: during a migration, or if the shards have replicas. The
   * proxies reach its shards through its listeners.
   * @default - none: the proxies connect to the shards directly
   */
  readonly bridge?: Bridge;

  /**
   * The user as which nutcracker logs in to the shards: `default`, or `ring-2`, the user of every other ring since the first one. `ring-2`
   * needs a bridge that can log in: a `LoginBridge`, or a `FailoverBridge` with `ringUsers`.
   * @default default
   */
  readonly ringUser?: string;

  /**
   * The next ring, during a change of the ring (see `FleetReshard`): each pod has a nutcracker for each ring, and its bridge routes
   * clients to the one whose ring serves. Only for one pool.
   * @default - none
   */
  readonly nextRing?: NextRing;

  /**
   * The name of the Service.
   * @default - `name`
   */
  readonly serviceName?: string;

  /**
   * A fixed name for the ConfigMap. It is then mutable, and an annotation rolls the pods when it changes.
   * @default - `<name>-config-<hash>`, immutable: older revisions of the Deployment keep their own
   */
  readonly configMapName?: string;

  /**
   * The fleet, for the label `app.kubernetes.io/part-of`.
   * @default - `name`
   */
  readonly partOf?: string;
}
