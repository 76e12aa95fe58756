// A change of the ring of a fleet: its Jobs, its proxies with two rings, and the proof that both are as they were asked for.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, JsonPatch } from 'cdk8s';
import {
  FleetCharts,
  type FleetChartsProps,
  FleetReshard,
  type FleetReshardProps,
  HashType,
  MigrationPhase,
  type NutcrackerPool,
  NutcrackerServer,
  ReshardPhase,
} from '../lib';
import { changed, LIVE, NFS } from './lab/fleet-charts';
import { haproxySays } from './lab/haproxy-check';
import { problemsOf } from './lab/kubernetes-schema';
import { Lab } from './lab/lab';
import { chart, type Manifest, manifests, ofKind, validationErrors } from './lab/synth';

const { RESHARDING, RESHARDED, STABLE } = ReshardPhase;
const PASSWORD = { name: 'unit-1-redis' };

const named = (...names: string[]): NutcrackerServer[] =>
  names.map((name, i) => new NutcrackerServer({ address: `10.0.0.${i}:6379`, name }));
const ring = (...names: string[]): NutcrackerPool => changed({ servers: named(...names) });
const FIRST = ring('a', 'b', 'c');
const MORE = ring('a', 'b', 'c', 'd');

function reshard(props: Partial<FleetReshardProps> = {}): FleetReshard {
  return new FleetReshard(chart('unit-1'), 'reshard', {
    name: 'unit-1-reshard',
    pool: FIRST,
    nextPool: MORE,
    addresses: [0, 1, 2, 3].map((n) => `shard-${n}.:6379`),
    password: PASSWORD,
    partOf: 'unit-1',
    ...props,
  });
}

function fleet(
  pools: NutcrackerPool[],
  phase: ReshardPhase,
  props: Partial<FleetChartsProps> = {},
): { app: App; charts: FleetCharts } {
  const app = new App();
  const charts = new FleetCharts(app, 'unit-1', {
    pool: FIRST,
    password: PASSWORD,
    storage: NFS,
    proxies: { image: 'twemproxy:0.5.0' },
    reshard: { pools, phase },
    ...props,
  });
  return { app, charts };
}

const planOf = (it: FleetReshard): Manifest =>
  JSON.parse((it.planConfigMap.toJson() as Manifest).data['reshard.json'] as string) as Manifest;
const dataOf = (it: { toJson(): unknown }): Record<string, string> =>
  (it.toJson() as { data: Record<string, string> }).data;
const serversIn = (yaml: string): string[] => [...yaml.matchAll(/^ {4}- (.*)$/gm)].map(([, line]) => line);

describe('FleetReshard', () => {
  test('the plan has both rings with the users as which their proxies log in, and each shard once', () => {
    expect(planOf(reshard({ nextPool: ring('d', 'c', 'a') }))).toMatchObject({
      version: 2,
      fleet: 'unit-1',
      user: 'migrator',
      // Those that are in both rings first: one of them is opened first.
      shards: [0, 2, 1, 3].map((shard) => ({ shard, host: `shard-${shard}.`, port: 6379 })),
      a: { user: 'default', servers: [0, 1, 2].map((shard) => ({ shard, weight: 1 })) },
      b: {
        user: 'ring-2',
        servers: [
          { shard: 3, name: 'd' },
          { shard: 2, name: 'c' },
          { shard: 0, name: 'a' },
        ],
      },
    });
    const again = planOf(reshard({ ringUser: 'ring-2' }));
    expect([again.a.user, again.b.user]).toEqual(['ring-2', 'default']);
  });

  test('the Jobs are valid in Kubernetes 1.27, and those that change something are created suspended', () => {
    const it = reshard();
    expect(validationErrors(it)).toEqual([]);
    expect(manifests(it).flatMap(problemsOf)).toEqual([]);
    const suspended = Object.entries(it.jobs).filter(([, job]) => (job.toJson() as Manifest).spec.suspend as boolean);
    expect(suspended.map(([step]) => step)).toEqual(['switch', 'return', 'purge']);
    expect(Object.keys(reshard({ phase: RESHARDED }).jobs)).toEqual(['status', 'purge']);
  });

  test.each<[string, Partial<FleetReshardProps>]>([
    ['nextPool places every key on the same server as pool; remove one of them', { nextPool: FIRST }],
    [
      'nextPool is named other, but pool unit1; use the same name',
      { nextPool: changed({ name: 'other', servers: named('a') }) },
    ],
    ['uses the memcached protocol', { nextPool: changed({ redis: false, redisAuth: undefined, servers: named('a') }) }],
    ['d is shard 3, but there are 3 addresses', { addresses: ['a:1', 'b:1', 'c:1'] }],
    ['"d" is not host:port', { addresses: ['a:1', 'b:1', 'c:1', 'd'] }],
    ['ordinals are 0, 1 for 3 servers', { ordinals: [0, 1] }],
    ['nextOrdinals are 0, 1, 1, 2 for 4 servers', { nextOrdinals: [0, 1, 1, 2] }],
    ['proxyNetworks is "10.0.0.0"', { proxyNetworks: ['10.0.0.0'] }],
    ['ringUser is "ring-3"; write default or ring-2', { ringUser: 'ring-3' }],
    [
      'stepArguments of copy: --deadline is "0"; write a whole number',
      { stepArguments: { copy: ['--deadline', '0'] } },
    ],
    ['the default Node image does not contain the reshard', { programInImage: true }],
  ])('refuses props: %s', (message, props) => {
    expect(() => reshard(props)).toThrow(message);
  });
});

