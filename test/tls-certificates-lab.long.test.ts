// The alert for certificates of a fleet with replicas, with a real Prometheus: it tells what each server, Sentinel and proxy serves, not what
// is in the Secret.

import { parse, stringify } from 'yaml';
import { NetworkPeer, TlsPhase } from '../lib';
import { Authority } from './lab/certificates';
import { connect, PASSWORD } from './lab/clients';
import { freePort, Lab, until } from './lab/lab';
import { type Manifest } from './lab/synth';
import { CLIENT_TLS_PORT, LabTlsReplicas } from './lab/tls-replicas';

/** Sentinels restart one after another, and proxies look at their files every ten seconds. */
const PATIENCE_MS = 150_000;

const LATE = { daysAgo: 80, days: 10 };

let lab: Lab;
let fleet: LabTlsReplicas;
beforeEach(async () => {
  lab = new Lab();
  fleet = new LabTlsReplicas(lab, 1, new Authority(lab, 'first'), {
    metrics: { clients: [NetworkPeer.anyone()] },
    proxies: {
      image: 'twemproxy:0.5.0',
      clientTls: { secretName: 'shards', port: CLIENT_TLS_PORT, plainPorts: true },
    },
  });
  fleet.secret = fleet.issue(undefined, LATE);
  await fleet.apply(TlsPhase.REQUIRED);
});
afterEach(async () => {
  await fleet.close();
  await lab.close();
});

/** Starts the exporter and a Prometheus with the jobs and the rule of the charts; returns the instances of which the alert fires. */
async function startMetrics(): Promise<() => Promise<string[]>> {
  const { metrics } = fleet.charts;
  if (metrics === undefined) throw new Error('this fleet has no metrics');
  const [exporter, port] = [await freePort(), await freePort()];
  const proxy = fleet.proxyPortOf(CLIENT_TLS_PORT);
  const pod = fleet.podOfWorkload(metrics.deployment, 'metrics', {
    '9122': `${exporter}`,
    [CLIENT_TLS_PORT]: `${proxy}`,
  });
  await pod.startContainer('proxy-exporter');
  const { data } = metrics.scrapeConfigMap.toJson() as { data: Record<'scrape.yml' | 'rules.yml', string> };
  const hosts = Object.entries(fleet.hosts);
  const scrape = hosts.reduce((text, [name, host]) => text.replaceAll(`${name}:`, `${host}:`), data['scrape.yml']);
  const jobs = (parse(scrape) as { scrape_configs: Manifest[] }).scrape_configs
    .filter(({ job_name: name }) => (name as string).endsWith('-certificates'))
    .map(({ kubernetes_sd_configs: discovery, ...job }) => {
      const relabelings = (job.relabel_configs as Manifest[]).map((rule) =>
        rule.target_label === '__address__' ? { ...rule, replacement: `127.0.0.1:${exporter}` } : rule,
      );
      const labels = { __meta_kubernetes_pod_container_port_name: 'proxy-tls', __meta_kubernetes_pod_name: 'proxy' };
      const pods = discovery && { static_configs: [{ targets: [`127.0.0.1:${proxy}`], labels }] };
      return { ...job, ...pods, scrape_interval: '1s', scrape_timeout: '1s', relabel_configs: relabelings };
    });
  const { groups } = parse(data['rules.yml']) as { groups: Manifest[] };
  const rules = groups
    .flatMap((group) => group.rules as Manifest[])
    .filter(({ alert }) => alert === 'CertificateExpires')
    .map((rule) => ({ ...rule, for: '0s' }));
  const ruleFile = lab.write('rules.yml', stringify({ groups: [{ name: 'fleet', interval: '1s', rules }] }));
  const config = { scrape_configs: jobs, rule_files: [ruleFile] };
  const prometheus = lab.start('prometheus', [
    `--config.file=${lab.write('prometheus.yml', stringify(config, { aliasDuplicateObjects: false }))}`,
    `--storage.tsdb.path=${lab.dir}/prometheus`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ]);
  await prometheus.ready(
    async () => (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.ok === true,
  );
  return async () => {
    const query = 'ALERTS{alertname="CertificateExpires",alertstate="firing"}';
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data: found } = (await response.json()) as { data: { result: { metric: Manifest }[] } };
    const named = found.result.map(({ metric }) => [
      metric.job,
      metric.shard ?? metric.sentinel ?? metric.pod,
      metric.server,
    ]);
    return named.map((it) => it.filter(Boolean).join(' ')).sort();
  };
}

test('it fires for each server, Sentinel and proxy as long as that serves a late certificate, also if a newer one cannot be loaded', async () => {
  const firing = await startMetrics();
  const all = [
    'fleet-proxy-certificates proxy',
    ...[0, 1, 2].map((n) => `fleet-sentinel-certificates ${n}`),
    'fleet-shard-certificates 0 a',
    'fleet-shard-certificates 0 b',
  ];
  const fires = async (names: string[]): Promise<void> => {
    let last: string[] = [];
    await until(
      `it fires for ${names.length} of them`,
      async () => {
        last = await firing();
        return last.join() === names.join();
      },
      PATIENCE_MS,
    ).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; it fires for ${last.join()}`);
    });
  };
  await fires(all);
  // The key is not that of the certificate.
  const broken = { ...fleet.issue(), 'tls.key': fleet.issue()['tls.key'] };
  fleet.renew(broken);
  const names = ['fleet-redis-0', 'fleet-redis-b-0'].map((name) => [name, 'redis']);
  const sentinels = [0, 1, 2].map((n) => [`fleet-sentinel-${n}`, 'monitor']);
  for (const [name, container] of [...names, ...sentinels, ['fleet-twemproxy', 'bridge']])
    await until(
      `${name} reports it`,
      () => fleet.outputOf(name, container).includes('cannot load the changed'),
      PATIENCE_MS,
    );
  await fires(all);
  const client = connect(fleet.proxyPort, PASSWORD);
  expect(await client.set('key', 'value')).toBe('OK');
  client.disconnect();

  fleet.renew(fleet.issue());
  await fires([]);
  await fleet.untilReplicated();
});
