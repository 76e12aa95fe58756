// What TLS changes in the manifests of a fleet, and what the synth refuses.

import { JsonPatch } from 'cdk8s';
import { type FleetCharts, type FleetChartsProps, MigrationPhase, NetworkPeer, ShardBridge, TlsPhase } from '../lib';
import { fleet } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { type Manifest, manifests, validationErrors } from './lab/synth';
import { dataOf, each, keysIn, podOf, portsOf } from './lab/tls-manifests';

const { OFFERED, USED, REQUIRED } = TlsPhase;
const tls = (phase: TlsPhase): Partial<FleetChartsProps> => ({ tls: { phase, secretName: 'shards' } });
const proxies = (clientTls: FleetChartsProps['proxies']['clientTls']): Partial<FleetChartsProps> => {
  return { proxies: { image: 'twemproxy:0.5.0', clientTls } };
};
const REPLICAS: Partial<FleetChartsProps> = { redis: { replicas: 1 } };
const CLIENTS = proxies({ secretName: 'proxies' });
const CHANGED = { name: 'unit-1-redis', secondKey: 'second' };

function synth(props: Partial<FleetChartsProps>): { charts: FleetCharts; all: Manifest[] } {
  const { app, charts } = fleet({ namespace: 'unit-1', ...props });
  expect(validationErrors(app)).toEqual([]);
  const all = manifests(app);
  expect(all.flatMap(problemsOf)).toEqual([]);
  return { charts, all };
}

test.each([
  [undefined, [6379], 6379, [6379], undefined],
  [OFFERED, [6379, 6389], 6379, [6379, 6389], undefined],
  [USED, [6379, 6389], 6389, [6379, 6389], ['tls-ca/ca.crt']],
  [REQUIRED, [6389], 6389, [6389], ['tls-ca/ca.crt']],
])(
  'in the phase %s, the shards have the right ports, and the fleet connects to the right one',
  (phase, open, used, allowed, proxyKeys) => {
    const { charts } = synth(phase === undefined ? {} : tls(phase));
    const { redis } = charts;
    expect(redis.addresses[0]).toBe(`unit-1-shard-0.unit-1.svc.cluster.local.:${used}`);
    expect(redis.tlsNames).toEqual(
      phase === undefined ? [] : [0, 1, 2, 3].map((n) => `unit-1-shard-${n}.unit-1.svc.cluster.local`),
    );
    expect(each((podOf(redis.statefulSet).containers as Manifest[])[0].ports, 'containerPort')).toEqual(open);
    for (const service of [redis.service, ...redis.shardServices])
      expect(each((service.toJson() as Manifest).spec.ports, 'port')).toEqual(open);
    expect(portsOf((charts.networkPolicies.redisPolicy.toJson() as Manifest).spec.ingress as Manifest[])).toEqual(
      allowed,
    );
    const pod = podOf(charts.proxies.deployment);
    expect((pod.containers as Manifest[]).map(({ name }) => name as string)).toEqual(
      proxyKeys ? ['bridge', 'nutcracker'] : ['nutcracker'],
    );
    expect(keysIn(pod)).toEqual(proxyKeys ?? []);
    expect(dataOf(redis.configMap)['redis.conf']).toContain(phase === REQUIRED ? '\nport 0\n' : '\nport 6379\n');
  },
);

test('the phases OFFERED and USED have the same shards, so that the change between them restarts none', () => {
  const [offered, used] = [OFFERED, USED].map((phase) => synth(tls(phase)).charts.redis.statefulSet.toJson());
  expect(used).toEqual(offered);
});

test('the key of the shards is only in their pods, and in the Job that they replicate from', () => {
  const { charts, all } = synth({
    ...tls(REQUIRED),
    backup: { claimName: 'backups' },
    metrics: { clients: [NetworkPeer.anyone()] },
  });
  const templates = all.flatMap(({ kind, metadata, spec }): [string, Manifest][] => {
    const template = (kind === 'CronJob' ? spec.jobTemplate.spec.template : spec?.template) as Manifest | undefined;
    return template ? [[metadata.name as string, template.spec as Manifest]] : [];
  });
  const withKey = templates.filter(([, pod]) => keysIn(pod).includes('tls/tls.key')).map(([name]) => name);
  expect(withKey.sort()).toEqual([charts.backup?.restoreJob.name, 'unit-1-redis'].sort());
  expect(JSON.stringify(all)).not.toContain('PRIVATE KEY');
});

