// The bridge between a proxy and the two servers of each shard of a fleet with replicas.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { secretEnv, type SecretKey } from '../common/secret-key';
import { checkArguments } from '../nutcracker/checked-arguments';
import { Bridge } from './bridge';
import { type BridgeOptions } from './bridge-options';
import { checkFailover } from './failover-bridge-checks';
import { failoverConfig, failoverStoppedServers, failoverTiming } from './failover-bridge-config';

/** The two servers of a shard. Sentinel knows shard n as `shard-<n>`, and their ports tell them apart. */
export interface ReplicatedShard {
  /** `host:port` of the server that the pools of the proxies name. */
  readonly a: string;

  /** `host:port` of the other server; its port must differ. */
  readonly b: string;
}

/** The props of FailoverBridge. */
export interface FailoverBridgeProps {
  /** The shards, by ordinal. */
  readonly shards: ReplicatedShard[];

  /** `host:port` of the Sentinels: three, or another odd number from three. */
  readonly sentinels: string[];

  /**
   * The options of the bridge.
   * @default - those of BridgeOptions
   */
  readonly options?: BridgeOptions;

  /**
   * The password of the servers and of the Sentinels, for the health checks.
   * @default - none
   */
  readonly password?: SecretKey;
}

/**
 * Routes each shard to its master if most Sentinels name it, or its replica follows it. So a master that was replaced gets no
 * client, and a shard stays available when Sentinels or its replica are down. Pass it to a `TwemproxyLayer`.
 */
export class FailoverBridge extends Bridge {
  /** The shards, by ordinal. */
  readonly shards: ReplicatedShard[];
  /** `host:port` of the Sentinels. */
  readonly sentinels: string[];
  /** @internal */
  readonly _statesApart = true;

  constructor(props: FailoverBridgeProps) {
    checkArguments('new FailoverBridge', props);
    const { shards, sentinels, options, password } = props;
    super(
      shards.map(({ a }) => a),
      [...shards.flatMap(({ a, b }) => [a, b]), ...sentinels],
      options,
      password,
    );
    this.shards = [...shards];
    this.sentinels = [...sentinels];
  }

  /** @internal */
  _haproxyConfig(listenAddress: string): string {
    return failoverConfig(this, listenAddress);
  }

  /** @internal */
  _stoppedServers(): string {
    return failoverStoppedServers(this);
  }

  /** @internal */
  _passwords(): k8s.EnvVar[] {
    return secretEnv('REDIS_PASSWORD', this.password);
  }

  /**
   * As for a MigrationBridge, and 3.3 millicores for the checks of a shard with 250 milliseconds and a password (bench/failover.md).
   * @internal
   */
  _requests(): { readonly mebibytes: number; readonly millicores: number } {
    const ofShard = 0.4 + 720 / failoverTiming(this).lease.inter;
    return {
      mebibytes: 64 + 8 * Math.round((this.shards.length * 0.6) / 8),
      millicores: 10 * Math.ceil((350 + this.shards.length * ofShard) / 10),
    };
  }

  /** @internal */
  _check(scope: Construct): void {
    checkFailover(scope, this);
  }
}
