import { type ConfigWarning, NutcrackerConfig, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';

/** The warnings about a Redis pool with these lines in addition to the required ones. The first one is line 5. */
function warnings(lines: string[], servers = ['redis-0:6379:1 a', 'redis-1:6379:1 b']): ConfigWarning[] {
  const hasTimeout = lines.some((line) => line.startsWith('timeout'));
  const text = [
    'alpha:',
    '  listen: 127.0.0.1:22121',
    lines.some((line) => line.startsWith('redis:')) ? '' : '  redis: true',
    hasTimeout ? '' : '  timeout: 400',
    ...lines.map((line) => `  ${line}`),
    '  servers:',
    ...servers.map((server) => `    - ${server}`),
  ];
  return NutcrackerConfig.fromYaml(text.join('\n'), 'old.yml').warnings;
}

test('a pool that is safe for stored data has no warning', () => {
  expect(warnings(['hash: murmur', 'auto_eject_hosts: false', 'server_connections: 1'])).toEqual([]);
});

test.each([
  [
    'auto-eject-hosts',
    'auto_eject_hosts: true',
    'its old values return with it; for stored data write auto_eject_hosts: false',
  ],
  ['distribution-random', 'distribution: random', 'for stored data write distribution: ketama'],
  ['no-timeout', 'timeout: 0', 'requests to a server that vanished hang'],
  [
    'short-timeout',
    'timeout: 5',
    'one command that takes 5 milliseconds fails all requests that wait on its connection',
  ],
  ['server-connections', 'server_connections: 4', "a client's commands spread over 4 connections"],
  ['client-connections', 'client_connections: 100', 'nutcracker reads this but does not enforce it'],
  ['redis-auth-in-file', 'redis_auth: secret', 'anyone who can read the file knows the password'],
  ['not-redis', 'redis: false', 'the pool speaks the memcached protocol'],
])('%s has its line, its consequence and the remedy', (code, line, message) => {
  const found = warnings([line]);
  expect(found).toEqual([
    { code, message: expect.stringContaining(message) as string, pool: 'alpha', file: 'old.yml', line: 5 },
  ]);
});

test('a warning about a missing directive has the line of the pool', () => {
  const { warnings: found } = NutcrackerConfig.fromYaml('# remark\nalpha:\n  listen: a:1\n  servers:\n    - b:1:1 c\n');
  expect(found.map(({ code, line }) => [code, line])).toEqual([
    ['not-redis', 2],
    ['no-timeout', 2],
  ]);
});

test('one warning covers all unnamed servers, with the line that the first would need at another address', () => {
  const found = warnings([], ['redis-0:6379:1 a', 'redis-1:6379:1', 'redis-2:11211:3']);
  expect(found).toMatchObject([{ code: 'unnamed-servers', line: 7 }]);
  expect(found[0].message).toContain('2 of 3 servers have no name');
  expect(found[0].message).toContain('as in "new-host:6379:1 redis-1:6379"');
});

test('two servers at one address give a warning', () => {
  const found = warnings([], ['redis-0:6379:1 a', 'redis-1:6379:1 b', 'redis-0:6379:1 c']);
  expect(found).toMatchObject([{ code: 'shared-address', line: 8 }]);
  expect(found[0].message).toContain('"a" and "c" are both at redis-0:6379');
});

test('warnings about pools from code have no file and no line', () => {
  const servers = [new NutcrackerServer({ address: 'redis-0:6379', name: 'a' })];
  const pool = new NutcrackerPool({ name: 'alpha', listen: 'a:1', redis: true, servers });
  expect(NutcrackerConfig.of([pool]).warnings).toMatchObject([
    { code: 'no-timeout', pool: 'alpha', file: undefined, line: undefined },
  ]);
});
