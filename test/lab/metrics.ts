// The exporters of a synthesized fleet, and a Prometheus with its scrape configuration, as processes of a lab.

import { parse, stringify } from 'yaml';
import { type LabFleet, type LabProxy } from './fleet';
import { freePort, type Lab, type Program, until } from './lab';
import { type LabPod } from './pod';
import { type Manifest } from './synth';

/** A series of the result of a query. */
export interface Series {
  readonly labels: Record<string, string>;
  readonly value: number;
}

export interface Alert {
  readonly name: string;
  readonly state: 'pending' | 'firing';
  readonly labels: Record<string, string>;
}

interface Answer {
  readonly data: {
    readonly result: { metric: Record<string, string>; value: [number, string] }[];
    readonly alerts: { state: Alert['state']; labels: Record<string, string> }[];
  };
}

export interface LabMetricsOptions {
  /** Whether Prometheus scrapes and evaluates the rules each second, to see more of short states. @default false */
  readonly eachSecond?: boolean;
  /** The ports of servers outside of the fleet that the exporter of the shards reads as well, in a job of their own. @default - none */
  readonly others?: readonly number[];
  /** The port of a Job while it runs. @default - none */
  readonly jobPort?: number;
}

/** The job of the servers outside of the fleet. */
const OTHERS = 'others';

