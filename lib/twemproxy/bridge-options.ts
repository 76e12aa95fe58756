// The options of the bridge between proxies and shards.

import { type Duration, type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';

/** The HAProxy version that the bridge is tested with. */
export const DEFAULT_BRIDGE_IMAGE = 'docker.io/library/haproxy:2.6.32';

/** The options of the bridge. */
export interface BridgeOptions {
  /**
   * The image: HAProxy 2.6 or later with sh, sleep, and wget or bash. The official images (Debian and Alpine) have them.
   * @default docker.io/library/haproxy:2.6.32
   */
  readonly image?: string;

  /**
   * The interval at which each server's role is checked, from 20 milliseconds to 2 seconds. On average, a cutover is detected
   * after half of it. Each check is a connection: with 108 shards, three proxies and 100 milliseconds, 6480 a second over all
   * servers, 30 to each. They take an eighth of a CPU in each bridge; with 20 milliseconds two fifths (bench/proxy.md).
   *
   * A `FailoverBridge` checks more: who follows a server, at the same interval, and the votes of the Sentinels, at twice the interval.
   * With 108 shards and 250 milliseconds this takes three tenths of a CPU. It may be at most 500 milliseconds.
   * @default - 100 milliseconds during a migration, 250 for failover
   */
  readonly checkInterval?: Duration;

  /**
   * The port of shard 0 inside the proxy's pod; the others follow. The last one must be below 32768, the start of the ephemeral
   * ports.
   * @default 10000
   */
  readonly firstPort?: number;

  /**
   * The port of the bridge's health endpoint: `/alive`, `/serving` (at least one shard has a server), `/ready` (every shard has
   * a server), and a statistics page at `/`.
   * @default 8404
   */
  readonly healthPort?: number;

  /**
   * Whether the health endpoint also has `/metrics`, the metrics of HAProxy for Prometheus. HAProxy must be built with
   * USE_PROMEX, like the official images and Debian's.
   * @default - true with the prop `metrics` of FleetCharts, otherwise false
   */
  readonly metrics?: boolean;

  /**
   * The memory request and limit of the bridge.
   * @default - 64 MiB, plus 0.6 MiB for each shard
   */
  readonly memory?: Size;

  /**
   * The CPU request of the bridge.
   * @default - 350 millicores, plus the CPU of the checks for each shard: 1.35 millicores during a migration,
   * 3.3 for failover, with the default interval
   */
  readonly cpu?: Cpu;

  /**
   * The CPU limit of the bridge.
   * @default - none
   */
  readonly cpuLimit?: Cpu;

  /**
   * The pull policy of the image.
   * @default - the policy of the proxy image
   */
  readonly imagePullPolicy?: string;
}
