import { HashRing, NutcrackerPool, type NutcrackerPoolProps, NutcrackerServer } from '../../lib/nutcracker';

const server = (address: string, name?: string, weight?: number): NutcrackerServer =>
  new NutcrackerServer({ address, name, weight });

const pool = (props: Partial<NutcrackerPoolProps>): NutcrackerPool =>
  new NutcrackerPool({ name: 'alpha', listen: 'a:1', servers: [server('redis-0:6379')], ...props });

describe('a server from code is refused', () => {
  test.each([
    ['with a blank in its address', 'a b:1', undefined, undefined, '"a b:1" has no host, or its host contains a blank'],
    ['without a port', 'redis-0', undefined, undefined, '"redis-0" has no port from 1 to 65535'],
    ['with a port out of range', 'redis-0:65536', undefined, undefined, '"redis-0:65536" has no port'],
    ['without a host', ':6379', undefined, undefined, '":6379" has no host'],
    ['without an address', '', undefined, undefined, 'the value is empty'],
    ['with a colon in the path of its socket', '/run/a:b', undefined, undefined, '"/run/a:b" is a path with a colon'],
    ['with a zero weight', 'redis-0:6379', undefined, 0, '"redis-0:6379" has the weight "0"'],
    ['with a fractional weight', 'redis-0:6379', undefined, 0.5, 'has the weight "0.5"'],
    ['with a weight that does not fit into an int', 'redis-0:6379', undefined, 2 ** 31, 'not one from 1 to 2147483647'],
    ['with a space in its name', 'redis-0:6379', 'a b', undefined, 'has a space in its name "a b"'],
    ['with an empty name', 'redis-0:6379', '', undefined, 'has an empty name'],
    ['with a NUL in its name', 'redis-0:6379', 'a\0', undefined, 'contains a NUL'],
  ])('%s', (_, address, name, weight, message) => {
    expect(() => server(address, name, weight)).toThrow(message);
  });
});

describe('a pool from code is refused, by name,', () => {
  test.each<[string, Partial<NutcrackerPoolProps>, string]>([
    ['without servers', { servers: [] }, 'servers: the pool has none'],
    [
      'with one ring name twice',
      { servers: [server('b:1'), server('c:1', 'b:1')] },
      'servers: "b:1:1" and "c:1:1 b:1" have the same ring name',
    ],
    ['with an invalid listen', { listen: 'a' }, 'listen: "a" has no port'],
    ['with a fraction', { timeout: 1.5 }, 'timeout: "1.5" is not a number'],
    ['with a negative number', { backlog: -1 }, 'backlog: "-1" is not a number'],
    [
      'with a number that does not fit into an int',
      { timeout: 2 ** 31 },
      'timeout: 2147483648 is more than 2147483647',
    ],
    ['without a connection to a server', { serverConnections: 0 }, 'server_connections: without a connection'],
    ['with a hash tag of three characters', { hashTag: '{}}' }, 'hash_tag: "{}}" is not two ASCII characters'],
    ['with a password for memcached', { redisAuth: 'secret' }, 'redis_auth: the pool is not a Redis pool'],
    ['with an empty password', { redis: true, redisAuth: '' }, 'redis_auth: the value is empty'],
    [
      'with a password and a database',
      { redis: true, redisAuth: 'secret', redisDb: 1 },
      'redis_db: with a password nutcracker uses database 0, not 1',
    ],
  ])('%s', (_, props, message) => {
    expect(() => pool(props)).toThrow(`pool "alpha": ${message}`);
  });

  test('with an empty name', () => {
    expect(() => pool({ name: '' })).toThrow('pool "": pool: the value is empty');
  });
});

describe('a pool that moves', () => {
  const old = pool({
    timeout: 400,
    servers: [
      server('10.0.0.1:6379'),
      server('10.0.0.2:11211'),
      server('/run/r.sock'),
      server('10.0.0.3:6379', 'c', 2),
    ],
  });
  const addresses = ['shard-0.:6379', 'shard-1.:6379', 'shard-2.:6379', 'shard-3.:6379'];

  test('keeps the names and weights of its servers, and its settings', () => {
    const moved = old.movedTo(addresses);
    expect(moved.servers.map(String)).toEqual([
      'shard-0.:6379:1 10.0.0.1:6379',
      'shard-1.:6379:1 10.0.0.2',
      'shard-2.:6379:1 /run/r.sock:',
      'shard-3.:6379:2 c',
    ]);
    expect(moved.settings).toEqual({ ...old.settings, servers: moved.servers });
    expect(HashRing.of(old).diff(HashRing.of(moved)).isSame).toBe(true);
  });

  test('needs one address for each server', () => {
    expect(() => old.movedTo(addresses.slice(1))).toThrow(
      'pool "alpha": servers: 4 servers cannot move to 3 addresses',
    );
  });
});

test('changes to the given list do not change the pool', () => {
  const servers = [server('redis-0:6379')];
  const alpha = pool({ servers });
  servers.push(server('redis-1:6379'));
  expect(alpha.servers).toHaveLength(1);
  expect(alpha.settings.servers).toHaveLength(1);
});
