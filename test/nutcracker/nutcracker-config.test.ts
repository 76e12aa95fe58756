import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Distribution, HashType, NutcrackerConfig, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import { NutcrackerConfigError } from '../../lib/nutcracker/config-error';
import { Lab } from '../lab/lab';
import { outputOfNutcracker } from './real-verdict';

const lab = new Lab();
afterAll(() => lab.close());

const pool = (name: string, listen: string): NutcrackerPool =>
  new NutcrackerPool({ name, listen, servers: [new NutcrackerServer({ address: 'redis-0:6379' })] });

describe('reading', () => {
  test('a pool with every directive', () => {
    const [alpha] = NutcrackerConfig.fromYaml(
      [
        'alpha:',
        '  listen: 127.0.0.1:22121',
        '  hash: murmur',
        '  hash_tag: "{}"',
        '  distribution: modula',
        '  timeout: 400',
        '  backlog: 1024',
        '  client_connections: 16384',
        '  redis: true',
        '  tcpkeepalive: true',
        '  redis_auth: secret',
        '  redis_db: 0',
        '  preconnect: true',
        '  auto_eject_hosts: true',
        '  server_connections: 2',
        '  server_retry_timeout: 2000',
        '  server_failure_limit: 3',
        '  servers:',
        '   - 10.0.0.1:6379:1 first',
        '   - /run/redis.sock:2',
      ].join('\n'),
    ).pools;

    expect(alpha).toMatchObject({
      name: 'alpha',
      listen: '127.0.0.1:22121',
      hash: HashType.MURMUR,
      hashTag: '{}',
      distribution: Distribution.MODULA,
      timeout: 400,
      backlog: 1024,
      clientConnections: 16_384,
      redis: true,
      tcpkeepalive: true,
      redisAuth: 'secret',
      redisDb: 0,
      preconnect: true,
      autoEjectHosts: true,
      serverConnections: 2,
      serverRetryTimeout: 2000,
      serverFailureLimit: 3,
      servers: [
        { address: '10.0.0.1:6379', weight: 1, name: 'first', ringName: 'first', line: 19 },
        { address: '/run/redis.sock', weight: 2, name: undefined, ringName: '/run/redis.sock:', line: 20 },
      ],
    });
  });

  test('a minimal pool has the defaults of nutcracker', () => {
    const [alpha] = NutcrackerConfig.fromYaml('alpha:\n  listen: a:1\n  servers:\n  - b:1:1\n').pools;

    expect(alpha).toMatchObject({
      hash: HashType.FNV1A_64,
      hashTag: undefined,
      distribution: Distribution.KETAMA,
      timeout: undefined,
      backlog: 512,
      clientConnections: undefined,
      redis: false,
      tcpkeepalive: false,
      redisAuth: undefined,
      redisDb: 0,
      preconnect: false,
      autoEjectHosts: false,
      serverConnections: 1,
      serverRetryTimeout: 30_000,
      serverFailureLimit: 2,
    });
    expect(Object.keys(alpha.settings)).toEqual(['name', 'servers', 'listen']);
  });

  test('errors have the name of the file', () => {
    const file = join(lab.dir, 'old.yml');
    writeFileSync(file, 'alpha:\n  listen: a:1\n  servers:\n  - b:1:0\n');
    expect(() => NutcrackerConfig.fromFile(file)).toThrow(`${file}:4: servers: "b:1:0" has the weight "0"`);
    expect(() => NutcrackerConfig.fromFile(join(lab.dir, 'none.yml'))).toThrow('none.yml');
  });

  test('any directive may have the list, and servers may be repeated, as in nutcracker', () => {
    const { servers } = NutcrackerConfig.fromYaml(
      'alpha:\n  listen:\n  - a:1\n  servers: b:1:1\n  "servers": c:1:1\n',
    ).pool();
    expect(servers.map(({ ringName }) => ringName)).toEqual(['b:1', 'c:1']);
  });
});

