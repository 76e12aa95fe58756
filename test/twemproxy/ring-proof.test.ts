// The synth fails unless the ring of a fleet is the old one.

import * as fs from 'node:fs';
import { JsonPatch, Testing } from 'cdk8s';
import fc from 'fast-check';
import { Distribution, HashRing, HashType, NutcrackerConfig, NutcrackerPool, NutcrackerServer } from '../../lib';
import { changed, fleet, LIVE } from '../lab/fleet-charts';
import { Lab } from '../lab/lab';
import { type Manifest, ofKind, theOnly, validationErrors } from '../lab/synth';
import { poolsOfAFile } from '../nutcracker/config-arbitraries';
import { nutcrackerAccepts } from '../nutcracker/real-verdict';

test('the ring is the old one: every key is found where it was', () => {
  const { app, charts } = fleet({ namespace: 'unit-1' });
  const { data } = charts.proxies.configMap.toJson() as Manifest;
  const pool = NutcrackerConfig.fromYaml(data['nutcracker.yml'] as string).pool();
  expect(HashRing.of(LIVE).diff(HashRing.of(pool)).isSame).toBe(true);
  expect(pool.servers.map(String)).toEqual([
    'unit-1-shard-0.unit-1.svc.cluster.local.:6379:1 redis-a:6379',
    'unit-1-shard-1.unit-1.svc.cluster.local.:6379:1 redis-a:6380',
    'unit-1-shard-2.unit-1.svc.cluster.local.:6379:2 redis-b:6379',
    'unit-1-shard-3.unit-1.svc.cluster.local.:6379:1 named',
  ]);
  expect(validationErrors(app)).toEqual([]);
});

test('the ring is the old one for pools of every kind, in a configuration that nutcracker accepts', () => {
  const lab = new Lab();
  const pools = poolsOfAFile
    .map(([props]) => props)
    .filter(({ redis, distribution }) => redis === true && distribution !== Distribution.RANDOM)
    // There is no ring if the sum of the weights overflows.
    .filter(({ servers }) => servers.reduce((sum, { weight }) => sum + weight, 0) < 2 ** 31);
  try {
    fc.assert(
      fc.property(pools, (props) => {
        const { app } = fleet({ pool: new NutcrackerPool(props), proxyPort: 22121 });
        expect(validationErrors(app)).toEqual([]);
        const [, { data }] = ofKind(app, 'ConfigMap');
        expect(nutcrackerAccepts(lab, data['nutcracker.yml'] as string)).toBe(true);
      }),
      { seed: 1, numRuns: 60 },
    );
  } finally {
    fs.rmSync(lab.dir, { recursive: true });
  }
});

test.each([
  ['in another order', [2, 0, 3, 1]],
  ['without one', [3, 1, 0]],
])('the ring finds each shard where its data is, for servers %s', (_how, order) => {
  const newPool = changed({ servers: order.map((i) => LIVE.servers[i]) });
  const { app, charts } = fleet({ newPool, loseKeysThatMove: order.length < LIVE.servers.length });
  const { data } = charts.proxies.configMap.toJson() as Manifest;
  const pool = NutcrackerConfig.fromYaml(data['nutcracker.yml'] as string).pool();
  expect(pool.servers.map(({ address }) => address)).toEqual(order.map((i) => `unit-1-shard-${i}:6379`));
  expect(theOnly(app, 'StatefulSet').spec.replicas).toBe(4);
  expect(validationErrors(app)).toEqual([]);
});

test('servers that are not in the old ring get the shards after the old ones', () => {
  const added = new NutcrackerServer({ address: 'redis-c:6379' });
  const { app, charts } = fleet({ newPool: changed({ servers: [added, ...LIVE.servers] }), loseKeysThatMove: true });
  const { data } = charts.proxies.configMap.toJson() as Manifest;
  expect(data['nutcracker.yml']).toContain('- unit-1-shard-4:6379:1 redis-c:6379');
  expect(data['nutcracker.yml']).toContain('- unit-1-shard-0:6379:1 redis-a:6379');
  expect(theOnly(app, 'StatefulSet').spec.replicas).toBe(5);
  expect(validationErrors(app)).toEqual([]);
});

