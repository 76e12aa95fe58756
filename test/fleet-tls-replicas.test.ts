// What TLS changes in the manifests of a fleet with replicas, and which bridges between both servers the proof refuses.

import { JsonPatch } from 'cdk8s';
import { type FleetCharts, type FleetChartsProps, NetworkPeer, TlsPhase } from '../lib';
import { fleet } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { type Manifest, manifests, validationErrors } from './lab/synth';
import { dataOf, each, keysIn, podOf, portsOf } from './lab/tls-manifests';

const { OFFERED, USED, REQUIRED } = TlsPhase;

function synth(phase?: TlsPhase): FleetCharts {
  const { app, charts } = fleet(withReplicas(phase));
  expect(validationErrors(app)).toEqual([]);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  return charts;
}

function withReplicas(phase?: TlsPhase): Partial<FleetChartsProps> {
  return { namespace: 'unit-1', redis: { replicas: 1 }, ...(phase && { tls: { phase, secretName: 'shards' } }) };
}

test.each([
  [undefined, []],
  [OFFERED, [6389, 6390, 26_389]],
  [REQUIRED, [6389, 6390, 26_389]],
])('in the phase %s, the exporter may read the certificates of both servers and of the Sentinels', (phase, ports) => {
  const { app, charts } = fleet({ ...withReplicas(phase), metrics: { clients: [NetworkPeer.anyone()] } });
  expect(validationErrors(app)).toEqual([]);
  const { metrics, networkPolicies: policies } = charts;
  const [, { command }] = podOf(metrics?.deployment as { toJson(): unknown }).containers as Manifest[];
  expect((command as string[]).join(' ')).toContain(phase ? `--tls-ports=${ports.join()} ` : '/exporter.mjs');
  const open = [policies.redisPolicy, policies.replicaPolicy, policies.sentinelPolicy].map((policy) => {
    const rules = (policy?.toJson() as Manifest).spec.ingress as Manifest[];
    return portsOf(rules.filter(({ from }) => JSON.stringify(from).includes('unit-1-metrics')));
  });
  const of = (n: number): number[] => (phase ? [ports[n]] : []);
  const plain = phase === REQUIRED ? [] : [6379, 6380];
  expect(open).toEqual([[...plain.slice(0, 1), ...of(0)], [...plain.slice(1), ...of(1)], of(2)]);
  const { egress } = (policies.metricsPolicy?.toJson() as Manifest).spec;
  expect(portsOf(egress as Manifest[])).toEqual(expect.arrayContaining([...plain, ...ports]));
  const { data } = metrics?.scrapeConfigMap.toJson() as { data: Record<string, string> };
  const jobs = [...data['scrape.yml'].matchAll(/job_name: (unit-1-\w+-certificates)/g)].map(([, name]) => name);
  expect(jobs).toEqual(phase ? ['unit-1-shard-certificates', 'unit-1-sentinel-certificates'] : []);
  expect([...data['scrape.yml'].matchAll(/unit-1-sentinel-\d[^ ]*:26389/g)]).toHaveLength(phase ? 3 : 0);
});

const patterns = /master_port:(\S+?)\\r/g;
test.each([
  [undefined, [6379], [6380], [26_379], 'hosts:6379 hosts:6380'],
  [OFFERED, [6379, 6389], [6380, 6390], [26_379, 26_389], 'hosts:6379 hosts:6380 hosts:6389 hosts:6390'],
  [USED, [6379, 6389], [6380, 6390], [26_379, 26_389], 'hosts:6389 hosts:6390 hosts:6379 hosts:6380'],
  [REQUIRED, [6389], [6390], [26_389], 'hosts:6389 hosts:6390 hosts:6379 hosts:6380'],
])(
  'in the phase %s, both servers and the Sentinels have the right ports, and are known by both',
  (phase, ofA, ofB, ofSentinels, servers) => {
    const charts = synth(phase);
    const { redis, sentinels, networkPolicies: policies, proxies: layer } = charts;
    const isTls = phase === USED || phase === REQUIRED;
    for (const [addresses, ports] of [
      [redis.addresses, ofA],
      [redis.replicaAddresses, ofB],
      [redis.sentinelAddresses, ofSentinels],
    ] as const)
      expect(addresses[0].split(':')[1]).toBe(String(isTls ? ports[ports.length - 1] : ports[0]));
    for (const [workload, policy, ports] of [
      [redis.statefulSet, policies.redisPolicy, ofA],
      [redis.replicaStatefulSet, policies.replicaPolicy, ofB],
      [sentinels?.statefulSet, policies.sentinelPolicy, ofSentinels],
    ] as const) {
      const pod = podOf(workload as { toJson(): unknown });
      expect(each((pod.containers as Manifest[])[0].ports, 'containerPort')).toEqual(ports);
      expect(portsOf((policy?.toJson() as Manifest).spec.ingress as Manifest[])).toEqual(ports);
      expect(keysIn(pod)).toEqual(phase ? ['tls/tls.crt', 'tls/tls.key', 'tls-ca/ca.crt'] : []);
    }
    expect(dataOf(redis.configMap).servers.trim().replace(/\S+:/g, 'hosts:')).toBe(servers);
    // What the bridge counts as a vote, or as the lease, of server a.
    const cfg = dataOf(layer.bridgeConfigMap)['haproxy.cfg'];
    const both = phase ? ['(6379|6389)', '(6380|6390)'] : ['6379', '6380'];
    expect([...cfg.matchAll(patterns)].map(([, port]) => port)).toEqual(both);
    expect(cfg.includes('default-server ssl verify required ca-file /run/tls/ca/ca.crt check-ssl')).toBe(isTls);
    // The checks of the role, and of the lease and the votes of each side, whose sessions would need a key exchange with TLS 1.3.
    expect(cfg.split('default-server ssl-max-ver TLSv1.2').length - 1).toBe(isTls ? 5 : 0);
    expect(keysIn(podOf(layer.deployment))).toEqual(isTls ? ['tls-ca/ca.crt'] : []);
    const job = charts.failover?.jobs.status as { toJson(): unknown };
    expect(JSON.stringify(job.toJson()).includes('--tls-ca')).toBe(isTls);
    expect(redis.tlsNames).toEqual(
      phase
        ? [
            ...[0, 1, 2, 3].map((n) => `unit-1-shard-${n}.unit-1.svc.cluster.local`),
            ...[0, 1, 2, 3].map((n) => `unit-1-shard-${n}-b.unit-1.svc.cluster.local`),
            ...[0, 1, 2].map((n) => `unit-1-sentinel-${n}.unit-1.svc.cluster.local`),
          ]
        : [],
    );
  },
);

