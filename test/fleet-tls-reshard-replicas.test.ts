// What TLS changes in the manifests of a fleet with replicas whose ring changes, and which bridges the proof refuses.

import * as fs from 'node:fs';
import { App, JsonPatch } from 'cdk8s';
import { FleetCharts, type FleetChartsProps, NutcrackerServer, ReshardPhase, TlsPhase } from '../lib';
import { Authority } from './lab/certificates';
import { changed, fleet, LIVE, NFS } from './lab/fleet-charts';
import { haproxySays } from './lab/haproxy-check';
import { problemsOf } from './lab/kubernetes-schema';
import { Lab } from './lab/lab';
import { type Manifest, manifests, validationErrors } from './lab/synth';
import { dataOf, keysIn, podOf, portsOf } from './lab/tls-manifests';

const { RESHARDING, RESHARDED, STABLE } = ReshardPhase;
const { OFFERED, USED, REQUIRED } = TlsPhase;

const LARGER = changed({ servers: [...LIVE.servers, new NutcrackerServer({ address: 'new:6379' })] });

function changing(phase: ReshardPhase, tls?: TlsPhase, pools = [LARGER]): Partial<FleetChartsProps> {
  return {
    ...(tls && { tls: { phase: tls, secretName: 'shards' } }),
    redis: { replicas: 1 },
    reshard: { pools, phase },
    proxies: { image: 'twemproxy:0.5.0', clientTls: { secretName: 'proxies' } },
  };
}

function synth(props: Partial<FleetChartsProps>): FleetCharts {
  const { app, charts } = fleet(props);
  expect(validationErrors(app)).toEqual([]);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  return charts;
}

const filesOf = ({ proxies: { bridgeConfigMap, bridgeStatesConfigMap } }: FleetCharts): Record<string, string> => ({
  ...dataOf(bridgeConfigMap),
  ...dataOf(bridgeStatesConfigMap),
});

let lab: Lab;
let authority: Authority;
beforeAll(() => (authority = new Authority((lab = new Lab()), 'first')));
afterAll(() => lab.close());

/** The servers that tell which ring serves, as in a bridge. */
const ASKED = [0, 1, 2].flatMap((n) =>
  [`unit-1-shard-${n}:6389`, `unit-1-shard-${n}-b:6390`].map(
    (address, i) => `  server w${2 * n + i} ${address} check-sni ${address.split(':')[0]}\n`,
  ),
);

test.each([USED, REQUIRED])(
  'in the phase %s, everything that asks and reaches both servers of a shard while the ring changes has TLS',
  (tls) => {
    const charts = synth(changing(RESHARDING, tls));
    const files = filesOf(charts);
    const cfg = files['haproxy.cfg'];
    expect(haproxySays(files, authority.certificate)).toContain('valid');
    for (const ring of ['a', 'b']) expect(cfg).toContain(`backend ring-${ring} from asks-${ring}\n${ASKED.join('')}`);
    // A handshake of a busy server may take longer than the time between two questions.
    expect(cfg.match(/check inter 100ms fastinter 5ms rise 1 fall 10/g)).toHaveLength(2);
    expect(cfg).toContain('on-marked-down shutdown-sessions no-ssl no-check-ssl\nbackend a from nutcrackers\n');
    for (const name of ['shard-4', 'ring-2-shard-4'])
      expect(`${cfg}${files['next.cfg']}`.split(`listen ${name} from listeners\n`)[1]).toMatch(
        /^[^]*?\n {2}server a unit-1-shard-4:6389 sni str\(unit-1-shard-4\) track shard-4-a\/a\n {2}server b unit-1-shard-4-b:6390 sni/,
      );
    expect(files['stopped-servers']).toMatch(/^0 ring-b 6 w5 .* 6390 - 1 0 /m);
    expect(files['stopped-servers']).toMatch(/^0 ring-2-shard-4 2 b .* 6390 - 1 0 /m);
    expect(files['stopped-servers']).toMatch(/^0 a 1 nutcracker .* 9998 - 0 0 /m);
    const { reshard, networkPolicies: policies } = charts;
    const plan = JSON.parse(dataOf(reshard?.planConfigMap)['reshard.json']) as Manifest;
    expect((plan.shards as Manifest[])[4]).toEqual({
      shard: 4,
      host: 'unit-1-shard-4',
      port: 6389,
      replica: { host: 'unit-1-shard-4-b', port: 6390 },
    });
    const job = podOf(reshard?.jobs.copy as { toJson(): unknown });
    expect(((job.containers as Manifest[])[0].command as string[]).join(' ')).toContain('--tls-ca /run/tls/ca/ca.crt');
    expect(keysIn(job)).toEqual(['tls-ca/ca.crt']);
    const { egress } = (policies.reshardPolicy?.toJson() as Manifest).spec as { egress: Manifest[] };
    expect(portsOf(egress)).toEqual(expect.arrayContaining([6389, 6390]));
  },
);

