// What a user may choose about the proxies of a fleet.

import { type Duration, type Size } from 'cdk8s';
import { type Cpu } from 'cdk8s-plus-27';
import { type ReplicatedPodOptions } from '../common/pod-options';

/** How the proxies are reached. */
export enum ProxyServiceType {
  /** From inside the cluster. */
  CLUSTER_IP = 'ClusterIP',
  /** At a port of every node as well. */
  NODE_PORT = 'NodePort',
  /** At an address that the cloud or the network gives as well. */
  LOAD_BALANCER = 'LoadBalancer',
}

/** Bounds between which the number of proxies follows their load. */
export interface ProxyAutoscaling {
  /**
   * The fewest proxies there may be.
   * @default 2
   */
  readonly minReplicas?: number;

  /** The most proxies there may be. */
  readonly maxReplicas: number;

  /**
   * Per cent of the requested processor time that the proxies are to use on average.
   * @default 60
   */
  readonly targetCpuPercent?: number;
}

/** What a user may choose about proxies. */
export interface TwemproxyOptions extends ReplicatedPodOptions {
  /**
   * The image: nutcracker 0.5.0, sh, awk, od, sed, sleep, sort, timeout, tr, wc, and bash or nc; `images/twemproxy/Dockerfile`
   * builds one.
   */
  readonly image: string;

  /**
   * How many proxies there are. With `autoscaling` that decides.
   * @default 2
   */
  readonly replicas?: number;

  /**
   * Lets the number of proxies follow their load. It moves only new connections, and needs the cluster's metrics-server.
   * @default - a fixed number of proxies
   */
  readonly autoscaling?: ProxyAutoscaling;

  /**
   * How the proxies are reached.
   * @default ProxyServiceType.CLUSTER_IP
   */
  readonly serviceType?: ProxyServiceType;

  /**
   * Annotations of the Service, such as a cloud asks for.
   * @default - none
   */
  readonly serviceAnnotations?: { [key: string]: string };

  /**
   * The port of every node that routes to the first pool, with NODE_PORT or LOAD_BALANCER.
   * @default - Kubernetes chooses one
   */
  readonly nodePort?: number;

  /**
   * The Service's `externalTrafficPolicy`, with NODE_PORT or LOAD_BALANCER: `Local` keeps the address of clients.
   * @default - Kubernetes' own: Cluster
   */
  readonly externalTrafficPolicy?: string;

  /**
   * Bytes of a buffer of nutcracker (`-m`), from 512 to 16777216. A key must be shorter than this less 48 bytes, or its client's
   * connection is closed. Every request under way holds two buffers or more, one of many keys as many for each of its shards:
   * with 4096, proxies take a third of the memory, and values of 100 kB a quarter more processor time (bench/proxy.md).
   * @default 16384 - nutcracker's own, so that no key of an old fleet is out of reach
   */
  readonly mbufBytes?: number;

  /**
   * The address on which nutcracker listens in its pod: `::` for clusters with IPv6.
   * @default 0.0.0.0
   */
  readonly listenAddress?: string;

  /**
   * Whether the Service exposes the statistics as well, which nothing protects.
   * @default - true for CLUSTER_IP; false for NODE_PORT and LOAD_BALANCER, which reach beyond the cluster
   */
  readonly statsInService?: boolean;

  /**
   * Where nutcracker gives its statistics: one JSON document for each connection, no HTTP.
   * @default 22222
   */
  readonly statsPort?: number;

  /**
   * How often the statistics are renewed (`-i`), from a second to a day.
   * @default Duration.seconds(30)
   */
  readonly statsInterval?: Duration;

  /**
   * How much nutcracker logs (`-v`), from 0 (emergencies) to 11 (every byte).
   * @default 5
   */
  readonly verbosity?: number;

  /**
   * Whether a pool that says `auto_eject_hosts: true` goes on ejecting. While a shard fails, or only closes a connection, its keys
   * are then read and written on other shards, and later its old values are back: acknowledged writes are lost. For a pure
   * cache whose values may be stale; refused together with a migration.
   * @default false - the proxies have `auto_eject_hosts: false` whatever the pool says, and retry a failed shard with each request
   */
  readonly ejectHostsAndServeStaleData?: boolean;

  /**
   * How long a proxy serves on after it was told to stop. nutcracker cannot drain: this is the time for the cluster to
   * stop sending new clients, and for clients to move.
   * @default Duration.seconds(15)
   */
  readonly shutdownDelay?: Duration;

  /**
   * Whether a proxy without a bridge starts only when none of its shards is a replica. So the phase MOVED that comes before the
   * last cutover takes no proxy away: the new ones wait, and the old ones serve. `false` is for pools of replicas, which are
   * only read.
   * @default true
   */
  readonly waitForMasters?: boolean;

  /**
   * Memory of a proxy, requested and limited alike. nutcracker never gives a buffer back: reckon with two to three of
   * `mbufBytes` for each request under way at the worst moment, and an MGET as one for each shard that it asks.
   * @default Size.gibibytes(1) - some 20,000 requests under way (bench/proxy.md)
   */
  readonly memory?: Size;

  /**
   * The processor time that a proxy asks for. It has one thread for data: more than one processor is of no use. Half of one
   * bears 25,000 to 50,000 small requests a second (bench/proxy.md).
   * @default Cpu.millis(500)
   */
  readonly cpu?: Cpu;

  /**
   * The processor time that a proxy may take.
   * @default - what the node has to spare
   */
  readonly cpuLimit?: Cpu;
}
