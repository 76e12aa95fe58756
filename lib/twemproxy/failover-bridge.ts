// The bridge between a proxy and the two servers of each shard of a fleet with replicas.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { script } from '../common/scripts';
import { secretEnv, type SecretKey } from '../common/secret-key';
import { caFiles, NO_FILES, type SecretFiles } from '../tls/tls-files';
import { checkSubdomain } from '../common/prop-errors';
import { checkArguments } from '../nutcracker/checked-arguments';
import { RING_USERS, type RingUser } from '../reshard/reshard-plan';
import { Bridge } from './bridge';
import { type BridgeOptions } from './bridge-options';
import { checkFailover } from './failover-bridge-checks';
import { failoverConfig, failoverStoppedServers, failoverTiming } from './failover-bridge-config';
import { type FailoverRoutes, LOGIN_USER, nextListeners, portFor } from './failover-bridge-listeners';
import { type RingFront } from './ring-front';

/** The two servers of a shard. Sentinel knows shard n as `shard-<n>`, and their ports tell them apart. */
export interface ReplicatedShard {
  /** `host:port` of the server that the pools of the proxies name. */
  readonly a: string;

  /** `host:port` of the other server; its port must differ. */
  readonly b: string;

  /**
   * The other port of server a: while TLS is turned on or off, Sentinels and replicas name a server by its port with TLS, or without.
   * @default - it has one port
   */
  readonly otherPortOfA?: number;

  /**
   * The other port of server b.
   * @default - it has one port
   */
  readonly otherPortOfB?: number;
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

  /**
   * A Secret with `ca.crt`: the bridge connects to the servers and the Sentinels by TLS, and accepts only certificates of one of these
   * authorities that have the host of the server as a name. New authorities need a rollout of the proxies.
   * @default - it connects without TLS
   */
  readonly caSecretName?: string;

  /**
   * The users as which nutcracker logs in to the shards through the bridge, which needs a password: `default`; after every other change of
   * the ring `ring-2`; and during a change both, the one of the ring that the proxies serve first. The listeners of the second one have the
   * ports after those of the first.
   * @default - default
   */
  readonly ringUsers?: string[];

  /**
   * `host:port` of servers that are asked which ring serves, if the ring of the fleet was ever changed: both servers of three shards. A proxy
   * whose ring does not serve is not ready. During a change, those of the `nextRing` of the proxies are asked instead.
   * @default - none
   */
  readonly ringWitnesses?: string[];
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
  /** The Secret with the authorities that the servers and Sentinels are verified with; undefined without TLS. */
  readonly caSecretName?: string;
  /** The users as which nutcracker logs in. */
  readonly ringUsers: string[];
  /** `host:port` of the servers that are asked which ring serves. */
  readonly ringWitnesses: string[];
  /** @internal */
  readonly _statesApart = true;
  /** @internal */
  override readonly _logsIn: boolean;

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
    this.caSecretName = props.caSecretName;
    this.ringUsers = [...(props.ringUsers ?? [RING_USERS[0]])];
    this.ringWitnesses = [...(props.ringWitnesses ?? [])];
    this._logsIn = this.ringUsers.includes(LOGIN_USER);
  }

  /** @internal */
  override get _portCount(): number {
    return this.shards.length * this.ringUsers.length;
  }

  /** @internal */
  override _listenAddressAs(user: RingUser, shardAddress: string): string {
    if (!this.ringUsers.includes(user)) throw new Error(`this bridge does not log in as ${user}; add it to ringUsers`);
    const ordinal = this.shards.findIndex(({ a }) => a === shardAddress);
    return ordinal < 0 ? shardAddress : `127.0.0.1:${portFor(this.routes, user, ordinal)}`;
  }

  /** @internal */
  override get _listenAddresses(): string[] {
    return Array.from({ length: this._portCount }, (_, n) => `127.0.0.1:${this.firstPort + n}`);
  }

  /** @internal */
  _haproxyConfig(listenAddress: string, front?: RingFront): string {
    return failoverConfig(this.routes, listenAddress, front);
  }

  /** @internal */
  override get _nextConfig(): string | undefined {
    return nextListeners(this.routes);
  }

  /** @internal */
  _stoppedServers(front?: RingFront): string {
    return failoverStoppedServers(this.routes, front);
  }

  /** @internal */
  override _scripts(): Record<string, string> {
    return this._logsIn ? { 'login.lua': script('login.lua') } : {};
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
   * As for a MigrationBridge, and 3.3 millicores for the checks of a shard with 250 milliseconds and a password, 13.2 with TLS
   * (bench/failover.md).
   * @internal
   */
  _requests(): { readonly mebibytes: number; readonly millicores: number } {
    const ofShard = 0.4 + (this.caSecretName === undefined ? 720 : 3200) / failoverTiming(this).lease.inter;
    return {
      mebibytes: 64 + 8 * Math.round((this.shards.length * 0.6) / 8),
      millicores: 10 * Math.ceil((350 + this.shards.length * ofShard) / 10),
    };
  }

  /** @internal */
  _check(scope: Construct): void {
    if (this.caSecretName !== undefined) checkSubdomain(scope, 'bridge.caSecretName', this.caSecretName);
    checkFailover(scope, this.routes);
  }

  private get routes(): FailoverRoutes {
    const { shards, sentinels, firstPort, healthPort, options, password } = this;
    const users = this.ringUsers as RingUser[];
    const [witnesses, tls] = [this.ringWitnesses, this.caSecretName !== undefined];
    return { shards, sentinels, users, witnesses, firstPort, healthPort, options, password, tls };
  }
}
