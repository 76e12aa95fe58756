// The props of FleetFailover.

import { type Construct } from 'constructs';
import { type SecretKey } from './common/secret-key';
import { type FailoverOptions } from './failover/failover-options';
import { type ShardTls } from './tls/tls-options';

/** The options of the Jobs, and the servers of the fleet. */
export interface FleetFailoverProps extends FailoverOptions {
  /** The prefix of every name, such as `unit-1-failover`. */
  readonly name: string;

  /** `host:port` of server a of each shard, by ordinal. */
  readonly addresses: string[];

  /** `host:port` of server b of each shard, by ordinal. */
  readonly replicaAddresses: string[];

  /** `host:port` of each Sentinel. */
  readonly sentinels: string[];

  /**
   * TLS of the servers and the Sentinels: from the phase USED on, the Jobs connect by it.
   * @default - none
   */
  readonly tls?: ShardTls;

  /**
   * The other port of every server a and of every server b, by which Sentinels and replicas name them while TLS is turned on or off.
   * @default - they have one port
   */
  readonly otherPorts?: number[];

  /**
   * The password of the servers and the Sentinels.
   * @default - none
   */
  readonly password?: SecretKey;

  /**
   * Whether the Jobs export their progress for Prometheus, at `/metrics` of port 9123.
   * @default false
   */
  readonly metrics?: boolean;

  /**
   * The fleet, for the label `app.kubernetes.io/part-of` and the plan.
   * @default - `name`
   */
  readonly partOf?: string;

  /**
   * The scopes in which objects are created, such as separate charts: `program`, and the steps by name.
   * @default - this construct
   */
  readonly scopes?: { [what: string]: Construct };
}
