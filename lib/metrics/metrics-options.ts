// The options of a fleet's metrics.

import { type Duration, type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type PodOptions } from '../common/pod-options';
import { type NetworkPeer } from '../network-peer';

/** The release in Debian 12, with which the metrics are tested. */
export const DEFAULT_REDIS_EXPORTER_IMAGE = 'docker.io/oliver006/redis_exporter:v1.45.0';

/** The options of the exporters, and of the scrape configuration. */
export interface MetricsOptions extends PodOptions {
  /** The peers that scrape the exporters and the bridges: the pods of Prometheus. */
  readonly clients: NetworkPeer[];

  /**
   * The interval at which Prometheus scrapes, from 5 seconds to a minute.
   * @default Duration.seconds(15)
   */
  readonly interval?: Duration;

  /**
   * Whether there is a dashboard for Grafana: a ConfigMap with the label `grafana_dashboard: "1"`, which the sidecar of Grafana's Helm
   * chart loads.
   * @default false
   */
  readonly grafanaDashboard?: boolean;

  /**
   * The labels by which the Prometheus operator selects objects, such as `{ release: 'kube-prometheus-stack' }`. With them, the scrape
   * configuration and the alerts are also written as ScrapeConfigs and a PrometheusRule, for operator 0.71 or later.
   * @default - no objects of the operator
   */
  readonly prometheusOperatorLabels?: { [label: string]: string };

  /**
   * The image of the exporter of the shards: redis_exporter 1.45 or later, with its program at `/redis_exporter`.
   * @default docker.io/oliver006/redis_exporter:v1.45.0
   */
  readonly redisExporterImage?: string;

  /**
   * The image of the exporter of the proxies: Node 20 or later.
   * @default docker.io/library/node:22.23.2-bookworm-slim
   */
  readonly proxyExporterImage?: string;

  /**
   * The memory request and limit of each of the two exporters.
   * @default Size.mebibytes(128)
   */
  readonly memory?: Size;

  /**
   * The CPU request of each of the two exporters.
   * @default Cpu.millis(100)
   */
  readonly cpu?: Cpu;

  /**
   * The CPU limit of each of the two exporters.
   * @default - none
   */
  readonly cpuLimit?: Cpu;
}