describe('a refusal', () => {
  const alpha = (...lines: string[]): string => ['alpha:', '  listen: 127.0.0.1:22121', ...lines].join('\n');
  const good = ['  servers:', '  - b:6379:1'];

  test.each([
    ['an empty file', '# nothing\n', 1, 'the file has no pool'],
    ['a single value', 'alpha\n', 1, 'the file has no pool'],
    ['a document start', `---\n${alpha(...good)}`, 1, '"---" is a YAML document start'],
    ['a second document', `${alpha(...good)}\n---\n`, 5, '"---" is a YAML document start'],
    ['a version', `%YAML 1.1\n---\n${alpha(...good)}`, 1, '"%" is a YAML version directive'],
    ['a flow sequence', alpha('  servers: [b:6379:1]'), 3, '"[" is a YAML flow sequence start'],
    ['an anchor', alpha('  servers: &all', '  - b:6379:1'), 3, '"&" is a YAML anchor'],
    ['text that is not YAML', alpha('  timeout: 1', '   backlog: 2', ...good), 3, 'this is not YAML'],
    ['a tab that indents', alpha('\ttimeout: 1', ...good), 3, 'a tab is used for indentation'],
    ['a control character', alpha('  hash: md5 # \u0007', ...good), 3, 'the line contains the character U+0007'],
    ['a file that is a list', '- alpha\n', 1, 'the file has no pool'],
    ['a pool without a block', 'alpha: beta\n', 1, '"alpha" has no block of directives'],
    [
      'a block below a directive',
      alpha('  hash:', '    md5: true', ...good),
      4,
      'a block where a single value is expected',
    ],
    ['no list of servers', alpha('  servers: b:6379:1'), 1, 'the pool has 0 lists'],
    ['two lists', alpha(...good, '  hash:', '  - md5'), 5, 'the pool has 2 lists'],
    ['an empty value', alpha('  timeout:', ...good), 3, 'timeout: the value is empty'],
    ['an unknown directive', alpha('  colour: red', ...good), 3, 'colour: nutcracker has no directive "colour"'],
    ['reuseport', alpha('  reuseport: true', ...good), 3, 'nutcracker 0.5.0 does not have it'],
    ['a directive twice', alpha('  redis: true', '  redis: true', ...good), 4, 'redis: already set on line 3'],
    ['listen twice', alpha('  listen: 127.0.0.1:22122', ...good), 3, 'listen: already set on line 2'],
    ['no listen', 'alpha:\n  servers:\n  - b:6379:1\n', 1, 'the pool has no listen'],
    ['a listen without a port', 'alpha:\n  listen: localhost\n  servers:\n  - b:1:1\n', 2, '"localhost" has no port'],
    ['a listen without a host', 'alpha:\n  listen: ":1"\n  servers:\n  - b:1:1\n', 2, '":1" has no host'],
    [
      'permissions above 777',
      'alpha:\n  listen: /tmp/a 1777\n  servers:\n  - b:1:1\n',
      2,
      '"1777" after the last space',
    ],
    [
      'the path of a socket of 108 bytes',
      `alpha:\n  listen: /${'a'.repeat(107)}\n  servers:\n  - b:1:1\n`,
      2,
      'longer than 107 bytes',
    ],
    ['an unknown hash', alpha('  hash: sha1', ...good), 3, 'hash: there is no hash "sha1"'],
    ['an unknown distribution', alpha('  distribution: even', ...good), 3, 'there is no distribution "even"'],
    ['one character for a hash tag', alpha('  hash_tag: "{"', ...good), 3, 'hash_tag: "{" is not two ASCII characters'],
    ['a negative number', alpha('  timeout: -1', ...good), 3, 'timeout: "-1" is not a number'],
    ['yes for a boolean', alpha('  redis: yes', ...good), 3, 'redis: "yes" is neither true nor false'],
    [
      'no connection to a server',
      alpha('  server_connections: 0', ...good),
      3,
      'without a connection no command can reach a server',
    ],
    ['a password for memcached', alpha('  redis_auth: secret', ...good), 3, 'redis_auth: the pool is not a Redis pool'],
    ['a server without a weight', alpha('  servers:', '  - b:6379'), 4, '"b:6379" is not a server'],
    ['a server with a name in two words', alpha('  servers:', '  - b:1:1 n m'), 4, '"b:1:1 n m" has the weight "1 n"'],
    ['a server without a port', alpha('  servers:', '  - b::1'), 4, '"b:" has no port from 1 to 65535'],
    ['a server with a zero weight', alpha('  servers:', '  - b:6379:0'), 4, '"b:6379:0" has the weight "0"'],
    ['a socket with a colon', alpha('  servers:', '  - /run/a:b:1'), 4, '"/run/a:b:1" is not a server'],
    ['one name for two servers', alpha(...good, '  - c:1:2 b:6379'), 5, 'have the same ring name, "b:6379"'],
    ['one address for two pools', `${alpha(...good)}\n${alpha(...good).replace('alpha', 'beta')}`, 6, 'both listen on'],
    [
      'one name for two pools',
      `${alpha(...good)}\n${alpha(...good).replace('22121', '22122')}`,
      5,
      'two pools have the name',
    ],
  ])('of %s has the line, the value and the message of nutcracker', (_, text, line, because) => {
    const [objection, ...others] = objectionsTo(text);
    expect(others).toEqual([]);
    expect(objection).toMatchObject({ file: 'nutcracker.yml', line });
    expect(new NutcrackerConfigError([objection]).message).toContain(because);
    expect(outputOfNutcracker(lab, text).replace(/\(err \d\) /, '')).toContain(objection.says);
  });

  test('names the file, the line, the directive, what nutcracker says, and the remedy', () => {
    expect(() => NutcrackerConfig.fromYaml(alpha('  timeout: 1s', ...good), 'fleets/old.yml')).toThrow(
      'fleets/old.yml:3: timeout: "1s" is not a number; ' +
        'nutcracker says: conf: directive "timeout" is not a number; write digits only: no sign, no unit, no fraction',
    );
  });

  test.each(['s3cret: ', '*s3cret', '&s3cret', '!s3cret', '[s3cret', '"s3cret', '"s3cret\\0"', '@s3cret', '"s3cret"x'])(
    'does not show the password in %s',
    (value) => {
      const text = alpha('  redis: true', `  redis_auth: ${value}`, ...good);
      expect(objectionsTo(text)).toHaveLength(1);
      expect(() => NutcrackerConfig.fromYaml(text)).not.toThrow('s3cret');
    },
  );

  test('lists every wrong value, unlike nutcracker, which stops at the first', () => {
    const text = alpha(
      '  timeout: 1s',
      '  redis: yes',
      ...good,
      'beta:',
      '  listen: 127.0.0.1',
      '  servers:',
      '  - b:0:1',
    );
    expect(objectionsTo(text).map(({ line, subject }) => [line, subject])).toEqual([
      [3, 'timeout'],
      [4, 'redis'],
      [8, 'listen'],
      [10, 'servers'],
    ]);
  });

  function objectionsTo(text: string): NutcrackerConfigError['objections'] {
    try {
      NutcrackerConfig.fromYaml(text);
    } catch (error) {
      if (error instanceof NutcrackerConfigError) return error.objections;
      throw error;
    }
    throw new Error(`accepted: ${text}`);
  }
});

describe('pools from code', () => {
  test('can be in one file unless two have the same name or address', () => {
    expect(NutcrackerConfig.of([pool('a', 'h:1'), pool('b', 'h:2')]).pools).toHaveLength(2);
    expect(() => NutcrackerConfig.of([])).toThrow('there is no pool');
    expect(() => NutcrackerConfig.of([pool('a', 'h:1'), pool('a', 'h:2')])).toThrow('two pools have the name "a"');
    expect(() => NutcrackerConfig.of([pool('a', 'h:1'), pool('b', 'h:1')])).toThrow(
      'pool "b": listen: the pools "a" and "b" both listen on h:1',
    );
  });

  test('are found by name, and a single one without a name', () => {
    const a = pool('a', 'h:1');
    const b = pool('b', 'h:2');
    expect(NutcrackerConfig.of([a, b]).pool('b')).toBe(b);
    expect(NutcrackerConfig.of([a]).pool()).toBe(a);
    expect(() => NutcrackerConfig.of([a, b]).pool()).toThrow('there are 2 pools; name one of "a", "b"');
    expect(() => NutcrackerConfig.of([a, b]).pool('c')).toThrow('there is no pool "c"; name one of "a", "b"');
  });
});
