// Fleets of several pools: a shared server is one shard, and all pools that share it move together.

import { type FleetChartsProps, HashType, MigrationPhase, NutcrackerConfig, NutcrackerPool } from '../lib';
import { type MovePlan } from '../lib/migration/plan';
import { fleet } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { type Manifest, manifests, theOnly, validationErrors } from './lab/synth';

const TWO_POOLS = `
web:
  listen: 127.0.0.1:22131
  hash: fnv1a_64
  distribution: ketama
  timeout: 400
  redis: true
  servers:
   - 127.0.0.1:7601:1 a
   - 127.0.0.1:7602:1 b
jobs:
  listen: 127.0.0.1:22132
  hash: md5
  distribution: ketama
  timeout: 400
  redis: true
  redis_db: 3
  servers:
   - 127.0.0.1:7602:1 b
   - 127.0.0.1:7603:2 c
`;
const FILE = NutcrackerConfig.fromYaml(TWO_POOLS);
const [WEB, JOBS] = FILE.pools;

const MOVING = { phase: MigrationPhase.MOVING };

function pools(props: Partial<FleetChartsProps> = {}): ReturnType<typeof fleet> {
  return fleet({ pool: undefined, pools: FILE.pools, migration: MOVING, ...props });
}

function changed(pool: NutcrackerPool, props: Partial<NutcrackerPool['settings']>): NutcrackerPool {
  return new NutcrackerPool({ ...pool.settings, ...props });
}

test('a server shared by two pools is one shard, which moves once, and each pool has a port', () => {
  const { app, charts } = pools({ proxyPorts: { jobs: 6380 } });
  expect(theOnly(app, 'StatefulSet').spec.replicas).toBe(3);
  const plan = (charts.migration?.planConfigMap.toJson() as Manifest).data['plan.json'] as string;
  expect(plan).toMatchSnapshot('plan.json');
  const { pools: planned, shards } = JSON.parse(plan) as MovePlan;
  expect(planned.map(({ name, hash, database }) => [name, hash, database])).toEqual([
    ['web', 'fnv1a_64', 0],
    ['jobs', 'md5', 3],
  ]);
  expect(shards[1].servers).toEqual([
    { pool: 'web', ringName: 'b', weight: 1 },
    { pool: 'jobs', ringName: 'b', weight: 1 },
  ]);
  const { data } = charts.proxies.configMap.toJson() as Manifest;
  expect(data['nutcracker.yml']).toMatchSnapshot('nutcracker.yml');
  expect(charts.proxies.ports).toEqual([22131, 6380]);
  expect(manifests(app).flatMap(problemsOf)).toEqual([]);
  expect(validationErrors(app)).toEqual([]);
});

test('the ring of each pool is proven', () => {
  const { app } = pools({ newPools: [changed(JOBS, { hash: HashType.CRC32 })] });
  expect(validationErrors(app).join('\n')).toMatch(/^\S+ % of all keys of pool jobs would be routed to a shard/);
  const allowed = [changed(JOBS, { timeout: 900, servers: [...JOBS.servers].reverse() })];
  expect(validationErrors(pools({ newPools: allowed }).app)).toEqual([]);
});

test('a pool, or a changed copy of it, cannot move without the pools that share its servers', () => {
  const message =
    'unit-1: pool jobs of nutcracker.yml shares 127.0.0.1:7602 with pool web (line 10 for web and line 19 for jobs), and would get READONLY';
  expect(() => fleet({ pool: WEB, migration: MOVING })).toThrow(message);
  expect(() => fleet({ pool: changed(WEB, { timeout: 900 }), migration: MOVING })).toThrow(message);
  expect(() => pools({ pools: [changed(WEB, { timeout: 900 }), JOBS] })).not.toThrow();
  // Without a migration, the old servers are not fenced.
  expect(() => fleet({ pool: WEB })).not.toThrow();
});

test.each<[string, Partial<FleetChartsProps>, string]>([
  ['both', { pool: WEB }, 'pool and pools are both set; set pool, or pools if there are several'],
  ['neither', { pools: undefined }, 'pool and pools are both missing; set pool, or pools if there are several'],
  ['none', { pools: [] }, 'pools is empty; list the pools'],
  ['one name twice', { pools: [WEB, changed(WEB, {})] }, 'pools has two pools named web; rename one, as with new'],
  ['a port for one', { proxyPort: 6379 }, 'proxyPort is for one pool, but there are 2; use proxyPorts'],
  ['a port for an unknown pool', { proxyPorts: { shop: 1 } }, 'proxyPorts names "shop"; the pools are web, jobs'],
  [
    'a new pool for an unknown pool',
    { newPools: [changed(WEB, { name: 'x' })] },
    'newPools has x, but the pools are web, jobs',
  ],
  ['a new pool for one', { newPool: WEB }, 'newPool replaces pool, but pools is set; use newPools'],
  ['memcached', { pools: [WEB, changed(JOBS, { redis: false })] }, 'pool jobs uses the memcached protocol'],
  [
    'few databases',
    { pools: [WEB, changed(JOBS, { redisDb: 16 })] },
    'pool jobs uses redis_db 16; set databases of the shards',
  ],
  [
    'a password for one',
    { pools: [changed(WEB, { redisAuth: 'x' }), JOBS] },
    'pool web has a redis_auth, but jobs has no redis_auth, and they share 127.0.0.1:7602 (line 10 for web and line 19 for jobs), which has one',
  ],
  [
    'two passwords',
    { pools: [changed(WEB, { redisAuth: 'x' }), changed(JOBS, { redisAuth: 'y', redisDb: 0 })] },
    'pools web and jobs have different redis_auth, and they share 127.0.0.1:7602',
  ],
  ['one port for two', { proxyPorts: { jobs: 22131 } }, 'port 22131 is used by pool jobs and by pool web'],
])('invalid pools are refused: %s', (_, props, message) => {
  expect(() => pools(props)).toThrow(message);
});

test('two pools of a fleet need not share a server, but must have the same password', () => {
  const apart = NutcrackerConfig.fromYaml(
    TWO_POOLS.replace('- 127.0.0.1:7602:1 b\n   - 127.0.0.1:7603', '- 127.0.0.1:7603'),
  ).pools;
  expect(theOnly(pools({ pools: apart }).app, 'StatefulSet').spec.replicas).toBe(3);
  expect(() => pools({ pools: [changed(apart[0], { redisAuth: 'x' }), apart[1]] })).toThrow(
    'and all shards of a fleet have one password; make a fleet of each',
  );
});
