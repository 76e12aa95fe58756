// A change of the ring of a fleet with replicas: one bridge checks the servers, and logs in for the nutcracker of each ring.

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, JsonPatch } from 'cdk8s';
import { FleetCharts, type FleetChartsProps, type NutcrackerPool, NutcrackerServer, ReshardPhase } from '../lib';
import { LOGIN_RULES } from '../lib/twemproxy/ring-login';
import { changed, NFS } from './lab/fleet-charts';
import { haproxySays } from './lab/haproxy-check';
import { problemsOf } from './lab/kubernetes-schema';
import { type Manifest, manifests, ofKind, validationErrors } from './lab/synth';

const { RESHARDING, RESHARDED, STABLE } = ReshardPhase;
const ring = (...names: string[]): NutcrackerPool =>
  changed({ servers: names.map((name, i) => new NutcrackerServer({ address: `10.0.0.${i}:6379`, name })) });
const MORE = ring('a', 'b', 'c', 'd');
const LESS = ring('b', 'c', 'a');

function fleet(
  pools: NutcrackerPool[],
  phase: ReshardPhase,
  props: Partial<FleetChartsProps> = {},
  app = new App(),
): { app: App; charts: FleetCharts } {
  const charts = new FleetCharts(app, 'unit-1', {
    pool: ring('a', 'b', 'c'),
    password: { name: 'unit-1-redis' },
    storage: NFS,
    proxies: { image: 'twemproxy:0.5.0' },
    redis: { replicas: 1 },
    ...(pools.length > 0 && { reshard: { pools, phase } }),
    ...props,
  });
  return { app, charts };
}

const dataOf = (...objects: ({ toJson(): unknown } | undefined)[]): Record<string, string> =>
  Object.assign({}, ...objects.map((it) => (it?.toJson() as Manifest | undefined)?.data ?? {})) as Record<
    string,
    string
  >;
const bridgeOf = ({ proxies }: FleetCharts): Record<string, string> =>
  dataOf(proxies.bridgeConfigMap, proxies.bridgeStatesConfigMap);
const serversIn = (yaml: string): string[] => [...yaml.matchAll(/^ {4}- (.*)$/gm)].map(([, line]) => line);
const SIDES = ['', '-b'] as const;
const serverOf = (n: number, side: (typeof SIDES)[number]): string =>
  `unit-1-shard-${n}${side}:${side === '' ? 6379 : 6380}`;

test.each<[string, NutcrackerPool[], ReshardPhase, number, string[], string[]]>([
  ['during the first change', [MORE], RESHARDING, 4, ['nutcracker', 'nutcracker-b'], ['shard-', 'ring-2-shard-']],
  ['at its end', [MORE], RESHARDED, 4, ['nutcracker'], ['shard-']],
  ['after it', [MORE], STABLE, 4, ['nutcracker'], ['shard-']],
  ['during a second change', [MORE, LESS], RESHARDING, 4, ['nutcracker', 'nutcracker-b'], ['shard-', 'default-shard-']],
  ['at the end of a second change', [MORE, LESS], RESHARDED, 4, ['nutcracker'], ['shard-']],
  ['after a second change', [MORE, LESS], STABLE, 3, ['nutcracker'], ['shard-']],
])('%s', (_when, pools, phase, shards, nutcrackers, listeners) => {
  const { app, charts } = fleet(pools, phase);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  expect(validationErrors(app)).toEqual([]);
  const pod = (charts.proxies.deployment.toJson() as Manifest).spec.template.spec as Manifest;
  expect((pod.containers as Manifest[]).map(({ name }) => name as string)).toEqual(['bridge', ...nutcrackers]);
  const files = bridgeOf(charts);
  expect(haproxySays(files)).toContain('valid');
  const found = [...`${files['haproxy.cfg']}${files['next.cfg'] ?? ''}`.matchAll(/^listen (\S+)/gm)].map(
    ([, name]) => name,
  );
  expect(found.sort()).toEqual(
    listeners.flatMap((name) => Array.from({ length: shards }, (_, n) => `${name}${n}`)).sort(),
  );
  // Everything else has as many shards.
  const { redis, sentinels, failover } = charts;
  expect([redis.statefulSet, redis.replicaStatefulSet].map((it) => (it?.toJson() as Manifest).spec.replicas)).toEqual([
    shards,
    shards,
  ]);
  expect(ofKind(app, 'PodDisruptionBudget').filter(({ metadata }) => /shard-\d/.test(metadata.name))).toHaveLength(
    shards,
  );
  expect(dataOf(sentinels?.configMap).shards.trim().split('\n')).toHaveLength(shards);
  expect(JSON.parse(dataOf(failover?.planConfigMap)['replicas.json'])).toHaveProperty('shards.length', shards);
});