describe('TLS of clients', () => {
  test.each<[string, Partial<FleetChartsProps>, number[], string]>([
    ['only', CLIENTS, [6379], '127.0.0.1:22121'],
    [
      'beside plain ports',
      proxies({ secretName: 'proxies', plainPorts: true, port: 7000 }),
      [22121, 7000],
      '0.0.0.0:22121',
    ],
  ])('%s: the Service and the policy have the right ports', (_what, props, ports, listen) => {
    const { charts } = synth(props);
    expect(charts.proxies.ports).toEqual(ports);
    const { spec } = charts.proxies.service.toJson() as Manifest;
    expect(each(spec.ports, 'port')).toEqual([...ports, 22222]);
    expect(dataOf(charts.proxies.configMap)['nutcracker.yml']).toContain(`listen: ${listen}`);
    const [policy] = charts.networkPolicies.proxyPolicies;
    expect(portsOf((policy.toJson() as Manifest).spec.ingress as Manifest[])).toEqual(ports);
    const targets = each(spec.ports, 'targetPort');
    const named = (podOf(charts.proxies.deployment).containers as Manifest[]).flatMap((it) =>
      (it.ports as Manifest[]).map(({ name }) => name as string),
    );
    expect(named).toEqual(expect.arrayContaining(targets));
  });

  test.each<[string, Partial<FleetChartsProps>]>([
    ['with replicas', { redis: { replicas: 1 } }],
    ['during a migration', { migration: { phase: MigrationPhase.MOVING, proxyNetworks: ['10.0.0.0/8'] } }],
    ['after a migration', { migration: { phase: MigrationPhase.MOVED } }],
  ])('%s: the bridge of the fleet ends it', (_what, props) => {
    const { charts } = synth({ ...props, ...CLIENTS });
    expect(dataOf(charts.proxies.bridgeConfigMap)['clients.cfg']).toContain('bind 0.0.0.0:6379 ssl crt');
    expect(keysIn(podOf(charts.proxies.deployment))).toEqual(['tls/tls.crt', 'tls/tls.key']);
  });
});

test.each<[string, FleetChartsProps['proxies']['clientTls'], object | undefined, string[], string[]]>([
  ['no TLS', undefined, undefined, [], []],
  ['plain ports as well', { secretName: 'proxies', plainPorts: true }, undefined, [], []],
  [
    'TLS only',
    { secretName: 'proxies' },
    { serverName: 'unit-1-twemproxy.unit-1.svc.cluster.local' },
    ['tls-proxy-ca/ca.crt'],
    ['--proxy-tls-ca', '/run/tls/ca-of-proxies/ca.crt'],
  ],
  [
    'TLS only, for clients with certificates',
    {
      secretName: 'proxies',
      clientCaSecretName: 'c',
      clientSecretName: 'job',
      caSecretName: 'ca',
      serverName: 'x.net',
    },
    { serverName: 'x.net' },
    ['tls-proxy-ca/ca.crt', 'tls-proxy/tls.crt', 'tls-proxy/tls.key'],
    ['--proxy-tls-cert', '/run/tls/proxies/tls.crt', '--proxy-tls-key', '/run/tls/proxies/tls.key'],
  ],
])('the Jobs of the password know proxies with %s', (_what, clientTls, planned, keys, args) => {
  const { charts } = synth({ ...proxies(clientTls), password: CHANGED, limitEgress: true });
  const { passwords, networkPolicies } = charts;
  const { retire } = passwords?.jobs ?? {};
  const { proxyTls, proxyPort } = JSON.parse(dataOf(passwords?.planConfigMap)['passwords.json']) as Manifest;
  expect(proxyTls).toEqual(planned);
  expect(proxyPort).toBe(planned ? 6379 : 22121);
  const job = podOf(retire);
  expect(keysIn(job)).toEqual(keys);
  expect((job.containers as Manifest[])[0].command).toEqual(expect.arrayContaining(args));
  const { spec } = networkPolicies.passwordsPolicy?.toJson() as Manifest;
  expect(portsOf(spec.egress as Manifest[])).toContain(proxyPort);
  const [policy] = networkPolicies.proxyPolicies;
  expect(portsOf((policy.toJson() as Manifest).spec.ingress as Manifest[])).toContain(proxyPort);
});