export class LabMetrics {
  /** Starts the exporters for the shards and one proxy, and Prometheus, and waits until everything was scraped. */
  static async start(lab: Lab, fleet: LabFleet, proxy: LabProxy, options: LabMetricsOptions = {}): Promise<LabMetrics> {
    const [redisPort, proxyPort, port] = [await freePort(), await freePort(), await freePort()];
    const pod = fleet.metricsPod(redisPort, proxyPort, proxy.ports);
    await pod.start();
    const prometheus = lab.start('prometheus', [
      `--config.file=${lab.write('prometheus.yml', '')}`,
      `--storage.tsdb.path=${lab.dir}/prometheus`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
      '--log.level=warn',
    ]);
    const it = new LabMetrics(lab, options, pod, prometheus, port, redisPort, proxyPort);
    await prometheus.ready(
      async () => (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.ok === true,
    );
    await it.configure(fleet, proxy);
    return it;
  }

  private constructor(
    private readonly lab: Lab,
    private readonly options: LabMetricsOptions,
    public pod: LabPod,
    readonly prometheus: Program,
    private readonly port: number,
    readonly redisPort: number,
    readonly proxyPort: number,
  ) {}

  /** Applies the metrics of a fleet in another phase, with another proxy; Prometheus keeps its data. */
  async follow(fleet: LabFleet, proxy: LabProxy): Promise<void> {
    await this.pod.stop();
    this.pod = fleet.metricsPod(this.redisPort, this.proxyPort, proxy.ports);
    await this.pod.start();
    await this.configure(fleet, proxy);
  }

  /** Loads the scrape configuration and the rules of a fleet, and waits until everything was scraped. */
  private async configure(fleet: LabFleet, proxy: LabProxy): Promise<void> {
    await until('both exporters are ready', () => this.pod.ready());
    const { 'scrape.yml': scrape, ...rules } = fleet.prometheusFiles();
    const exporters = { redis: this.redisPort, proxy: this.proxyPort };
    const jobs = (parse(scrape) as { scrape_configs: Manifest[] }).scrape_configs;
    const scrapeConfigs = [
      ...jobs.map((job) =>
        this.atPace(inLab(job, proxy, fleet, exporters, this.options.jobPort), 'scrape_interval', 'scrape_timeout'),
      ),
      ...this.others(),
    ];
    const config = {
      scrape_configs: scrapeConfigs,
      rule_files: Object.entries(rules).map(([name, text]) => {
        const { groups } = parse(text) as { groups: Manifest[] };
        return this.lab.write(name, stringify({ groups: groups.map((group) => this.atPace(group, 'interval')) }));
      }),
    };
    this.lab.write('prometheus.yml', stringify(config, { aliasDuplicateObjects: false }));
    const reload = await fetch(`http://127.0.0.1:${this.port}/-/reload`, { method: 'POST' });
    if (!reload.ok) throw new Error(await reload.text());
    await until('everything was scraped', async () => {
      const jobsThatAreUp = await this.query('count by (job) (up == 1)');
      // No Job has to run.
      const names = scrapeConfigs.map((job) => job.job_name as string).filter((name) => !name.endsWith('-jobs'));
      return names.every((name) => jobsThatAreUp.some(({ labels }) => labels.job === name));
    });
  }

  private atPace(it: Manifest, ...times: string[]): Manifest {
    const { eachSecond = false } = this.options;
    return eachSecond ? { ...it, ...Object.fromEntries(times.map((name) => [name, '1s'])) } : it;
  }

  private others(): Manifest[] {
    const { others } = this.options;
    if (others === undefined) return [];
    const job = {
      job_name: OTHERS,
      // They may be far away.
      scrape_interval: '3s',
      scrape_timeout: '3s',
      metrics_path: '/scrape',
      static_configs: [{ targets: others.map((port) => `127.0.0.1:${port}`) }],
      relabel_configs: [
        { source_labels: ['__address__'], target_label: '__param_target' },
        { source_labels: ['__address__'], target_label: 'instance' },
        { target_label: '__address__', replacement: `127.0.0.1:${this.redisPort}` },
      ],
    };
    return [job];
  }

  /** The series that a query returns. */
  async query(query: string): Promise<Series[]> {
    const { data } = await this.get(`query?query=${encodeURIComponent(query)}`);
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** The alerts that are pending or firing. */
  async alerts(): Promise<Alert[]> {
    const { data } = await this.get('alerts');
    return data.alerts.map(({ state, labels }) => ({ name: labels.alertname, state, labels }));
  }

  /** Waits until these queries of the fleet's dashboard return a series for one of its shards. @param has all queries by default */
  async untilDashboardHasData(fleet: LabFleet, has: (query: string) => boolean = () => true): Promise<void> {
    for (const query of fleet.dashboardQueries().filter(has)) {
      const inGrafana = query.replaceAll('$__rate_interval', '1m').replaceAll('$shard', '0');
      const variable = /^label_values\((.*), (\w+)\)$/.exec(inGrafana);
      await until(`there is data for ${query}`, async () => {
        const found = await this.query(variable?.[1] ?? inGrafana);
        return found.some(
          ({ labels, value }) => Number.isFinite(value) && (variable?.[2] ?? '') in { ...labels, '': 0 },
        );
      });
    }
  }

  private async get(path: string): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v1/${path}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${text}`);
    return JSON.parse(text) as Answer;
  }
}

/** A job with the exporters at their ports of the lab, and the only proxy in place of the discovery of pods. */
function inLab(
  job: Manifest,
  { pod, ports }: LabProxy,
  fleet: LabFleet,
  exporters: Record<'redis' | 'proxy', number>,
  jobPort?: number,
): Manifest {
  const relabelings = (job.relabel_configs as Manifest[]).map((rule) =>
    rule.target_label === '__address__'
      ? { ...rule, replacement: `127.0.0.1:${exporters[job.static_configs ? 'redis' : 'proxy']}` }
      : rule,
  );
  const { kubernetes_sd_configs: discovery, ...rest } = { ...job, relabel_configs: relabelings } as Manifest;
  if (discovery === undefined) return rest;
  const template = (fleet.charts.proxies.deployment.toJson() as Manifest).spec.template as Manifest;
  const target = (portName: string, port: number): Manifest => ({
    targets: [`127.0.0.1:${port}`],
    labels: {
      __meta_kubernetes_pod_container_port_name: portName,
      __meta_kubernetes_pod_name: pod.name,
      __meta_kubernetes_pod_label_cdk8s_twemproxy_ring: template.metadata.labels['cdk8s-twemproxy/ring'] as string,
    },
  });
  const pods = [target('stats', ports.stats), target('bridge-health', ports.health)];
  return { ...rest, static_configs: [...pods, ...(jobPort ? [target('job-metrics', jobPort)] : [])] };
}