describe('FleetCharts', () => {
  test.each<[string, NutcrackerPool[], ReshardPhase, number, string[]]>([
    ['during the first change', [MORE], RESHARDING, 4, ['bridge', 'nutcracker', 'nutcracker-b']],
    ['at its end', [MORE], RESHARDED, 4, ['bridge', 'nutcracker']],
    ['after it', [MORE], STABLE, 4, ['bridge', 'nutcracker']],
    ['during a second change', [MORE, ring('b', 'c', 'a')], RESHARDING, 4, ['bridge', 'nutcracker', 'nutcracker-b']],
    ['at the end of a second change', [MORE, ring('b', 'c', 'a')], RESHARDED, 4, ['nutcracker']],
    ['after a second change', [MORE, ring('b', 'c', 'a')], STABLE, 3, ['nutcracker']],
  ])('%s', (_when, pools, phase, shards, containers) => {
    const { app, charts } = fleet(pools, phase);
    expect(manifests(app).flatMap(problemsOf)).toEqual([]);
    expect(validationErrors(app)).toEqual([]);
    const { spec } = charts.redis.statefulSet.toJson() as Manifest;
    expect(spec.replicas).toBe(shards);
    const pod = (charts.proxies.deployment.toJson() as Manifest).spec.template.spec as Manifest;
    expect((pod.containers as Manifest[]).map(({ name }) => name as string)).toEqual(containers);
    if (charts.proxies.bridgeConfigMap) expect(haproxySays(dataOf(charts.proxies.bridgeConfigMap))).toContain('valid');
  });

  test('no phase changes the pods of the shards, and each ring has its own servers, in every change', () => {
    const all = [fleet([MORE], RESHARDING), fleet([MORE], STABLE), fleet([MORE, ring('c', 'e', 'a')], RESHARDING)];
    const templates = all.map(({ charts }) => (charts.redis.statefulSet.toJson() as Manifest).spec.template as unknown);
    expect(templates.slice(1)).toEqual([templates[0], templates[0]]);
    const [first, , second] = all.map(({ charts }) => dataOf(charts.proxies.configMap));
    // The default user connects directly, and ring-2 through the bridge, which logs in.
    expect(serversIn(first['nutcracker.yml'])).toEqual(
      ['a', 'b', 'c'].map((it, n) => `unit-1-shard-${n}:6379:1 ${it}`),
    );
    expect(serversIn(first['nutcracker-b.yml'])).toEqual(
      ['a', 'b', 'c', 'd'].map((it, n) => `127.0.0.1:${10_000 + n}:1 ${it}`),
    );
    expect(serversIn(second['nutcracker.yml'])).toEqual(serversIn(first['nutcracker-b.yml']));
    // A name keeps its shard, whatever its place in the list.
    expect(serversIn(second['nutcracker-b.yml'])).toEqual([
      'unit-1-shard-2:6379:1 c',
      'unit-1-shard-4:6379:1 e',
      'unit-1-shard-0:6379:1 a',
    ]);
  });

  test('every other ring logs in as ring-2, and three shards of both rings tell which one serves', () => {
    const { charts } = fleet([ring('c', 'b', 'a', 'd', 'e'), ring('b', 'a', 'd', 'e')], RESHARDING);
    const cfg = dataOf(charts.proxies.bridgeConfigMap ?? fail())['haproxy.cfg'];
    const backend = (name: string): string[] =>
      [...(cfg.split(`backend ${name} `)[1] ?? '').split(/\n(?=\S)/)[0].matchAll(/^ {2}server \S+ (\S+)/gm)].map(
        ([, address]) => address,
      );
    for (const name of ['ring-a', 'ring-b']) {
      expect(backend(name)).toEqual([1, 0, 3].map((n) => `unit-1-shard-${n}:6379`));
    }
    expect(cfg).toMatch(/defaults asks-a[^]*?\$6\\r\\nring-2[^]*?backend ring-a/);
    expect(planOf(charts.reshard ?? fail())).toMatchObject({ a: { user: 'ring-2' }, b: { user: 'default' } });
  });

  test('there are no Jobs for passwords and no backups during a change', () => {
    const props = { password: { ...PASSWORD, secondKey: 'second' }, backup: { claimName: 'backups' } };
    for (const phase of [RESHARDING, RESHARDED]) {
      const { charts } = fleet([MORE], phase, props);
      expect([charts.passwords, charts.backup]).toEqual([undefined, undefined]);
    }
    const { charts } = fleet([MORE], STABLE, props);
    expect([charts.passwords, charts.backup, charts.reshard].map((it) => it !== undefined)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('only the Jobs and the proxies may connect to the shards, and nothing may connect to the Jobs', () => {
    const { app, charts } = fleet([MORE], RESHARDING);
    const policy = (name: string): Manifest =>
      ofKind(app, 'NetworkPolicy').find(({ metadata }) => metadata.name === name) ?? fail();
    const from = (policy('unit-1-redis').spec.ingress as Manifest[]).flatMap((rule) => rule.from as Manifest[]);
    expect(from.map(({ podSelector }) => podSelector.matchLabels as unknown)).toEqual([
      charts.proxies.podSelector,
      charts.reshard?.podSelector,
    ]);
    expect(policy('unit-1-reshard').spec.ingress).toEqual([]);
  });

  test.each<[string, NutcrackerPool[], Partial<FleetChartsProps>, string]>([
    ['no new ring', [], {}, 'reshard.pools is empty'],
    ['a migration', [MORE], { migration: { phase: MigrationPhase.MOVED } }, 'remove migration first'],
    ['newPool', [MORE], { newPool: FIRST }, 'change the settings in the last pool of reshard.pools'],
    ['several pools', [MORE], { pool: undefined, pools: [FIRST, changed({ name: 'unit2' })] }, 'several pools'],
    ['a loss of keys', [MORE], { loseKeysThatMove: true }, 'loseKeysThatMove is true; remove it'],
    [
      'no password',
      [MORE],
      { password: undefined, pool: changed({ servers: named('a', 'b'), redisAuth: undefined }) },
      'the fleet has no password',
    ],
    ['no common server', [ring('x', 'y')], {}, 'no server is in the old ring and in the new one'],
    ['the same ring', [FIRST], {}, 'reshard.pools[0] places every key on the same server as pool'],
    ['a ring twice', [MORE, MORE], {}, 'reshard.pools[1] places every key on the same server as reshard.pools[0]'],
  ])('%s is refused', (_what, pools, props, message) => {
    expect(() => fleet(pools, RESHARDING, props)).toThrow(message);
  });
});

describe('the proof at synth', () => {
  /** Replaces text in a file of a ConfigMap of the proxies. */
  function patched(which: 'configMap' | 'bridgeConfigMap', file: string, old: string, text: string): string[] {
    const { app, charts } = fleet([MORE], RESHARDING);
    const object = charts.proxies[which] ?? fail();
    const before = dataOf(object)[file];
    expect(before).toContain(old);
    object.addJsonPatch(JsonPatch.replace(`/data/${file}`, before.replace(old, text)));
    return validationErrors(app);
  }

  test.each<[string, 'configMap' | 'bridgeConfigMap', string, string, string, string]>([
    ['another weight in the old ring', 'configMap', 'nutcracker.yml', ':1 a', ':2 a', 'a had the weight 1'],
    ['another weight in the new ring', 'configMap', 'nutcracker-b.yml', ':1 d', ':2 d', 'd had the weight 1'],
    [
      'exchanged shards in the new ring',
      'configMap',
      'nutcracker-b.yml',
      '10000:1 a',
      '10001:1 a',
      'the data of a is at',
    ],
    [
      'a nutcracker of ring-2 that does not log in',
      'configMap',
      'nutcracker-b.yml',
      '127.0.0.1:10000',
      'unit-1-shard-0:6379',
      'the bridge does not listen there',
    ],
    [
      'a listener that may not log in',
      'bridgeConfigMap',
      'haproxy.cfg',
      '  tcp-request content reject unless { var(txn.login) -m bool }\n',
      '',
      'must have the rules',
    ],
    [
      'a listener that keeps connections that did not log in',
      'bridgeConfigMap',
      'haproxy.cfg',
      '  tcp-response content reject unless { res.payload(0,5) -m str "+OK\\r\\n" }\n',
      '',
      'must have the rules',
    ],
    [
      'a listener with another shard',
      'bridgeConfigMap',
      'haproxy.cfg',
      'server shard unit-1-shard-0:6379',
      'server shard unit-1-shard-1:6379',
      'the data of a is at',
    ],
    [
      'exchanged nutcrackers',
      'bridgeConfigMap',
      'haproxy.cfg',
      'server nutcracker 127.0.0.1:9998',
      'server nutcracker 127.0.0.1:9999',
      'backend a must have one server, 127.0.0.1:9998',
    ],
    [
      'another rule for clients',
      'bridgeConfigMap',
      'haproxy.cfg',
      'default_backend a',
      'default_backend b',
      'frontend clients must have the rules',
    ],
  ])('finds %s', (_what, which, file, old, text, message) => {
    expect(patched(which, file, old, text).join('\n')).toContain(message);
  });

  test('still refuses a change of the ring that nobody asked for', () => {
    const { app } = fleet([MORE], RESHARDING, { reshard: undefined, newPool: MORE });
    expect(validationErrors(app).join('\n')).toMatch(/of all keys would be routed to a shard that does not have them/);
    const other = changed({ servers: named('a', 'b', 'c'), hash: HashType.MURMUR });
    expect(validationErrors(fleet([MORE], STABLE, { reshard: undefined, newPool: other }).app)).not.toEqual([]);
  });
});

describe('the runbook', () => {
  let lab: Lab;
  beforeEach(() => (lab = new Lab()));
  afterEach(() => lab.close());

  test.each([RESHARDING, RESHARDED, STABLE])('of the phase %s names only files and Jobs that exist', (phase) => {
    const app = new App({ outdir: path.join(lab.dir, 'dist') });
    const charts = new FleetCharts(app, 'unit-1', {
      namespace: 'unit-1',
      pool: LIVE,
      password: PASSWORD,
      storage: NFS,
      proxies: { image: 'twemproxy:0.5.0' },
      reshard: { pools: [changed({ servers: [...LIVE.servers, ...named('new')] })], phase },
    });
    app.synth();
    charts.writeRunbook();
    const text = fs.readFileSync(path.join(lab.dir, 'dist', 'unit-1.RUNBOOK.md'), 'utf8');
    expect(text).not.toContain('undefined');
    for (const [file] of text.matchAll(/unit-1-\d\d-[\w-]+\.k8s\.yaml/g)) {
      expect([file, fs.existsSync(path.join(lab.dir, 'dist', file))]).toEqual([file, true]);
    }
    const jobs = ofKind(app, 'Job').map(({ metadata }) => metadata.name as string);
    for (const [, job] of text.matchAll(/job(?:\/|-name=)([\w-]+)/g)) expect(jobs).toContain(job);
    // The hash of the program is part of a Job's name.
    expect(text.replace(/(unit-1-reshard-\w+)-[0-9a-f]{8}/g, '$1-HASH')).toMatchSnapshot();
  });
});

function fail(): never {
  throw new Error('missing');
}