test.each<[string, ReshardPhase, (typeof LIVE)[], string]>([
  ['of ring-2, at the end of the change', RESHARDED, [LARGER], 'ring-2'],
  ['of ring-2', STABLE, [LARGER], 'ring-2'],
  ['of the default user', STABLE, [LARGER, LIVE], 'default'],
])('a proxy of the ring %s asks by TLS whether it serves', (_what, phase, pools, user) => {
  const charts = synth(changing(phase, REQUIRED, pools));
  const files = filesOf(charts);
  expect(haproxySays(files, authority.certificate)).toContain('valid');
  const cfg = files['haproxy.cfg'];
  expect(cfg).toContain(`backend ring-a from asks-a\n${ASKED.join('')}`);
  expect(cfg).toContain('if { path /serving /ready } { nbsrv(ring-a) eq 0 } { nbsrv(ring-b) gt 0 }');
  const asksA = cfg.split('defaults asks-a from base\n')[1].split(/\n(?=\S)/)[0];
  expect([asksA.includes('ring-2'), asksA.includes('tcp-check connect')]).toEqual([user === 'ring-2', false]);
});

test('in the phase OFFERED, everything uses the ports without TLS, and no phase of the change restarts a server', () => {
  const charts = synth(changing(RESHARDING, OFFERED));
  expect(filesOf(charts)['haproxy.cfg']).not.toMatch(/\bssl\b|check-sni/);
  expect(JSON.stringify(charts.reshard?.jobs.copy.toJson())).not.toContain('--tls-ca');
  const templates = [
    changing(RESHARDING, REQUIRED),
    changing(STABLE, REQUIRED),
    changing(STABLE, REQUIRED, [LARGER, LIVE]),
    { ...changing(STABLE, REQUIRED), reshard: undefined },
  ].map((props) => {
    const { redis } = synth(props);
    return [redis.statefulSet, redis.replicaStatefulSet].map((it) => podOf(it as { toJson(): unknown }));
  });
  for (const template of templates) expect(template).toEqual(templates[0]);
});

test('108 shards with TLS can become 109', () => {
  const servers = Array.from({ length: 109 }, (_, n) => new NutcrackerServer({ address: `10.0.0.${n}:6379` }));
  const [before, after] = [changed({ servers: servers.slice(1) }), changed({ servers })];
  const { app } = fleet({ ...changing(RESHARDING, REQUIRED, [after]), pool: before, namespace: 'unit-1' });
  expect(validationErrors(app)).toEqual([]);
});

test('the runbook says which names the certificate needs, and how to look at keys', () => {
  const runbookOf = (phase: ReshardPhase, pools = [LARGER], replicas = 1): string => {
    const app = new App({ outdir: lab.dir });
    const proxies = { image: 'twemproxy:0.5.0' };
    const props = { ...changing(phase, REQUIRED, pools), pool: LIVE, storage: NFS, proxies, redis: { replicas } };
    const charts = new FleetCharts(app, 'unit-1', props);
    app.synth();
    charts.writeRunbook();
    return fs.readFileSync(`${lab.dir}/unit-1.RUNBOOK.md`, 'utf8').replaceAll(/\s+/g, ' ');
  };
  const growing = runbookOf(RESHARDING);
  expect(growing).toMatch(/^[^]* 1\. Renew the certificate in the Secret `shards`[^]* 2\. Start the shards that join/);
  expect(growing).toContain('(a wildcard will do): `unit-1-shard-4`, `unit-1-shard-4-b`. The fleet');
  expect(runbookOf(RESHARDING, [LARGER], 0)).toContain('(a wildcard will do): `unit-1-shard-4`. The fleet');
  expect(runbookOf(RESHARDING, [LARGER, LIVE])).not.toContain('certificate');
  expect(runbookOf(STABLE)).toContain('use `redis-cli --tls --cacert /run/tls/ca/ca.crt -p 6389 --user migrator`');
});