test('the new pool may have other settings', () => {
  expect(validationErrors(fleet({ newPool: changed({ timeout: 900, backlog: 1024 }) }).app)).toEqual([]);
});

test('a ring that would move keys fails the synth, with the share and the lines to fix', () => {
  const { app } = fleet({ newPool: changed({ hash: HashType.MURMUR, hashTag: undefined }) });
  expect(validationErrors(app).join('\n')).toMatch(
    /^about 7\d(\.\d)? % of all keys would be routed to a shard that does not have them; fix/,
  );
  expect(validationErrors(app)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^nutcracker\.yml of ConfigMap unit-1-twemproxy-config-\w+: hash is murmur; it was fnv1a_64$/,
      ),
      expect.stringMatching(/: hash_tag is not set; it was \{\}$/),
      expect.stringContaining('set loseKeysThatMove'),
    ]),
  );
});

test('a ring that would move keys fails the synth of a whole app', () => {
  const { app } = fleet({ newPool: changed({ hash: HashType.MURMUR }) });
  expect(() => Testing.synth(app.charts[app.charts.length - 1])).toThrow('would be routed to a shard');
});

test('the message names the lines of servers that differ', () => {
  const servers = [...LIVE.servers.slice(0, 2), new NutcrackerServer({ address: 'redis-b:6379' })];
  const errors = validationErrors(fleet({ newPool: changed({ servers }) }).app);
  expect(errors[0]).toMatch(/^[\d.]+ % of all keys would be routed to/);
  expect(errors.filter((error) => error.includes('redis-b:6379'))).toEqual([
    expect.stringMatching(
      /nutcracker\.yml of ConfigMap \S+:10: unit-1-shard-2:6379:1 redis-b:6379: redis-b:6379 had the weight 2 \(line 11 of the old file\)$/,
    ),
  ]);
  expect(errors).toContainEqual(
    expect.stringMatching(/: no server is named named; it had the weight 1 \(line 12 of the old file\)$/),
  );
});

test('the proof includes patches of the ConfigMap', () => {
  const { app, charts } = fleet();
  const { data } = charts.proxies.configMap.toJson() as Manifest;
  const swapped = (data['nutcracker.yml'] as string)
    .replace('shard-0:', 'shard-x:')
    .replace('shard-1:', 'shard-0:')
    .replace('shard-x:', 'shard-1:');
  charts.proxies.configMap.addJsonPatch(JsonPatch.replace('/data/nutcracker.yml', swapped));
  expect(validationErrors(app)).toEqual([
    expect.stringMatching(/unit-1-shard-1:6379:1 redis-a:6379: its data is at unit-1-shard-0:6379$/),
    expect.stringMatching(/unit-1-shard-0:6379:1 redis-a:6380: its data is at unit-1-shard-1:6379$/),
    expect.stringContaining('a patch changed the content of unit-1-twemproxy-config'),
  ]);
});

test('a patch that sets auto_eject_hosts fails the synth', () => {
  const { app, charts } = fleet();
  const { data } = charts.proxies.configMap.toJson() as Manifest;
  const ejecting = (data['nutcracker.yml'] as string).replace('  servers:', '  auto_eject_hosts: true\n  servers:');
  charts.proxies.configMap.addJsonPatch(JsonPatch.replace('/data/nutcracker.yml', ejecting));
  expect(validationErrors(app)).toContainEqual(expect.stringContaining('write auto_eject_hosts: false'));
});

test('a pool without a ring fails the synth', () => {
  const { app } = fleet({ pool: changed({ distribution: Distribution.RANDOM }) });
  expect(validationErrors(app)).toEqual([expect.stringContaining('"random" sends each command to any server')]);
});

test('the ring may change with loseKeysThatMove', () => {
  const { app } = fleet({ newPool: changed({ hash: HashType.MURMUR }), loseKeysThatMove: true });
  expect(validationErrors(app)).toEqual([]);
});
