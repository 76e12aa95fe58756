// The scrape jobs and the rules of a fleet as objects of the Prometheus operator.

import { ApiObject } from 'cdk8s';
import { type Construct } from 'constructs';
import { type AlertRule, EVALUATION_SECONDS } from './alerts';
import { type ScrapeTimes } from './scrape-config';
import { type PodTargets, type Relabeling, type ScrapeJob, selectorText } from './scrape-jobs';

/** The names and labels of the objects. */
export interface OperatorMetadata {
  /** The prefix of every name. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A ScrapeConfig for each job. */
export function scrapeConfigs(
  scope: Construct,
  { name, labels }: OperatorMetadata,
  jobs: readonly ScrapeJob[],
  times: ScrapeTimes,
): ApiObject[] {
  return jobs.map(
    (job) =>
      new ApiObject(scope, `scrape-config-${job.name}`, {
        apiVersion: 'monitoring.coreos.com/v1alpha1',
        kind: 'ScrapeConfig',
        metadata: { name: `${name}-${job.name.slice(job.name.lastIndexOf('-') + 1)}`, labels: { ...labels } },
        spec: scrapeConfigSpec(job, times),
      }),
  );
}

/** The PrometheusRule with all alerts. */
export function prometheusRule(
  scope: Construct,
  { name, labels }: OperatorMetadata,
  fleet: string,
  rules: readonly AlertRule[],
): ApiObject {
  return new ApiObject(scope, 'prometheus-rule', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name, labels: { ...labels } },
    spec: { groups: [{ name: fleet, interval: `${EVALUATION_SECONDS}s`, rules }] },
  });
}

function scrapeConfigSpec(job: ScrapeJob, { interval, timeout }: ScrapeTimes): object {
  return {
    scrapeInterval: `${interval}s`,
    scrapeTimeout: `${timeout}s`,
    metricsPath: job.path,
    params: job.params,
    staticConfigs: job.servers?.map(({ address, labels }) => ({ targets: [address], labels })),
    kubernetesSDConfigs: job.pods?.map(discovery),
    // The operator names a job after the object, and the alerts name it as below.
    relabelings: [{ targetLabel: 'job', replacement: job.name }, ...job.relabelings.map(inOperator)],
    metricRelabelings: job.metricRelabelings.length > 0 ? job.metricRelabelings.map(inOperator) : undefined,
  };
}

function discovery(pods: PodTargets): object {
  const { namespace } = pods;
  return {
    role: 'Pod',
    namespaces: namespace === undefined ? { ownNamespace: true } : { names: [namespace] },
    selectors: [{ role: 'Pod', label: selectorText(pods) }],
  };
}

/** The same rule with the names of the operator. */
function inOperator({ source_labels, regex, target_label, replacement, action }: Relabeling): object {
  return { sourceLabels: source_labels, regex, targetLabel: target_label, replacement, action };
}
