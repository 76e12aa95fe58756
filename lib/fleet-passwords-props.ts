// The props of FleetPasswords.

import { type Construct } from 'constructs';
import { type SecretKey } from './common/secret-key';
import { type PasswordOptions } from './passwords/password-options';
import { type ClientTls, type ShardTls } from './tls/tls-options';

/** The options of the Jobs, and the servers of the fleet. */
export interface FleetPasswordsProps extends PasswordOptions {
  /** The prefix of every name, such as `unit-1-passwords`. */
  readonly name: string;

  /** The password of the servers and the Sentinels, with a `secondKey`. */
  readonly password: SecretKey;

  /**
   * TLS of the servers: from the phase USED on, the Jobs connect by TLS.
   * @default - none
   */
  readonly tls?: ShardTls;

  /** `host:port` of each shard, by ordinal. */
  readonly addresses: string[];

  /**
   * With replicas, `host:port` of the second server of each shard, by ordinal.
   * @default - none
   */
  readonly replicaAddresses?: string[];

  /**
   * With replicas, `host:port` of each Sentinel.
   * @default - none
   */
  readonly sentinels?: string[];

  /** The port on which each proxy serves its first pool: `retire` asks the proxies there which password they have. */
  readonly proxyPort: number;

  /**
   * TLS of that port; `serverName` must be set. Its port and `plainPorts` are not used.
   * @default - the port has no TLS
   */
  readonly proxyTls?: ClientTls;

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
