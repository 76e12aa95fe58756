// The metrics of a fleet: a Deployment with the exporters of its shards and proxies, and what Prometheus needs to scrape them.

import { type ApiObject, Chart, Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { refuseDuplicates } from './common/duplicate-objects';
import { hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { checkPodOptions } from './common/pod-options';
import { checkImage, checkMemoryFor, checkName, checkSeconds, checkWhole, refuse } from './common/prop-errors';
import { checkSecretKey } from './common/secret-key';
import { type FleetMetricsProps } from './fleet-metrics-props';
import { DEFAULT_JOB_IMAGE } from './jobs/job-options';
import { programBundle } from './jobs/program-bundle';
import { DEFAULT_REDIS_EXPORTER_IMAGE } from './metrics/metrics-options';
import {
  EXPORTER,
  metricsPod,
  PROXY_EXPORTER,
  PROXY_EXPORTER_PORT,
  REDIS_EXPORTER,
  REDIS_EXPORTER_PORT,
  SERVER_TIMEOUT_SECONDS,
} from './metrics/metrics-pod';
import { type AlertedFleet, type AlertRule, alertRules } from './metrics/alerts';
import { DASHBOARD_LABEL, dashboardFile } from './metrics/dashboard';
import { prometheusRule, scrapeConfigs } from './metrics/operator-objects';
import { ruleFile, scrapeConfigFile } from './metrics/scrape-config';
import { type ScrapeJob, scrapeJobs } from './metrics/scrape-jobs';
import { type NetworkPeer } from './network-peer';
import { addressOf } from './redis/redis-services';
import { usesTls } from './redis/server-ports';

/**
 * The metrics of a fleet: one Deployment with the stock redis_exporter, which Prometheus asks for each server of the shards, and an
 * exporter of nutcracker's statistics, which it asks for each proxy; their Service; and a ConfigMap with the scrape configuration.
 */
export class FleetMetrics extends Construct {
  /** The Deployment of both exporters. */
  readonly deployment: k8s.KubeDeployment;
  /** The Service of both exporters. */
  readonly service: k8s.KubeService;
  /** The exporter of the proxies, and the shard of each server of their pools. */
  readonly configMap: k8s.KubeConfigMap;
  /** For Prometheus: the scrape configuration in the key `scrape.yml`, and the alerts in `rules.yml`. */
  readonly scrapeConfigMap: k8s.KubeConfigMap;
  /** The ScrapeConfigs and the PrometheusRule; empty without the prop `prometheusOperatorLabels`. */
  readonly operatorObjects: ApiObject[];
  /** The dashboard for Grafana, in the key `<fleet>.json`; undefined without the prop `grafanaDashboard`. */
  readonly dashboardConfigMap?: k8s.KubeConfigMap;
  /** The labels of every object. */
  readonly labels: { [key: string]: string };
  /** The labels that select the pod. */
  readonly podSelector: { [key: string]: string };
  /** The ports of the exporters. */
  readonly ports: number[];
  /** The peers that scrape. */
  readonly clients: NetworkPeer[];

  constructor(scope: Construct, id: string, props: FleetMetricsProps) {
    super(scope, id);
    checkProps(this, 'FleetMetricsProps', props);
    check(this, props);
    const { name, fleet = name, redis, proxies, password, clients } = props;
    const image = props.redisExporterImage ?? DEFAULT_REDIS_EXPORTER_IMAGE;
    const identity: Identity = { program: 'metrics', instance: name, component: 'metrics', partOf: fleet, image };
    this.labels = recommendedLabels(identity);
    this.podSelector = selectorLabels(identity);
    this.ports = [REDIS_EXPORTER_PORT, PROXY_EXPORTER_PORT];
    this.clients = clients;
    const metadata = { name, labels: this.labels };
    this.configMap = hashedConfigMap(this, 'exporter', `${name}-exporter`, this.labels, {
      'exporter.mjs': programBundle(this, EXPORTER),
      'shards.json': `${JSON.stringify(props.shardOfServer, undefined, 1)}\n`,
    });
    this.deployment = new k8s.KubeDeployment(this, 'deployment', {
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: this.podSelector },
        template: {
          metadata: { labels: recommendedLabels(identity, props.podLabels), annotations: props.podAnnotations },
          spec: metricsPod(props, {
            configMap: this.configMap.name,
            selector: this.podSelector,
            statsPort: proxies.statsPort,
            password,
            tls: usesTls(redis.tls) ? redis.tls : undefined,
            tlsPorts: [...redis._tlsPorts, ...proxies.tlsPorts.slice(0, 1)],
          }),
        },
      },
    });
    this.service = new k8s.KubeService(this, 'service', {
      metadata,
      spec: {
        type: 'ClusterIP',
        selector: this.podSelector,
        ports: [servicePort(REDIS_EXPORTER, REDIS_EXPORTER_PORT), servicePort(PROXY_EXPORTER, PROXY_EXPORTER_PORT)],
      },
    });
    const address = (port: number): string => addressOf(this, name, port, props.clusterDomain);
    const jobs = scrapeJobs({
      fleet,
      namespace: Chart.of(this).namespace,
      addresses: redis.addresses,
      tls: usesTls(redis.tls),
      certified: redis._tlsAddresses,
      certifiedReplicas: redis._tlsReplicaAddresses,
      certifiedSentinels: redis._tlsSentinelAddresses,
      certifiedProxies: proxies.tlsPorts.length > 0,
      replicaAddresses: redis.replicaAddresses,
      redisExporter: address(REDIS_EXPORTER_PORT),
      proxyExporter: address(PROXY_EXPORTER_PORT),
      proxySelector: proxies.podSelector,
      hasBridge: proxies.hasMetrics,
      jobSelectors: jobSelectors(props),
    });
    const alerted = alertedFleet(this, props);
    this.scrapeConfigMap = new k8s.KubeConfigMap(this, 'scrape-config', {
      metadata: { name: `${name}-prometheus`, labels: this.labels },
      data: { 'scrape.yml': scrapeConfigFile(jobs, timesOf(props)), 'rules.yml': ruleFile(fleet, alertRules(alerted)) },
    });
    this.operatorObjects = this.forOperator(props, jobs, alertRules(alerted));
    if (props.grafanaDashboard) {
      this.dashboardConfigMap = new k8s.KubeConfigMap(this, 'dashboard', {
        metadata: { name: `${name}-dashboard`, labels: { ...this.labels, ...DASHBOARD_LABEL } },
        data: { [`${fleet}.json`]: dashboardFile(this, alerted) },
      });
    }
    refuseDuplicates(this);
  }

  private forOperator(props: FleetMetricsProps, jobs: readonly ScrapeJob[], rules: readonly AlertRule[]): ApiObject[] {
    const { name, fleet = name, prometheusOperatorLabels: labels } = props;
    if (labels === undefined) return [];
    const metadata = { name, labels: { ...labels, ...this.labels } };
    return [...scrapeConfigs(this, metadata, jobs, timesOf(props)), prometheusRule(this, metadata, fleet, rules)];
  }
}

