// What Prometheus scrapes of a fleet, independent of how its configuration is written: both servers of each shard through the
// exporter of the shards, each nutcracker through the exporter of the proxies, and each bridge and each running Job itself.

import { JOB_METRICS } from '../jobs/job-options';

/** A relabeling rule of Prometheus; its fields are named as in the configuration of Prometheus. */
export interface Relabeling {
  readonly source_labels?: readonly string[];
  readonly regex?: string;
  readonly target_label?: string;
  readonly replacement?: string;
  readonly action?: 'keep' | 'drop';
}

/** A server that is scraped through an exporter. */
export interface StaticTarget {
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Pods with these labels. */
export interface PodTargets {
  readonly selector: Readonly<Record<string, string>>;
  /** The namespace of the pods; undefined for that of Prometheus. */
  readonly namespace?: string;
}

export interface ScrapeJob {
  readonly name: string;
  readonly path: string;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  /** One of both. */
  readonly servers?: readonly StaticTarget[];
  readonly pods?: readonly PodTargets[];
  readonly relabelings: readonly Relabeling[];
  readonly metricRelabelings: readonly Relabeling[];
}

export interface ScrapedFleet {
  readonly fleet: string;
  readonly namespace?: string;
  /** `host:port` of the servers of the shards, by ordinal; of the second ones, if there are any. */
  readonly addresses: readonly string[];
  readonly replicaAddresses: readonly string[];
  /** Whether the servers are reached by TLS. */
  readonly tls?: boolean;
  /** `host:port` of the servers of the shards whose certificates are read, by ordinal. */
  readonly certified?: readonly string[];
  /** The same of the second servers. */
  readonly certifiedReplicas?: readonly string[];
  /** The same of the Sentinels. */
  readonly certifiedSentinels?: readonly string[];
  /** Whether the proxies have certificates. */
  readonly certifiedProxies?: boolean;
  /** `host:port` of the two exporters. */
  readonly redisExporter: string;
  readonly proxyExporter: string;
  /** The labels of the pods of the proxies, and whether they have a bridge. */
  readonly proxySelector: Readonly<Record<string, string>>;
  readonly hasBridge: boolean;
  /** The labels of the pods of Jobs that export their progress, for each program. */
  readonly jobSelectors: readonly Readonly<Record<string, string>>[];
}

/** The names of the jobs. */
export function jobNames(
  fleet: string,
): Record<
  'redis' | 'proxies' | 'bridges' | 'jobs' | 'shardCertificates' | 'sentinelCertificates' | 'proxyCertificates',
  string
> {
  return {
    shardCertificates: `${fleet}-shard-certificates`,
    sentinelCertificates: `${fleet}-sentinel-certificates`,
    proxyCertificates: `${fleet}-proxy-certificates`,
    redis: `${fleet}-redis`,
    proxies: `${fleet}-proxies`,
    bridges: `${fleet}-bridges`,
    jobs: `${fleet}-jobs`,
  };
}

/** The names of the container ports of a proxy's pod. */
const STATS_PORT = 'stats';
const BRIDGE_PORT = 'bridge-health';

/** The label of the pods of proxies with the fingerprint of their rings, and its name in the discovery of Prometheus. */
export const RING_LABEL = 'cdk8s-twemproxy/ring';
const RING_META_LABEL = '__meta_kubernetes_pod_label_cdk8s_twemproxy_ring';

/** Prometheus asks an exporter at this address, which asks the target. */
function through(exporter: string): Relabeling[] {
  return [
    { source_labels: ['__address__'], target_label: '__param_target' },
    { source_labels: ['__address__'], target_label: 'instance' },
    { target_label: '__address__', replacement: exporter },
  ];
}

/** The exporter of the shards recognizes TLS by the scheme of its target. The instance stays without it. */
const BY_TLS: Relabeling = {
  source_labels: ['__param_target'],
  target_label: '__param_target',
  replacement: 'rediss://$1',
  regex: '(.*)',
};

/** The selector of the pods as text. */
export function selectorText({ selector }: PodTargets): string {
  return Object.entries(selector)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** All jobs of a fleet. */
export function scrapeJobs(scraped: ScrapedFleet): ScrapeJob[] {
  const { hasBridge, jobSelectors } = scraped;
  return [
    redisJob(scraped),
    proxyJob(scraped),
    ...(hasBridge ? [bridgeJob(scraped)] : []),
    ...(jobSelectors.length > 0 ? [jobsJob(scraped)] : []),
    ...certificateJobs(scraped),
  ];
}

function redisJob({ fleet, addresses, replicaAddresses, redisExporter, tls = false }: ScrapedFleet): ScrapeJob {
  const target = (address: string, shard: number, server: 'a' | 'b'): StaticTarget => {
    return { address, labels: { fleet, shard: String(shard), server } };
  };
  return {
    name: jobNames(fleet).redis,
    path: '/scrape',
    servers: addresses.flatMap((address, shard) => [
      target(address, shard, 'a'),
      ...replicaAddresses.slice(shard, shard + 1).map((replica) => target(replica, shard, 'b')),
    ]),
    relabelings: [...through(redisExporter), ...(tls ? [BY_TLS] : [])],
    metricRelabelings: [
      // Nine series for each command, and forty-eight for databases that nutcracker does not reach; this leaves two and three.
      drop(['__name__'], 'redis_latency_percentiles_usec.*|redis_commands_(failed|rejected)_calls_total'),
      drop(['__name__', 'db'], 'redis_db_.*;db[1-9][0-9]*'),
      // Of the exporter, not of the server.
      drop(['__name__'], 'redis_exporter_(build_info|scrape_duration_seconds_.*|scrapes_total)'),
    ],
  };
}

function proxyJob({ fleet, namespace, proxySelector, proxyExporter }: ScrapedFleet): ScrapeJob {
  return {
    name: jobNames(fleet).proxies,
    path: '/scrape',
    pods: [{ namespace, selector: proxySelector }],
    relabelings: [...ofPod(fleet, STATS_PORT), ...through(proxyExporter)],
    metricRelabelings: [],
  };
}

/** In this scope, HAProxy also has the backends of its checks, and 66 series for each of them: 50,000 with 108 shards. */
const BRIDGE_METRICS = [
  'haproxy_backend_(active_servers|backup_servers|check_up_down_total|connection_errors_total|current_sessions|sessions_total);.*;shard-[0-9]+',
  'haproxy_backend_status;UP;shard-[0-9]+',
  'haproxy_process_(build_info|current_connections|max_connections|nbthread|start_time_seconds|uptime_seconds);.*;',
];

function bridgeJob({ fleet, namespace, proxySelector }: ScrapedFleet): ScrapeJob {
  return {
    name: jobNames(fleet).bridges,
    path: '/metrics',
    params: { scope: ['global', 'backend'] },
    pods: [{ namespace, selector: proxySelector }],
    relabelings: ofPod(fleet, BRIDGE_PORT),
    metricRelabelings: [
      { source_labels: ['__name__', 'state', 'proxy'], regex: BRIDGE_METRICS.join('|'), action: 'keep' },
      { source_labels: ['proxy'], regex: 'shard-([0-9]+)', target_label: 'shard' },
    ],
  };
}

/** The Jobs of every program, while they run. */
function jobsJob({ fleet, namespace, jobSelectors }: ScrapedFleet): ScrapeJob {
  return {
    name: jobNames(fleet).jobs,
    path: '/metrics',
    pods: jobSelectors.map((selector) => ({ namespace, selector })),
    relabelings: [
      // The pods of Jobs that have ended are still there.
      { source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Succeeded|Failed', action: 'drop' },
      ...portOfPod(fleet, JOB_METRICS),
    ],
    metricRelabelings: [],
  };
}

/** How long the certificates of the shards, the Sentinels and the proxies are valid: every minute would do. */
function certificateJobs(scraped: ScrapedFleet): ScrapeJob[] {
  const { fleet, namespace, certifiedProxies = false, proxySelector, proxyExporter } = scraped;
  const { certified = [], certifiedReplicas = [], certifiedSentinels = [] } = scraped;
  const common = { path: '/certificate', metricRelabelings: [] };
  const serversOn = (server: 'a' | 'b', addresses: readonly string[]): StaticTarget[] =>
    addresses.map((address, shard) => ({ address, labels: { fleet, shard: String(shard), server } }));
  const servers = [...serversOn('a', certified), ...serversOn('b', certifiedReplicas)];
  const sentinels = certifiedSentinels.map((address, n) => ({ address, labels: { fleet, sentinel: String(n) } }));
  const { shardCertificates, sentinelCertificates } = jobNames(fleet);
  const ofServers = (name: string, all: readonly StaticTarget[]): ScrapeJob[] =>
    all.length === 0 ? [] : [{ ...common, name, servers: all, relabelings: through(proxyExporter) }];
  return [
    ...ofServers(shardCertificates, servers),
    ...ofServers(sentinelCertificates, sentinels),
    ...(certifiedProxies
      ? [
          {
            ...common,
            name: jobNames(fleet).proxyCertificates,
            pods: [{ namespace, selector: proxySelector }],
            relabelings: [...portOfPod(fleet, 'proxy-tls'), ...through(proxyExporter)],
          },
        ]
      : []),
  ];
}

/** The port of one container of a pod, with the name of the pod. */
function portOfPod(fleet: string, portName: string): Relabeling[] {
  return [
    { source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: portName, action: 'keep' },
    { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
    { target_label: 'fleet', replacement: fleet },
  ];
}

/** The same, with the rings that the pod was started with. */
function ofPod(fleet: string, portName: string): Relabeling[] {
  return [...portOfPod(fleet, portName), { source_labels: [RING_META_LABEL], target_label: 'ring' }];
}

function drop(labels: string[], regex: string): Relabeling {
  return { source_labels: labels, regex, action: 'drop' };
}