describe('a patch of the bridge is refused that makes', () => {
  test.each<[string, ReshardPhase, (cfg: string) => string, string]>([
    [
      'a question to a server with the name of another one',
      RESHARDING,
      (it) => it.replace(/(backend ring-b [^]*?check-sni unit-1-shard-)0/, '$11'),
      'backend ring-b must have a server w0 with the settings "check-sni unit-1-shard-0", and no others',
    ],
    [
      'a question to a server whose name nobody verifies',
      STABLE,
      (it) => it.replace(/(backend ring-a [^]*?) check-sni unit-1-shard-0/, '$1'),
      'backend ring-a must have a server w0 with the settings "check-sni unit-1-shard-0", and no others',
    ],
    [
      'a question without TLS',
      RESHARDING,
      (it) => it.replace(/(backend ring-a [^]*?check-sni unit-1-shard-0)/, '$1 no-check-ssl'),
      'backend ring-a must have a server w0 with the settings "check-sni unit-1-shard-0", and no others',
    ],
    [
      'questions with a connection of their own',
      STABLE,
      (it) => it.replace(/(defaults asks-a from base\n {2}option tcp-check\n)/, '$1  tcp-check connect\n'),
      '"tcp-check connect" must not change how servers are reached by TLS',
    ],
    [
      'questions that do not inherit TLS',
      RESHARDING,
      (it) => it.replace('defaults asks-b from base\n', 'defaults asks-b\n'),
      'takes its settings from asks-b, which must take its own from base',
    ],
    [
      'questions with the settings of nutcrackers',
      RESHARDING,
      (it) => it.replace('backend ring-a from asks-a', 'backend ring-a from nutcrackers'),
      'backend ring-a must not take its settings from nutcrackers',
    ],
    [
      'questions to a ring that may not use keys',
      RESHARDING,
      (it) => it.replace(/(defaults asks-a [^]*?) {2}tcp-check expect .*\n/, '$1'),
      'takes its settings from asks-a, which must have: tcp-check expect rstring',
    ],
    [
      'shards of the next ring without TLS',
      RESHARDING,
      (it) => it.replace('defaults listeners from base\n', 'defaults listeners from nutcrackers\n'),
      'takes its settings from listeners, which must take its own from base',
    ],
    [
      'a listener of the next ring without TLS',
      RESHARDING,
      (it) => it.replace(/(listen ring-2-shard-1 [^]*?) sni str\(unit-1-shard-1\)/, '$1 no-ssl'),
      'listener ring-2-shard-1 must have a server a with the settings "sni str(unit-1-shard-1)", and no others',
    ],
    [
      'a server without TLS in place of a nutcracker',
      RESHARDING,
      (it) => it.replace(/(backend b from nutcrackers\n {2}server nutcracker) \S+/, '$1 unit-1-shard-0:6379'),
      'backend b must have one server, 127.0.0.1:9999, where the nutcracker of ring b listens',
    ],
    [
      'other sections without TLS, as nutcrackers are',
      RESHARDING,
      (it) =>
        it.replace(
          'defaults role from base\n',
          `defaults role from base\n${/ {2}default-server .* no-ssl no-check-ssl\n/.exec(it)?.[0] ?? ''}`,
        ),
      'no-ssl no-check-ssl" must not change how servers are reached by TLS',
    ],
  ])('%s', (_what, phase, change, problem) => {
    const { app, charts } = fleet(changing(phase, USED));
    const { bridgeConfigMap, bridgeStatesConfigMap } = charts.proxies;
    for (const [map, file] of [
      [bridgeConfigMap, 'haproxy.cfg'],
      [bridgeStatesConfigMap, 'next.cfg'],
    ] as const) {
      const text = dataOf(map)[file] as string | undefined;
      if (text === undefined || change(text) === text) continue;
      map?.addJsonPatch(JsonPatch.replace(`/data/${file}`, change(text)));
    }
    expect(validationErrors(app).join('\n')).toContain(problem);
  });

  test('a question of which the state file turns TLS off', () => {
    const { app, charts } = fleet(changing(STABLE, USED));
    const { bridgeStatesConfigMap } = charts.proxies;
    const states = dataOf(bridgeStatesConfigMap)['stopped-servers'];
    const plain = states.replace(/^(0 ring-b 1 w0 .* 6389 - )1/m, '$10');
    expect(plain).not.toBe(states);
    bridgeStatesConfigMap?.addJsonPatch(JsonPatch.replace('/data/stopped-servers', plain));
    expect(validationErrors(app).join('\n')).toContain(
      'backend ring-b has a server w0 of which stopped-servers must turn TLS on',
    );
  });
});
