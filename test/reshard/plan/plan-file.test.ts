import { readPlan } from '../../../reshard/plan/plan-file';
import { Lab } from '../../lab/lab';

const lab = new Lab();
afterAll(() => lab.close());

const ring = { hash: 'murmur', distribution: 'ketama', servers: [{ shard: 0, name: 'server0', weight: 1 }] };
const PLAN = {
  version: 1,
  fleet: 'lab',
  user: 'migrator',
  shards: [{ shard: 0, host: 'redis-0', portA: 6379, portB: 6380 }],
  a: ring,
  b: ring,
};

function read(changes: object): unknown {
  return readPlan(lab.write('reshard.json', JSON.stringify({ ...PLAN, ...changes })));
}

test('a plan is read', () => {
  expect(read({})).toEqual(PLAN);
});

test.each([
  [{ version: 2 }, 'version is 2, but this program reads 1'],
  [{ user: 'default' }, 'user is "default"; write the ACL user of this program, not default'],
  [{ a: { ...ring, distribution: 'random' } }, 'a.distribution is "random"; write one of ketama, modula'],
  [{ b: { ...ring, hash: 'sha' } }, 'b.hash is "sha"; write one of'],
  [{ b: { ...ring, servers: [{ shard: 3, name: 'x', weight: 1 }] } }, 'b.servers[0].shard is 3; write the ordinal'],
  [{ shards: [{ ...PLAN.shards[0], portB: 6379 }] }, 'shards[0].portB is 6379, the same as portA; write another port'],
  [{ shards: [{ ...PLAN.shards[0], host: 'redis:1' }] }, 'shards[0].host is "redis:1"; write a host without a port'],
  [{ shards: [] }, 'shards is []; write a list of servers'],
])('%j is refused', (changes, message) => {
  expect(() => read(changes)).toThrow(`reshard.json: ${message}`);
});
