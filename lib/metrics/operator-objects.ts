// The scrape jobs and the rules of a fleet as objects of the Prometheus operator. Their content has the types of imports/; the objects are
// plain, since the generated classes drop what they do not know from the JSON patch of a user.

import { ApiObject, type ApiObjectProps } from 'cdk8s';
import { type Construct } from 'constructs';
import {
  PrometheusRule,
  ScrapeConfig,
  type ScrapeConfigSpec,
  type ScrapeConfigSpecKubernetesSdConfigs,
  ScrapeConfigSpecKubernetesSdConfigsRole,
  ScrapeConfigSpecKubernetesSdConfigsSelectorsRole,
  type ScrapeConfigSpecRelabelings,
} from '../../imports/monitoring.coreos.com';
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
      new ApiObject(
        scope,
        `scrape-config-${job.name}`,
        manifest(ScrapeConfig, {
          metadata: { name: `${name}-${job.name.slice(job.name.lastIndexOf('-') + 1)}`, labels: { ...labels } },
          spec: scrapeConfigSpec(job, times),
        }),
      ),
  );
}

/** The PrometheusRule with all alerts. */
export function prometheusRule(
  scope: Construct,
  { name, labels }: OperatorMetadata,
  fleet: string,
  rules: readonly AlertRule[],
): ApiObject {
  const group = { name: fleet, interval: `${EVALUATION_SECONDS}s`, rules: [...rules] };
  const props = { metadata: { name, labels: { ...labels } }, spec: { groups: [group] } };
  return new ApiObject(scope, 'prometheus-rule', manifest(PrometheusRule, props));
}

/** What `cdk8s import` declares as any. */
function manifest<Props>(kind: { manifest(props: Props): unknown }, props: Props): ApiObjectProps {
  return kind.manifest(props) as ApiObjectProps;
}

function scrapeConfigSpec(job: ScrapeJob, { interval, timeout }: ScrapeTimes): ScrapeConfigSpec {
  return {
    scrapeInterval: `${interval}s`,
    scrapeTimeout: `${timeout}s`,
    metricsPath: job.path,
    params: job.params && mutable(job.params),
    staticConfigs: job.servers?.map(({ address, labels }) => ({ targets: [address], labels: { ...labels } })),
    kubernetesSdConfigs: job.pods?.map(discovery),
    // The operator names a job after the object, and the alerts name it as below.
    relabelings: [{ targetLabel: 'job', replacement: job.name }, ...job.relabelings.map(inOperator)],
    metricRelabelings: job.metricRelabelings.length > 0 ? job.metricRelabelings.map(inOperator) : undefined,
  };
}

function discovery(pods: PodTargets): ScrapeConfigSpecKubernetesSdConfigs {
  const { namespace } = pods;
  return {
    role: ScrapeConfigSpecKubernetesSdConfigsRole.POD,
    namespaces: namespace === undefined ? { ownNamespace: true } : { names: [namespace] },
    selectors: [{ role: ScrapeConfigSpecKubernetesSdConfigsSelectorsRole.POD, label: selectorText(pods) }],
  };
}

/** The same rule with the names of the operator. */
function inOperator({
  source_labels: sourceLabels,
  regex,
  target_label: targetLabel,
  replacement,
  action,
}: Relabeling): ScrapeConfigSpecRelabelings {
  return {
    sourceLabels: sourceLabels && [...sourceLabels],
    regex,
    targetLabel,
    replacement,
    action,
  };
}

function mutable(params: NonNullable<ScrapeJob['params']>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(params).map(([name, values]) => [name, [...values]]));
}