test('no phase changes the pods of the shards', () => {
  const all = [fleet([], STABLE), fleet([MORE], RESHARDING), fleet([MORE], STABLE), fleet([MORE, LESS], STABLE)];
  const templates = all.map(({ charts: { redis } }) =>
    [redis.statefulSet, redis.replicaStatefulSet].map((it) => (it?.toJson() as Manifest).spec.template as unknown),
  );
  for (const template of templates) expect(template).toEqual(templates[0]);
});

test('the nutcracker of each ring has listeners of its own, and both servers of three shards tell which ring serves', () => {
  const { charts } = fleet([MORE, LESS], RESHARDING);
  const yaml = dataOf(charts.proxies.configMap);
  // The ring that serves logs in as ring-2, and the next one as the default user.
  expect(serversIn(yaml['nutcracker.yml'])).toEqual(
    ['a', 'b', 'c', 'd'].map((it, n) => `127.0.0.1:${10_000 + n}:1 ${it}`),
  );
  expect(serversIn(yaml['nutcracker-b.yml'])).toEqual([1, 2, 0].map((n) => `127.0.0.1:${10_004 + n}:1 ${'abc'[n]}`));
  const files = bridgeOf(charts);
  const cfg = `${files['haproxy.cfg']}${files['next.cfg']}`;
  const section = (name: string): string => (cfg.split(`${name} `)[1] ?? '').split(/\n(?=\S)/)[0];
  for (const rule of LOGIN_RULES) expect(section('listen shard-0')).toContain(`\n  ${rule}\n`);
  expect(section('listen default-shard-0')).not.toContain('tcp-');
  const witnesses = [0, 1, 2].flatMap((n) => SIDES.map((side) => serverOf(n, side)));
  for (const name of ['backend ring-a', 'backend ring-b'])
    expect([...section(name).matchAll(/^ {2}server \S+ (\S+)/gm)].map(([, address]) => address)).toEqual(witnesses);
});

test('the plan has both servers of each shard', () => {
  const { reshard } = fleet([MORE], RESHARDING).charts;
  const plan = JSON.parse(dataOf(reshard?.planConfigMap)['reshard.json']) as Manifest;
  expect(plan.shards).toEqual(
    [0, 1, 2, 3].map((shard) => ({
      shard,
      host: `unit-1-shard-${shard}`,
      port: 6379,
      replica: { host: `unit-1-shard-${shard}-b`, port: 6380 },
    })),
  );
});

test('options of a second bridge are refused', () => {
  expect(() => fleet([], STABLE, { reshard: { pools: [MORE], phase: STABLE, bridge: {} } })).toThrow(
    'move the options from reshard.bridge to bridge',
  );
});

test.each<[ReshardPhase, NutcrackerPool[]]>([
  [RESHARDING, [MORE]],
  [RESHARDED, [MORE]],
  [STABLE, [MORE, LESS]],
])('the runbook of the phase %s names only files and Jobs that exist', (phase, pools) => {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'runbook-'));
  const { app, charts } = fleet(pools, phase, {}, new App({ outdir }));
  app.synth();
  charts.writeRunbook();
  const text = fs.readFileSync(path.join(outdir, 'unit-1.RUNBOOK.md'), 'utf8');
  expect(text).not.toContain('undefined');
  const files = [...text.matchAll(/unit-1-\d\d-[\w-]+\.k8s\.yaml/g)].map(([file]) => file);
  expect(files.filter((file) => !fs.existsSync(path.join(outdir, file)))).toEqual([]);
  const jobs = ofKind(app, 'Job').map(({ metadata }) => metadata.name as string);
  for (const [, job] of text.matchAll(/job(?:\/|-name=)([\w-]+)/g)) expect(jobs).toContain(job);
  fs.rmSync(outdir, { recursive: true });
  // The hashes of the programs are part of the names of the Jobs.
  expect(text.replace(/(unit-1-(?:reshard|failover)-\w+)-[0-9a-f]{8}/g, '$1-HASH')).toMatchSnapshot();
});

