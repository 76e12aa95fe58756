// The props of FleetMetrics.

import { type SecretKey } from './common/secret-key';
import { type FleetBackup } from './fleet-backup';
import { type FleetPasswords } from './fleet-passwords';
import { type MetricsOptions } from './metrics/metrics-options';
import { type RedisStatefulSet } from './redis-stateful-set';
import { type TwemproxyLayer } from './twemproxy-layer';

/** The servers and proxies whose metrics are exported. */
export interface FleetMetricsProps extends MetricsOptions {
  /** The name of the Deployment and the Service, and the prefix of every other name. */
  readonly name: string;

  /** The shards. */
  readonly redis: RedisStatefulSet;

  /** The proxies. */
  readonly proxies: TwemproxyLayer;

  /** The ordinal of the shard of each server, by the name of the pool and the name of the server in the ring. */
  readonly shardOfServer: { [pool: string]: { [server: string]: number } };

  /**
   * Whether the shards are being moved: then they have no master before their cutover, which is no reason for an alert.
   * @default false
   */
  readonly moving?: boolean;

  /**
   * The labels that select the pods of the Jobs that export their progress: of a FleetMigration or a FleetFailover with `metrics`.
   * @default - none
   */
  readonly jobSelector?: { [key: string]: string };

  /**
   * The backups of the fleet: their Jobs are scraped if they have `metrics`; they, and the age of the newest backup, have alerts.
   * @default - none
   */
  readonly backup?: FleetBackup;

  /**
   * The Jobs that change the password: they are scraped if they have `metrics`, and have alerts.
   * @default - none
   */
  readonly passwords?: FleetPasswords;

  /**
   * The password of the shards.
   * @default - none
   */
  readonly password?: SecretKey;

  /**
   * The fleet: the label `fleet` of all metrics, the prefix of the scrape jobs, and the label `app.kubernetes.io/part-of`.
   * @default - `name`
   */
  readonly fleet?: string;

  /**
   * The cluster's DNS domain.
   * @default cluster.local
   */
  readonly clusterDomain?: string;
}
