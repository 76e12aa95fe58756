// The scrape jobs and the rules of a fleet in the configuration format of Prometheus.

import { Document, isMap, isScalar, isSeq, stringify, visit } from 'yaml';
import { type AlertRule, EVALUATION_SECONDS } from './alerts';
import { type PodTargets, type ScrapeJob, selectorText, type StaticTarget } from './scrape-jobs';

/** The times of all jobs, in seconds. */
export interface ScrapeTimes {
  readonly interval: number;
  readonly timeout: number;
}

/** A file with `scrape_configs`, for `scrape_config_files` of Prometheus 2.43 or later, or to be copied into its configuration. */
export function scrapeConfigFile(jobs: readonly ScrapeJob[], times: ScrapeTimes): string {
  const document = new Document({ scrape_configs: jobs.map((job) => prometheusJob(job, times)) });
  visit(document, {
    Pair(_, { key, value }) {
      // One line for each server, which is easier to compare.
      if (isScalar(key) && key.value === 'static_configs' && isSeq(value))
        for (const target of value.items) if (isMap(target)) target.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** A file with rules, for `rule_files`. */
export function ruleFile(fleet: string, rules: readonly AlertRule[]): string {
  const group = { name: fleet, interval: `${EVALUATION_SECONDS}s`, rules };
  return stringify({ groups: [group] }, { lineWidth: 0, aliasDuplicateObjects: false });
}

function prometheusJob(job: ScrapeJob, { interval, timeout }: ScrapeTimes): object {
  return {
    job_name: job.name,
    scrape_interval: `${interval}s`,
    scrape_timeout: `${timeout}s`,
    metrics_path: job.path,
    params: job.params,
    static_configs: job.servers?.map(({ address, labels }: StaticTarget) => ({ targets: [address], labels })),
    kubernetes_sd_configs: job.pods?.map(discovery),
    relabel_configs: job.relabelings,
    metric_relabel_configs: job.metricRelabelings.length > 0 ? job.metricRelabelings : undefined,
  };
}

function discovery(pods: PodTargets): object {
  const { namespace } = pods;
  return {
    role: 'pod',
    namespaces: namespace === undefined ? { own_namespace: true } : { names: [namespace] },
    selectors: [{ role: 'pod', label: selectorText(pods) }],
  };
}
