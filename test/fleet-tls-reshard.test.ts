// What TLS changes in the manifests of a fleet whose ring changes, and what the synth refuses.

import { JsonPatch } from 'cdk8s';
import { type FleetCharts, type FleetChartsProps, NutcrackerServer, ReshardPhase, TlsPhase } from '../lib';
import { changed, fleet, LIVE } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { type Manifest, manifests, validationErrors } from './lab/synth';

const { RESHARDING, RESHARDED, STABLE } = ReshardPhase;

const LARGER = changed({ servers: [...LIVE.servers, new NutcrackerServer({ address: 'new:6379' })] });

function changing(phase: ReshardPhase, tls = TlsPhase.USED, pools = [LARGER]): Partial<FleetChartsProps> {
  return { tls: { phase: tls, secretName: 'shards' }, reshard: { pools, phase } };
}

const jsonOf = (it?: { toJson(): unknown }): Manifest => it?.toJson() as Manifest;
const dataOf = ({ proxies }: FleetCharts, file: string): string => jsonOf(proxies.bridgeConfigMap).data[file] as string;

const of = (n: number): string =>
  `unit-1-shard-${n}:6389 ssl verify required ca-file /run/tls/ca/ca.crt sni str(unit-1-shard-${n}) verifyhost unit-1-shard-${n} check-ssl check-sni unit-1-shard-${n}`;

test('both nutcrackers reach the shards by TLS, and so do the questions which ring serves', () => {
  const { app, charts } = fleet(changing(RESHARDING));
  expect(validationErrors(app)).toEqual([]);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  const cfg = dataOf(charts, 'haproxy.cfg');
  expect(cfg).toContain(`listen direct-4 from logins\n  bind 127.0.0.1:10009\n  server shard ${of(4)}\n`);
  expect(cfg).toContain(
    `  tcp-response content reject unless { res.payload(0,5) -m str "+OK\\r\\n" }\n  server shard ${of(4)}\n`,
  );
  expect(cfg).toContain(`backend ring-b from asks-b\n  server w0 ${of(0)}\n`);
  expect(dataOf(charts, 'stopped-servers')).toMatch(/^0 ring-a 1 w0 .* 6389 - 1 0 /m);
  const { data } = jsonOf(charts.proxies.configMap);
  expect(data['nutcracker.yml']).toContain('- 127.0.0.1:10005:1 redis-a:6379\n');
  expect(data['nutcracker-b.yml']).toContain('- 127.0.0.1:10000:1 redis-a:6379\n');
  const [container] = jsonOf(charts.reshard?.jobs.copy).spec.template.spec.containers as Manifest[];
  expect((container.command as string[]).join(' ')).toContain('--tls-ca /run/tls/ca/ca.crt');
});

test.each([
  ['the ring of ring-2', RESHARDED, [LARGER], 'Logs in to the shards as ring-2'],
  ['the ring of ring-2, after the change', STABLE, [LARGER], 'Logs in to the shards as ring-2'],
  ['the ring of the default user', RESHARDED, [LARGER, LIVE], 'Connects to the shards by TLS'],
])('the bridge to %s connects by TLS', (_what, phase, pools, title) => {
  const { app, charts } = fleet(changing(phase, TlsPhase.REQUIRED, pools));
  expect(validationErrors(app)).toEqual([]);
  const cfg = dataOf(charts, 'haproxy.cfg');
  expect(cfg).toContain(title);
  expect(cfg).toContain(`  server shard ${of(0)}\n`);
  expect(cfg).not.toMatch(/^ *tcp-check connect/m);
});

test('in the phase OFFERED, the proxies and the Jobs use the plain port', () => {
  const { app, charts } = fleet(changing(RESHARDING, TlsPhase.OFFERED));
  expect(validationErrors(app)).toEqual([]);
  expect(dataOf(charts, 'haproxy.cfg')).not.toContain(' ssl ');
  expect(JSON.stringify(jsonOf(charts.reshard?.jobs.copy))).not.toContain('--tls-ca');
});

const CLIENTS = { proxies: { image: 'twemproxy:0.5.0', clientTls: { secretName: 'proxies' } } };