/** The labels of the pods of Jobs that export their progress. */
function jobSelectors({ jobSelector, backup, passwords }: FleetMetricsProps): { [key: string]: string }[] {
  const measured = [backup, passwords].flatMap((it) => (it?.metricsPort === undefined ? [] : [it.podSelector]));
  return [...(jobSelector ? [jobSelector] : []), ...measured];
}

function alertedFleet(
  scope: Construct,
  { name, fleet = name, redis, proxies, moving, backup, passwords, ...props }: FleetMetricsProps,
): AlertedFleet {
  const { data = {} } = redis.configMap.toJson() as { data?: Record<string, string> };
  return {
    fleet,
    namespace: Chart.of(scope).namespace,
    isMoving: moving ?? false,
    hasReplicas: redis.replicaStatefulSet !== undefined,
    hasBridge: proxies.hasMetrics,
    backup: backup && { cronJob: backup.name, alertAfter: backup.alertAfter.toSeconds() },
    passwords: passwords?.name,
    certificates: {
      ofShards: redis.tls !== undefined,
      ofSentinels: redis._tlsSentinelAddresses.length > 0,
      ofProxies: proxies.tlsPorts.length > 0,
    },
    evictsNothing: /^maxmemory-policy "?noeviction"?$/m.test(data['redis.conf']),
    interval: timesOf(props).interval,
  };
}

/** Prometheus waits for an exporter longer than an exporter for a server. */
function timesOf({ interval = Duration.seconds(15) }: Pick<FleetMetricsProps, 'interval'>): {
  interval: number;
  timeout: number;
} {
  const seconds = interval.toSeconds();
  return { interval: seconds, timeout: Math.min(seconds, SERVER_TIMEOUT_SECONDS + 2) };
}

function servicePort(name: string, port: number): k8s.ServicePort {
  return { name, port, targetPort: k8s.IntOrString.fromString(name) };
}

/** Node.js takes 40, redis_exporter 15. */
const LEAST_MEBIBYTES = 64;

/** Reserved of the 63 characters of a label: what a Deployment appends. */
const SUFFIX = 17;

function check(scope: Construct, props: FleetMetricsProps): void {
  checkName(scope, 'name', props.name, SUFFIX);
  checkImage(scope, 'redisExporterImage', props.redisExporterImage ?? DEFAULT_REDIS_EXPORTER_IMAGE);
  checkImage(scope, 'proxyExporterImage', props.proxyExporterImage ?? DEFAULT_JOB_IMAGE);
  checkMemoryFor(scope, 'memory', props.memory, LEAST_MEBIBYTES);
  checkPodOptions(scope, props);
  checkSecretKey(scope, 'password', props.password);
  checkSeconds(scope, 'interval', props.interval);
  checkWhole(scope, 'interval in seconds', props.interval?.toSeconds() ?? 15, 5, 60);
  if (props.clients.length === 0)
    refuse(scope, 'clients is empty; list the peers that scrape, such as the pods of Prometheus');
}
