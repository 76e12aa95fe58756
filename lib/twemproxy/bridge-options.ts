// What a user may choose about the bridge between proxies and shards.

import { type Duration, type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';

/** The line of HAProxy with which the bridge is tested. */
export const DEFAULT_BRIDGE_IMAGE = 'docker.io/library/haproxy:2.6.32';

/** What a user may choose about the bridge. */
export interface BridgeOptions {
  /**
   * The image: HAProxy 2.6 or later, sh, sleep, and wget or bash, as the stock one (Debian or Alpine) has.
   * @default docker.io/library/haproxy:2.6.32
   */
  readonly image?: string;

  /**
   * How often each server is asked for its role, from 20 milliseconds to 2 seconds. A cutover is noticed half of that
   * later, on average. Each question is a connection: with 108 shards, three proxies and 100 milliseconds, 6480 a second over
   * all servers, 30 to each, and each bridge takes an eighth of a processor for them; with 20 milliseconds two fifths
   * (bench/proxy.md).
   * @default Duration.millis(100)
   */
  readonly checkInterval?: Duration;

  /**
   * The port of shard 0 inside the proxy's pod; the others follow. Below 32768, where the ports of clients begin.
   * @default 10000
   */
  readonly firstPort?: number;

  /**
   * Where the bridge tells how it is: `/alive`, `/serving` when a shard has a server, `/ready` when every
   * shard has one, and a page of statistics at `/`.
   * @default 8404
   */
  readonly healthPort?: number;

  /**
   * Memory of the bridge, requested and limited alike.
   * @default - 64 MiB, and 0.6 MiB for each shard
   */
  readonly memory?: Size;

  /**
   * The processor time that the bridge asks for.
   * @default - 350 thousandths of a processor, and for each shard what its checks take: 1.35 with 100 milliseconds
   */
  readonly cpu?: Cpu;

  /**
   * The processor time that the bridge may take.
   * @default - what the node has to spare
   */
  readonly cpuLimit?: Cpu;

  /**
   * When kubelet pulls the image.
   * @default - as for the proxy
   */
  readonly imagePullPolicy?: string;
}