describe('the proof at synth', () => {
  /** Replaces text in a file of a ConfigMap of the proxies. */
  function patched(phase: ReshardPhase, file: string, old: string | RegExp, text: string): string {
    const { app, charts } = fleet([MORE], phase);
    const { configMap, bridgeConfigMap, bridgeStatesConfigMap } = charts.proxies;
    const object = [configMap, bridgeConfigMap, bridgeStatesConfigMap].find((it) => file in dataOf(it));
    const before = dataOf(object)[file];
    expect(before.replace(old, text)).not.toBe(before);
    object?.addJsonPatch(JsonPatch.replace(`/data/${file}`, before.replace(old, text)));
    return validationErrors(app).join('\n');
  }

  test.each<[string, ReshardPhase, string, string | RegExp, string, string]>([
    ['another weight in the new ring', RESHARDING, 'nutcracker-b.yml', ':1 d', ':2 d', 'd had the weight 1'],
    [
      'a nutcracker of the new ring that logs in as the default user',
      RESHARDING,
      'nutcracker-b.yml',
      '127.0.0.1:10004:1 a',
      '127.0.0.1:10000:1 a',
      'the bridge does not listen there',
    ],
    [
      'a nutcracker of the old ring that logs in as ring-2',
      RESHARDING,
      'nutcracker.yml',
      '127.0.0.1:10000:1 a',
      '127.0.0.1:10004:1 a',
      'the bridge does not listen there',
    ],
    [
      'a listener that keeps connections that did not log in',
      STABLE,
      'haproxy.cfg',
      /( {2}tcp-request content lua.login.*\n)(.*\n)/,
      '$1',
      'listener shard-0 must have no rules, or the rules tcp-request inspect-delay',
    ],
    [
      'a nutcracker of ring-2 without a login',
      STABLE,
      'haproxy.cfg',
      / {2}tcp-re.*\n/g,
      '',
      'the bridge does not listen there',
    ],
    [
      'a listener of the new ring with the checks of another shard',
      RESHARDING,
      'next.cfg',
      /(listen ring-2-shard-0[^]*?track shard-)0/,
      '$11',
      'listener ring-2-shard-0 must have a server "a" that tracks shard-0-a/a',
    ],
    [
      'a listener of the new ring with another shard',
      RESHARDING,
      'next.cfg',
      /(listen ring-2-shard-0[^]*?unit-1-shard-)0/,
      '$11',
      'backend shard-0-a checks a at unit-1-shard-0:6379; it must check a at unit-1-shard-1:6379',
    ],
    [
      'a server that is up before its first check',
      RESHARDING,
      'stopped-servers',
      /0 ring-2-shard-1 1 a.*\n/,
      '',
      'listener ring-2-shard-1 has a server a that stopped-servers does not stop',
    ],
    [
      'a check that does not wait',
      RESHARDED,
      'haproxy.cfg',
      /XREAD BLOCK \S+/g,
      'XREAD BLOCK 1',
      'which must have: tcp-check send-lf "INFO replication',
    ],
    [
      'exchanged nutcrackers',
      RESHARDING,
      'haproxy.cfg',
      'server nutcracker 127.0.0.1:9998',
      'server nutcracker 127.0.0.1:9999',
      'backend a must have one server, 127.0.0.1:9998',
    ],
  ])('finds %s', (_what, phase, file, old, text, message) => {
    expect(patched(phase, file, old, text)).toContain(message);
  });
});
