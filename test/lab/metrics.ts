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

export class LabMetrics {
  /** Starts the exporters for the shards and one proxy, and Prometheus, and waits until everything was scraped. */
  static async start(lab: Lab, fleet: LabFleet, proxy: LabProxy): Promise<LabMetrics> {
    const [redisPort, proxyPort, port] = [await freePort(), await freePort(), await freePort()];
    const pod = fleet.metricsPod(redisPort, proxyPort, proxy.ports);
    await pod.start();
    await until('both exporters are ready', () => pod.ready());
    const { 'scrape.yml': scrape, ...rules } = fleet.prometheusFiles();
    const config = {
      scrape_configs: (parse(scrape) as { scrape_configs: Manifest[] }).scrape_configs.map((job) =>
        inLab(job, proxy, fleet, { redis: redisPort, proxy: proxyPort }),
      ),
      rule_files: Object.entries(rules).map(([name, text]) => lab.write(name, text)),
    };
    const prometheus = lab.start('prometheus', [
      `--config.file=${lab.write('prometheus.yml', stringify(config))}`,
      `--storage.tsdb.path=${lab.dir}/prometheus`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ]);
    const it = new LabMetrics(pod, prometheus, port, redisPort, proxyPort);
    await prometheus.ready(
      async () => (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.ok === true,
    );
    await until('everything was scraped', async () => {
      const targets = await it.query('count by (job) (up)');
      return targets.length === config.scrape_configs.length;
    });
    return it;
  }

  private constructor(
    readonly pod: LabPod,
    readonly prometheus: Program,
    private readonly port: number,
    readonly redisPort: number,
    readonly proxyPort: number,
  ) {}

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
  return { ...rest, static_configs: [target('stats', ports.stats), target('bridge-health', ports.health)] };
}
