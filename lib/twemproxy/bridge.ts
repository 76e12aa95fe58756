// What every bridge between a proxy and the servers of the shards has in common.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type SecretKey } from '../common/secret-key';
import { RING_USERS, type RingUser } from '../reshard/reshard-plan';
import { type BridgeOptions } from './bridge-options';
import { NO_FILES, type SecretFiles } from '../tls/tls-files';
import { type RingFront } from './ring-front';

const FIRST_PORT = 10_000;
const HEALTH_PORT = 8404;

/**
 * Routes each shard to the one of its two servers that is the master. Each shard has a listener on localhost in the proxy's pod. Pass
 * it to a `TwemproxyLayer`: a `MigrationBridge`, which a `FleetMigration` creates, a `FailoverBridge`, a `LoginBridge`, or a `ShardBridge`.
 */
export abstract class Bridge {
  /** The port of shard 0; the others follow. */
  readonly firstPort: number;
  /** The port of the health endpoint. */
  readonly healthPort: number;
  /** `host:port` of every server that the bridge connects to. */
  readonly serverAddresses: string[];

  /**
   * @param shardAddresses `host:port` by which the pools of the proxies name the shards, by ordinal
   * @param serverAddresses `host:port` of every server that the bridge connects to
   * @param options the options of the bridge
   * @param password the password of the servers, for the health checks
   */
  protected constructor(
    private readonly shardAddresses: string[],
    serverAddresses: string[],
    readonly options: BridgeOptions = {},
    readonly password?: SecretKey,
  ) {
    this.serverAddresses = serverAddresses;
    this.firstPort = options.firstPort ?? FIRST_PORT;
    this.healthPort = options.healthPort ?? HEALTH_PORT;
  }

  /** The listener address of the shard that the pools name so; the address itself if there is no such shard. */
  listenAddressOf(shardAddress: string): string {
    const ordinal = this.shardAddresses.indexOf(shardAddress);
    return ordinal < 0 ? shardAddress : `127.0.0.1:${this.firstPort + ordinal}`;
  }

  /**
   * The address at which nutcracker reaches a shard as this user.
   * @internal
   */
  _listenAddressAs(user: RingUser, shardAddress: string): string {
    if (user !== RING_USERS[0]) throw new Error(`this bridge cannot log in as ${user}`);
    return this.listenAddressOf(shardAddress);
  }

  /**
   * Whether nutcracker can log in through it as the user of every other ring.
   * @internal
   */
  readonly _logsIn: boolean = false;

  /** @internal */
  get _listenAddresses(): string[] {
    return this.shardAddresses.map((address) => this.listenAddressOf(address));
  }

  /** @internal */
  get _shardCount(): number {
    return this.shardAddresses.length;
  }

  /**
   * The number of ports of its listeners, from `firstPort`.
   * @internal
   */
  get _portCount(): number {
    return this._shardCount;
  }

  /**
   * haproxy.cfg; the health endpoint listens on `listenAddress`, where kubelet probes it. With a front, also its clients connect there.
   * @internal
   */
  abstract _haproxyConfig(listenAddress: string, front?: RingFront): string;

  /**
   * next.cfg, the second file of a configuration that is too large for one ConfigMap: it is in the one of the states. Undefined without one.
   * @internal
   */
  get _nextConfig(): string | undefined {
    return undefined;
  }

  /**
   * The initial state of its servers, all of them stopped.
   * @internal
   */
  abstract _stoppedServers(front?: RingFront): string;

  /**
   * The scripts that haproxy.cfg refers to, by name.
   * @internal
   */
  _scripts(): Record<string, string> {
    return {};
  }

  /**
   * The files of Secrets that haproxy.cfg refers to.
   * @internal
   */
  _files(): SecretFiles {
    return NO_FILES;
  }

  /**
   * Whether both files need a ConfigMap of their own.
   * @internal
   */
  abstract readonly _statesApart: boolean;

  /**
   * The environment variables with the passwords that haproxy.cfg refers to.
   * @internal
   */
  abstract _passwords(): k8s.EnvVar[];

  /**
   * The default of its memory, in mebibytes, and of its CPU request, in millicores.
   * @internal
   */
  abstract _requests(): { readonly mebibytes: number; readonly millicores: number };

  /**
   * Refuses servers that it cannot route to.
   * @internal
   */
  abstract _check(scope: Construct): void;
}