test.each<[string, (file: string) => string, string]>([
  [
    'servers without TLS',
    (it) => it.replace(/ {2}default-server ssl .*\n/, ''),
    'takes its settings from base, which must have: default-server ssl verify required',
  ],
  [
    'servers that nobody verifies',
    (it) => it.replace('ssl verify required', 'ssl verify none'),
    'takes its settings from base, which must have',
  ],
  [
    'servers of some sections without TLS',
    (it) => it.replace('defaults role from base\n', 'defaults role from base\n  default-server no-ssl\n'),
    '"default-server no-ssl" must not change how servers are reached by TLS',
  ],
  [
    'sections that do not inherit TLS',
    (it) => it.replace('defaults role from base\n', 'defaults role\n'),
    'takes its settings from role, which must take its own from base',
  ],
  [
    'the name of another server for clients',
    (it) => it.replace('sni str(unit-1-shard-0.', 'sni str(unit-1-shard-1.'),
    'listener shard-0 must have a server a with the settings "sni str(unit-1-shard-0.',
  ],
  [
    'a Sentinel that nobody verifies',
    (it) => it.replace(/( {2}server s0 .*) check-sni \S+/, '$1'),
    'must have a server s0 with the settings "check-sni unit-1-sentinel-0.',
  ],
  [
    'a check without TLS',
    (it) => it.replace('tcp-check connect default', 'tcp-check connect'),
    '"tcp-check connect" must not change how servers are reached by TLS',
  ],
  [
    'no lease of a server that is named by its other port',
    (it) => it.replace('master_port:(6379|6389)', 'master_port:6389'),
    'which must have: tcp-check expect rstring',
  ],
])('a patch of the bridge is refused that makes %s', (_what, change, problem) => {
  const { app, charts } = fleet(withReplicas(USED));
  const { bridgeConfigMap } = charts.proxies;
  const cfg = dataOf(bridgeConfigMap)['haproxy.cfg'];
  expect(change(cfg)).not.toBe(cfg);
  bridgeConfigMap?.addJsonPatch(JsonPatch.replace('/data/haproxy.cfg', change(cfg)));
  expect(validationErrors(app).join('\n')).toContain(problem);
});

test('a patch of the bridge is refused that uses TLS in a phase without, or turns it off in the state file', () => {
  const offered = fleet(withReplicas(OFFERED));
  const cfg = dataOf(offered.charts.proxies.bridgeConfigMap)['haproxy.cfg'];
  const patched = cfg.replace('default-server init-addr', 'default-server ssl verify none init-addr');
  offered.charts.proxies.bridgeConfigMap?.addJsonPatch(JsonPatch.replace('/data/haproxy.cfg', patched));
  expect(validationErrors(offered.app).join('\n')).toContain('must not change how servers are reached without TLS');
  const used = fleet(withReplicas(USED));
  const states = dataOf(used.charts.proxies.bridgeStatesConfigMap)['stopped-servers'];
  const plain = states.replace('- 6389 - 1 0', '- 6389 - 0 0');
  expect(plain).not.toBe(states);
  used.charts.proxies.bridgeStatesConfigMap?.addJsonPatch(JsonPatch.replace('/data/stopped-servers', plain));
  expect(validationErrors(used.app).join('\n')).toContain('of which stopped-servers must turn TLS on');
});
