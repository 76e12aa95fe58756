// The bridge between a proxy and shards with one server each, which connects to them by TLS.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkSubdomain, refuse } from '../common/prop-errors';
import { secretEnv, type SecretKey } from '../common/secret-key';
import { checkArguments } from '../nutcracker/checked-arguments';
import { caFiles, NO_FILES, type SecretFiles } from '../tls/tls-files';
import { Bridge } from './bridge';
import { type BridgeOptions } from './bridge-options';
import { SHARD_CHECK_MS, shardConfig, type ShardRoutes, shardStoppedServers } from './shard-bridge-config';

/** The props of ShardBridge. */
export interface ShardBridgeProps {
  /** `host:port` of the shards, by ordinal. */
  readonly shards: string[];

  /**
   * A Secret with `ca.crt`: the bridge connects to the shards by TLS, and accepts only a certificate of one of these authorities that has
   * the host of the shard as a name. New authorities need a rollout of the proxies.
   * @default - it connects without TLS
   */
  readonly caSecretName?: string;

  /**
   * The password of the shards, for the health checks.
   * @default - none
   */
  readonly password?: SecretKey;

  /**
   * The options of the bridge.
   * @default - those of BridgeOptions, with a check interval of a second
   */
  readonly options?: BridgeOptions;
}

/**
 * Connects nutcracker to shards with one server each: by TLS, which nutcracker has not, or in a proxy whose clients use TLS. Pass it to a
 * `TwemproxyLayer`.
 */
export class ShardBridge extends Bridge {
  /** `host:port` of the shards, by ordinal. */
  readonly shards: string[];
  /** The Secret with the authorities that the shards are verified with; undefined without TLS. */
  readonly caSecretName?: string;
  /** @internal */
  readonly _statesApart = false;

  constructor(props: ShardBridgeProps) {
    checkArguments('new ShardBridge', props);
    super(props.shards, props.shards, props.options, props.password);
    this.shards = [...props.shards];
    this.caSecretName = props.caSecretName;
  }

  /** @internal */
  _haproxyConfig(listenAddress: string): string {
    return shardConfig(this.routes, listenAddress);
  }

  /** @internal */
  _stoppedServers(): string {
    return shardStoppedServers(this.routes);
  }

  /** @internal */
  _passwords(): k8s.EnvVar[] {
    return secretEnv('REDIS_PASSWORD', this.password);
  }

  /** @internal */
  override _files(): SecretFiles {
    return this.caSecretName === undefined ? NO_FILES : caFiles(this.caSecretName);
  }

  /**
   * As for a LoginBridge.
   * @internal
   */
  _requests(): { readonly mebibytes: number; readonly millicores: number } {
    const ofShard = 0.4 + 95 / (this.options.checkInterval?.toMilliseconds() ?? SHARD_CHECK_MS);
    return {
      mebibytes: 64 + 8 * Math.round((this.shards.length * 0.6) / 8),
      millicores: 10 * Math.ceil((350 + this.shards.length * ofShard) / 10),
    };
  }

  /**
   * Refuses to route two shards to the same server.
   * @internal
   */
  _check(scope: Construct): void {
    if (this.caSecretName !== undefined) checkSubdomain(scope, 'bridge.caSecretName', this.caSecretName);
    const twice = this.shards.find((address, n) => this.shards.indexOf(address) < n);
    if (twice !== undefined) refuse(scope, `bridge: two shards are at ${twice}; give each its own server`);
    const socket = this.shards.find((address) => address.startsWith('/'));
    if (socket !== undefined)
      refuse(scope, `bridge: a shard is the socket ${socket}, which pods cannot reach; write host:port`);
  }

  private get routes(): ShardRoutes {
    const { shards, firstPort, healthPort, options, password } = this;
    return { shards, firstPort, healthPort, options, password, tls: this.caSecretName !== undefined };
  }
}