test.each<[Partial<FleetChartsProps>, string]>([
  [
    { ...REPLICAS, tls: { phase: USED, secretName: 'a', port: 6380 } },
    'tls.port is 6380, which is also replicaPort; the ports tell the servers of a shard apart',
  ],
  [
    { ...REPLICAS, replicaPort: 6389, tls: { phase: USED, secretName: 'a' } },
    'tls.port is 6389, which is also replicaPort',
  ],
  [
    { ...REPLICAS, replicaPort: 6390, tls: { phase: USED, secretName: 'a', port: 65_530 } },
    'tls.port of the second servers is 65541',
  ],
  [{ tls: { phase: USED, secretName: 'a b' } }, 'tls.secretName is "a b"'],
  [{ tls: { phase: USED, secretName: 'a', port: 6379 } }, 'tls.port is 6379, which is also port'],
  [
    proxies({ secretName: 'proxies', port: 8405 }),
    'port 8405 is used by TLS of pool unit1 and by the probes of nutcracker',
  ],
  [proxies({ secretName: 'proxies', port: 22_121 }), 'port 22121 is used by pool unit1 and by TLS of pool unit1'],
  [proxies({ secretName: 'proxies', clientCaSecretName: '/' }), 'clientTls.clientCaSecretName is "/"'],
  [
    { ...proxies({ secretName: 'proxies', clientCaSecretName: 'clients' }), password: CHANGED },
    'the Jobs that change the password have no certificate for the proxies; set clientTls.clientSecretName',
  ],
  [
    {
      ...proxies({ secretName: 'proxies', port: 7000 }),
      tls: { phase: USED, secretName: 'a', port: 7000 },
      password: CHANGED,
    },
    'proxyPort is 7000, which is also the TLS port of servers; choose another clientTls.port',
  ],
  [proxies({ secretName: 'proxies', serverName: '*.example.net' }), 'clientTls.serverName is "*.example.net"'],
  [{ bridge: {} }, 'bridge is set, but the shards have no replicas, and there is no TLS'],
])('the synth refuses %j', (props, problem) => {
  expect(() => fleet(props)).toThrow(problem);
});

test.each<[string, (file: string) => string, string]>([
  [
    'a server without TLS',
    (it) => it.replace(/ ssl verify required.*/, ''),
    'must have a server with the settings "ssl verify required',
  ],
  [
    'a server that nobody verifies',
    (it) => it.replace('verify required', 'verify none'),
    'must have a server with the settings',
  ],
  [
    'the name of another shard',
    (it) => it.replace('verifyhost unit-1-shard-0', 'verifyhost unit-1-shard-1'),
    'and no others',
  ],
  [
    'a check without TLS',
    (it) => it.replace('  option tcp-check\n', '  option tcp-check\n  tcp-check connect\n'),
    'no check may have a connection of its own',
  ],
])('a patch of the bridge is refused that makes %s', (_what, change, problem) => {
  const { app, charts } = fleet(tls(USED));
  const { bridgeConfigMap } = charts.proxies;
  const cfg = dataOf(bridgeConfigMap)['haproxy.cfg'];
  expect(change(cfg)).not.toBe(cfg);
  bridgeConfigMap?.addJsonPatch(JsonPatch.replace('/data/haproxy.cfg', change(cfg)));
  expect(validationErrors(app).join('\n')).toContain(problem);
});

test('a state file that turns TLS off is refused', () => {
  const { app, charts } = fleet(tls(USED));
  const states = dataOf(charts.proxies.bridgeConfigMap)['stopped-servers'];
  const plain = states.replace('- 6389 - 1 0', '- 6389 - 0 0');
  expect(plain).not.toBe(states);
  charts.proxies.bridgeConfigMap?.addJsonPatch(JsonPatch.replace('/data/stopped-servers', plain));
  expect(validationErrors(app).join('\n')).toContain('stopped-servers must turn TLS of its server on');
});

test.each<[string, (file: string) => string, string]>([
  [
    'without TLS',
    (it) => it.replace(/ ssl crt .*/, ''),
    'frontend clients-0 must have one bind line, with the settings "ssl crt',
  ],
  [
    'to another port',
    (it) => it.replace('127.0.0.1:22121', '127.0.0.1:22122'),
    'backend clients-0 must have one server, 127.0.0.1:22121',
  ],
])('a patch of clients.cfg is refused that makes a port for clients %s', (_what, change, problem) => {
  const { app, charts } = fleet(CLIENTS);
  const cfg = dataOf(charts.proxies.bridgeConfigMap)['clients.cfg'];
  charts.proxies.bridgeConfigMap?.addJsonPatch(JsonPatch.replace('/data/clients.cfg', change(cfg)));
  expect(validationErrors(app).join('\n')).toContain(problem);
});

test('a ShardBridge has no two shards at one address', () => {
  expect(() => fleet({})).not.toThrow();
  const bridge = new ShardBridge({ shards: ['a:1', 'b:1'], caSecretName: 'ca' });
  expect(bridge._haproxyConfig('0.0.0.0')).toContain(
    'server shard a:1 ssl verify required ca-file /run/tls/ca/ca.crt sni str(a) verifyhost a',
  );
});
