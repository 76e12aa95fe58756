// The options of the proxies.

import { type Duration, type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type ReplicatedPodOptions } from '../common/pod-options';
import { type ClientTls } from '../tls/tls-options';

/** The type of the proxies' Service. */
export enum ProxyServiceType {
  /** Reachable from inside the cluster. */
  CLUSTER_IP = 'ClusterIP',
  /** Also reachable on a port of every node. */
  NODE_PORT = 'NodePort',
  /** Also reachable on an address of the cloud's or the network's load balancer. */
  LOAD_BALANCER = 'LoadBalancer',
}

/** The settings of the proxies' autoscaler. */
export interface ProxyAutoscaling {
  /**
   * The minimum number of proxies.
   * @default 2
   */
  readonly minReplicas?: number;

  /** The maximum number of proxies. */
  readonly maxReplicas: number;

  /**
   * The target CPU utilization of the proxies, in percent of the CPU request.
   * @default 60
   */
  readonly targetCpuPercent?: number;
}

/** The options of the proxies. */
export interface TwemproxyOptions extends ReplicatedPodOptions {
  /**
   * The image: nutcracker 0.5.0 with sh, awk, od, sed, sleep, sort, timeout, tr, wc, and bash or nc. Build it with
   * `images/twemproxy/Dockerfile`.
   */
  readonly image: string;

  /**
   * The number of proxies. Not allowed with `autoscaling`.
   * @default 2
   */
  readonly replicas?: number;

  /**
   * Scales the number of proxies with their load. New proxies get only new connections. Needs the cluster's metrics-server.
   * @default - a fixed number of proxies
   */
  readonly autoscaling?: ProxyAutoscaling;

  /**
   * The type of the Service.
   * @default ProxyServiceType.CLUSTER_IP
   */
  readonly serviceType?: ProxyServiceType;

  /**
   * Annotations of the Service, for example for a cloud's load balancer.
   * @default - none
   */
  readonly serviceAnnotations?: { [key: string]: string };

  /**
   * The node port of the first pool, with NODE_PORT or LOAD_BALANCER.
   * @default - chosen by Kubernetes
   */
  readonly nodePort?: number;

  /**
   * The Service's `externalTrafficPolicy`, with NODE_PORT or LOAD_BALANCER: `Local` preserves client addresses.
   * @default - the default of Kubernetes: Cluster
   */
  readonly externalTrafficPolicy?: string;

  /**
   * The size of nutcracker's buffers in bytes (`-m`), from 512 to 16777216. A key must be at least 49 bytes shorter than this:
   * otherwise nutcracker closes the client's connection. Every pending request holds at least two buffers, and a multi-key
   * request as many for each of its shards. With 4096, proxies take a third of the memory, and values of 100 kB a quarter more
   * CPU (bench/proxy.md).
   * @default 16384 - the default of nutcracker, so that every key of an old fleet works
   */
  readonly mbufBytes?: number;

  /**
   * The address that nutcracker listens on in its pod: `::` for IPv6 clusters.
   * @default 0.0.0.0
   */
  readonly listenAddress?: string;

  /**
   * TLS between clients and proxies. Needs a bridge, which `FleetCharts` creates. Not while the ring changes.
   * @default - none
   */
  readonly clientTls?: ClientTls;

  /**
   * Whether the Service also exposes the statistics, which have no authentication.
   * @default - true for CLUSTER_IP; false for NODE_PORT and LOAD_BALANCER, which are reachable from outside the cluster
   */
  readonly statsInService?: boolean;

  /**
   * The port of nutcracker's statistics: one JSON document for each TCP connection, not HTTP.
   * @default 22222
   */
  readonly statsPort?: number;

  /**
   * The interval at which the statistics are updated (`-i`), from a second to a day.
   * @default Duration.seconds(30)
   */
  readonly statsInterval?: Duration;

  /**
   * The log level of nutcracker (`-v`), from 0 (emergencies) to 11 (every byte).
   * @default 5
   */
  readonly verbosity?: number;

  /**
   * Whether pools with `auto_eject_hosts: true` keep it. While a shard fails, or after it only closed a connection, its keys are
   * then read and written on other shards; later its old values are back, and acknowledged writes are lost. Only for caches
   * whose values may be stale. Not allowed with a migration.
   * @default false - the proxies have `auto_eject_hosts: false`, and retry a failed shard with each request
   */
  readonly ejectHostsAndServeStaleData?: boolean;

  /**
   * How long a terminating proxy keeps serving. nutcracker cannot drain connections: in this time the cluster stops routing
   * new clients to it, and clients can reconnect elsewhere.
   * @default Duration.seconds(15)
   */
  readonly shutdownDelay?: Duration;

  /**
   * Whether a proxy without a bridge waits at its start until none of its shards is a replica. If the phase MOVED is applied
   * before the last cutover, the new proxies wait and the old ones keep serving. Use `false` for read-only pools of replicas.
   * @default true
   */
  readonly waitForMasters?: boolean;

  /**
   * The memory request and limit of a proxy. nutcracker never frees a buffer: plan two to three times `mbufBytes` for each
   * pending request at peak load, and count an MGET as one request for each of its shards.
   * @default Size.gibibytes(1) - some 20,000 pending requests (bench/proxy.md)
   */
  readonly memory?: Size;

  /**
   * The CPU request of a proxy. It has one data thread, so more than one CPU is of no use. Half a CPU handles 25,000 to 50,000
   * small requests a second (bench/proxy.md).
   * @default Cpu.millis(500)
   */
  readonly cpu?: Cpu;

  /**
   * The CPU limit of a proxy.
   * @default - none
   */
  readonly cpuLimit?: Cpu;
}