test('clients with TLS reach the nutcracker of the ring that serves, and nothing without', () => {
  const { app, charts } = fleet({ ...changing(RESHARDING), ...CLIENTS });
  expect(validationErrors(app)).toEqual([]);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  expect(dataOf(charts, 'haproxy.cfg')).toContain('frontend clients from base\n  bind 127.0.0.1:22121\n');
  const clients = dataOf(charts, 'clients.cfg');
  expect(clients).toContain('backend clients-0 from clients\n  server nutcracker 127.0.0.1:22121\n');
  expect(clients).toContain('if { path /ring-b } { nbsrv(accepts-ring-b) gt 0 }\n');
  const { data } = jsonOf(charts.proxies.configMap);
  for (const file of ['nutcracker.yml', 'nutcracker-b.yml']) expect(data[file]).toContain('listen: 127.0.0.1:');
  const { ports } = jsonOf(charts.proxies.service).spec as { ports: Manifest[] };
  expect(ports.map(({ port }) => port)).toEqual([6379, 22_222]);
  const containers = jsonOf(charts.proxies.deployment).spec.template.spec.containers as Manifest[];
  const probes = containers.map(({ livenessProbe: { httpGet } }) => [httpGet.path, httpGet.port]);
  expect(probes).toEqual([
    ['/alive', 'bridge-health'],
    ['/ring-a', 8405],
    ['/ring-b', 8405],
  ]);
});

test.each([
  ['of ring-2', [LARGER]],
  ['of the default user', [LARGER, LIVE]],
])('without TLS of the shards, clients with TLS use the ring %s after a change', (_what, pools) => {
  const { app, charts } = fleet({ reshard: { pools, phase: STABLE }, ...CLIENTS });
  expect(validationErrors(app)).toEqual([]);
  expect(dataOf(charts, 'clients.cfg')).toContain('server nutcracker 127.0.0.1:22121\n');
});

test('with replicas, clients with TLS reach the nutcracker of the ring that serves', () => {
  const { app, charts } = fleet({
    reshard: { pools: [LARGER], phase: RESHARDING },
    redis: { replicas: 1 },
    ...CLIENTS,
  });
  expect(validationErrors(app)).toEqual([]);
  expect(dataOf(charts, 'haproxy.cfg')).toContain('frontend clients from base\n  bind 127.0.0.1:22121\n');
});

test('a patch that lets clients reach the front of the rings without TLS is refused', () => {
  const { app, charts } = fleet({ ...changing(RESHARDING), ...CLIENTS });
  const open = dataOf(charts, 'haproxy.cfg').replace('bind 127.0.0.1:22121', 'bind 0.0.0.0:22121');
  charts.proxies.bridgeConfigMap?.addJsonPatch(JsonPatch.replace('/data/haproxy.cfg', open));
  expect(validationErrors(app).join('\n')).toContain(
    'without plainPorts, clients must not reach a pool without TLS, at 0.0.0.0:22121',
  );
});

const WITHOUT = / ssl verify required ca-file \S+ sni \S+ verifyhost \S+ check-ssl check-sni \S+/;

test.each<[string, (cfg: string) => string, string]>([
  [
    'a listener without TLS',
    (it) => it.replace(new RegExp(`(listen direct-0 [^]*?6389)${WITHOUT.source}`), '$1'),
    'listener direct-0 must have a server with the settings "ssl verify required',
  ],
  [
    'a question without TLS',
    (it) => it.replace(new RegExp(`(backend ring-a [^]*?6389)${WITHOUT.source}`), '$1'),
    'backend ring-a must have a server with the settings "ssl verify required',
  ],
  [
    'a question with a connection of its own',
    (it) => it.replace('  option tcp-check\n', '  option tcp-check\n  tcp-check connect\n'),
    'no check may have a connection of its own',
  ],
  [
    'the default user of a listener for ring-2',
    (it) => it.replace(/(listen shard-0 from logins\n {2}bind \S+\n)(?: {2}tcp-.*\n)+/, '$1'),
    'listener shard-0 must have the rules tcp-request inspect-delay',
  ],
])('a patch of the bridge is refused that makes %s', (_what, change, problem) => {
  const { app, charts } = fleet(changing(RESHARDING));
  const cfg = dataOf(charts, 'haproxy.cfg');
  expect(change(cfg)).not.toBe(cfg);
  charts.proxies.bridgeConfigMap?.addJsonPatch(JsonPatch.replace('/data/haproxy.cfg', change(cfg)));
  expect(validationErrors(app).join('\n')).toContain(problem);
});
