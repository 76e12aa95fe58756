import { NutcrackerConfig, NutcrackerPool, NutcrackerServer } from '../../lib';
import { FleetShards, groupsOf, instanceOf } from '../../lib/nutcracker/fleet-shards';

function pool(name: string, ...addresses: string[]): NutcrackerPool {
  const servers = addresses.map((address) => new NutcrackerServer({ address, name: `${name}-${address}` }));
  return new NutcrackerPool({ name, listen: `10.0.0.1:${2000 + name.length}`, redis: true, servers });
}

test('shards are the distinct servers of all pools, in the order in which they appear', () => {
  const web = pool('web', 'a:1', 'b:1');
  const jobs = pool('jobs', 'c:1', 'B.:01', 'a:1');
  const shards = new FleetShards([web, jobs]);
  expect(shards.addresses).toEqual(['a:1', 'b:1', 'c:1']);
  expect(shards.place([web, jobs])).toEqual([
    [0, 1],
    [2, 1, 0],
  ]);
});

test('a new server gets the next ordinal, the same one in all pools', () => {
  const shards = new FleetShards([pool('web', 'a:1', 'b:1'), pool('jobs', 'a:1')]);
  expect(shards.place([pool('web', 'new:1', 'b:1', 'a:1', 'more:1'), pool('jobs', 'more:1', 'a:1')])).toEqual([
    [2, 1, 0, 3],
    [3, 0],
  ]);
});

test('two lines of one pool are two shards, whatever their addresses', () => {
  const { pools } = NutcrackerConfig.fromYaml(
    'a:\n  listen: 1.2.3.4:5\n  servers: [x]\n'.replace('[x]', '\n    - h:1:1 x\n    - h:1:1 y'),
  );
  expect(new FleetShards(pools).lines).toHaveLength(2);
});

test('addresses are normalized', () => {
  expect(['Redis-1.:06379', 'redis-1:6379', 'LOCALHOST:1', '127.0.0.1:1', '/tmp/A'].map(instanceOf)).toEqual([
    'redis-1:6379',
    'redis-1:6379',
    '127.0.0.1:1',
    '127.0.0.1:1',
    '/tmp/A',
  ]);
});

test('pools are in one group if a chain of shared servers connects them', () => {
  const pools = [pool('a', 'a:1'), pool('bb', 'b:1'), pool('ccc', 'b:1', 'a:1'), pool('dddd', 'd:1')];
  expect(groupsOf(pools).map((group) => group.map(({ name }) => name))).toEqual([['a', 'bb', 'ccc'], ['dddd']]);
});
