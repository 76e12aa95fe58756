import { readPlan } from '../../../reshard/plan/plan-file';
import { Lab } from '../../lab/lab';

const lab = new Lab();
afterAll(() => lab.close());

const ring = {
  user: 'default',
  hash: 'murmur',
  distribution: 'ketama',
  servers: [{ shard: 0, name: 'server0', weight: 1 }],
};
const PLAN = {
  version: 2,
  fleet: 'lab',
  user: 'migrator',
  shards: [{ shard: 0, host: 'redis-0', port: 6379, replica: { host: 'redis-0-b', port: 6380 } }],
  a: ring,
  b: { ...ring, user: 'ring-2' },
};

function read(changes: object): unknown {
  return readPlan(lab.write('reshard.json', JSON.stringify({ ...PLAN, ...changes })));
}

test('a plan is read', () => {
  expect(read({})).toEqual(PLAN);
});

test('a plan with a Redis Cluster is read', () => {
  const b = { cluster: [{ host: 'node-0', port: 6379 }] };
  expect(read({ b })).toEqual({ ...PLAN, b });
});

test.each([
  [{ version: 1 }, 'version is 1, but this program reads 2'],
  [{ user: 'default' }, 'user is "default"; write the ACL user of this program, not default or ring-2'],
  [{ a: { ...ring, user: 'x' } }, 'a.user is "x"; write one of default, ring-2'],
  [{ b: ring }, 'b.user is default, the same as a.user; write the other one'],
  [{ a: { ...ring, distribution: 'random' } }, 'a.distribution is "random"; write one of ketama, modula'],
  [{ b: { ...ring, hash: 'sha' } }, 'b.hash is "sha"; write one of'],
  [{ b: { ...ring, servers: [{ shard: 3, name: 'x', weight: 1 }] } }, 'b.servers[0].shard is 3; write the ordinal'],
  [{ shards: [{ ...PLAN.shards[0], replica: 'redis' }] }, 'shards[0].replica is "redis"; write the host and the port'],
  [{ shards: [{ ...PLAN.shards[0], host: 'redis:1' }] }, 'shards[0].host is "redis:1"; write a host without a port'],
  [{ b: { cluster: [] } }, 'b.cluster is []; write a list of nodes of the Redis Cluster'],
  [{ b: { cluster: [{ host: 'node:6379', port: 6379 }] } }, 'b.cluster[0].host is "node:6379"; write a host without'],
  [{ b: { cluster: [{ host: 'node', port: 0 }] } }, 'b.cluster[0].port is 0; write its port'],
  [{ b: { ...ring, cluster: [{ host: 'node', port: 1 }] } }, 'b.servers is [{"shard":0'],
  [{ b: { user: 'ring-2', cluster: [{ host: 'node', port: 1 }] } }, 'b.user is "ring-2"; write nothing'],
  [{ a: { cluster: [{ host: 'node', port: 1 }] } }, 'a.user is missing'],
  [{ b: null }, 'b is null; write a ring: user, hash, distribution, hashTag and servers, or cluster'],
  [{ shards: [] }, 'shards is []; write a list of servers'],
])('%j is refused', (changes, message) => {
  expect(() => read(changes)).toThrow(`reshard.json: ${message}`);
});
