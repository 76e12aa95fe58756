// The bridge between a proxy and its shards while the ring of the user `ring-2` serves, or during a change of the ring.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkSubdomain, refuse } from '../common/prop-errors';
import { script } from '../common/scripts';
import { secretEnv, type SecretKey } from '../common/secret-key';
import { checkArguments } from '../nutcracker/checked-arguments';
import { RING_USERS, type RingUser } from '../reshard/reshard-plan';
import { caFiles, NO_FILES, type SecretFiles } from '../tls/tls-files';
import { Bridge } from './bridge';
import { type BridgeOptions } from './bridge-options';
import { loginConfig, type LoginRoutes, loginStoppedServers } from './login-bridge-config';
import { type RingFront } from './ring-front';

/** nutcracker itself logs in as the other one. */
const LOGIN_USER = RING_USERS[1];

/** The props of LoginBridge. */
export interface LoginBridgeProps {
  /** `host:port` of the shards, by ordinal. */
  readonly shards: string[];

  /** The password of the shards. nutcracker logs in only if it has one. */
  readonly password: SecretKey;

  /**
   * A Secret with `ca.crt`: the bridge connects to the shards by TLS, and accepts only a certificate of one of these authorities that has
   * the host of the shard as a name. New authorities need a rollout of the proxies.
   * @default - it connects without TLS
   */
  readonly caSecretName?: string;

  /**
   * The options of the bridge. Each shard is checked every second by default, which takes two millicores for 20 shards.
   * @default - those of BridgeOptions, with a check interval of a second
   */
  readonly options?: BridgeOptions;
}

/**
 * Lets nutcracker log in to the shards as the user `ring-2`. Every other change of the ring makes this user the one of the ring that
 * serves, and nutcracker itself knows the default user only. Pass it to a `TwemproxyLayer`.
 */
export class LoginBridge extends Bridge {
  /** `host:port` of the shards, by ordinal. */
  readonly shards: string[];
  /** The Secret with the authorities that the shards are verified with; undefined without TLS. */
  readonly caSecretName?: string;
  /** @internal */
  readonly _statesApart = false;
  /** @internal */
  override readonly _logsIn = true;

  constructor(props: LoginBridgeProps) {
    checkArguments('new LoginBridge', props);
    super(props.shards, props.shards, props.options, props.password);
    this.shards = [...props.shards];
    this.caSecretName = props.caSecretName;
  }

  /** @internal */
  override _listenAddressAs(user: RingUser, shardAddress: string): string {
    if (user === LOGIN_USER) return this.listenAddressOf(shardAddress);
    const ordinal = this.shards.indexOf(shardAddress);
    if (this.caSecretName === undefined || ordinal < 0) return shardAddress;
    return `127.0.0.1:${this.firstPort + this.shards.length + ordinal}`;
  }

  /**
   * With TLS, there is a second listener for each shard.
   * @internal
   */
  override get _portCount(): number {
    return this.caSecretName === undefined ? this.shards.length : 2 * this.shards.length;
  }

  /** @internal */
  override _files(): SecretFiles {
    return this.caSecretName === undefined ? NO_FILES : caFiles(this.caSecretName);
  }

  /** @internal */
  _haproxyConfig(listenAddress: string, front?: RingFront): string {
    return loginConfig(this.routes(front), listenAddress);
  }

  /** @internal */
  _stoppedServers(front?: RingFront): string {
    return loginStoppedServers(this.routes(front));
  }

  /** @internal */
  override _scripts(): Record<string, string> {
    return { 'login.lua': script('login.lua') };
  }

  /** @internal */
  _passwords(): k8s.EnvVar[] {
    return secretEnv('REDIS_PASSWORD', this.password);
  }

  /**
   * As for a MigrationBridge.
   * @internal
   */
  _requests(): { readonly mebibytes: number; readonly millicores: number } {
    const ofShard = 0.4 + 95 / (this.options.checkInterval?.toMilliseconds() ?? 1000);
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
    if (this.password === undefined)
      refuse(scope, 'bridge: there is no password, and nutcracker logs in with one; set it');
  }

  private routes(front?: RingFront): LoginRoutes {
    const { shards, firstPort, healthPort, options, password } = this;
    const tls = this.caSecretName !== undefined;
    return { shards, user: LOGIN_USER, firstPort, healthPort, options, password, tls, front };
  }
}
