import * as path from 'node:path';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import {
  HashType,
  NutcrackerConfig,
  NutcrackerPool,
  type NutcrackerPoolProps,
  NutcrackerServer,
} from '../../lib/nutcracker';
import { IS_LONG } from '../lab/cases';
import { Lab } from '../lab/lab';
import { withServer } from '../redis/real-redis';
import { poolsOfAFile } from './config-arbitraries';
import { nutcrackerAccepts } from './real-verdict';

const lab = new Lab();
afterAll(() => lab.close());

const configOf = (pools: readonly NutcrackerPoolProps[]): NutcrackerConfig =>
  NutcrackerConfig.of(pools.map((props) => new NutcrackerPool(props)));

test('a configuration is written as a person would write it', () => {
  const servers = [
    new NutcrackerServer({ address: '10.0.0.1:6379', name: 'redis-0' }),
    new NutcrackerServer({ address: 'shard-1.svc.:6379', weight: 2, name: '10.0.0.2:6379' }),
    new NutcrackerServer({ address: '/run/redis.sock' }),
  ];
  const config = configOf([
    {
      servers,
      name: 'alpha',
      timeout: 400,
      redis: true,
      listen: '0.0.0.0:22121',
      hashTag: '{}',
      hash: HashType.MURMUR,
    },
    { servers, name: 'beta', listen: '/run/nutcracker.sock 660', redis: true, redisAuth: "it's #1: 100% \\n" },
  ]);

  expect(config.toYaml()).toBe(`alpha:
  listen: 0.0.0.0:22121
  hash: murmur
  hash_tag: "{}"
  timeout: 400
  redis: true
  servers:
    - 10.0.0.1:6379:1 redis-0
    - shard-1.svc.:6379:2 10.0.0.2:6379
    - /run/redis.sock:1

beta:
  listen: /run/nutcracker.sock 660
  redis: true
  redis_auth: "it's #1: 100% \\\\n"
  servers:
    - 10.0.0.1:6379:1 redis-0
    - shard-1.svc.:6379:2 10.0.0.2:6379
    - /run/redis.sock:1
`);
});

test('a written configuration reads back unchanged, and nutcracker accepts it', () => {
  fc.assert(
    fc.property(poolsOfAFile, (pools) => {
      const config = configOf(pools);
      const text = config.toYaml();
      expect({ text, accepted: nutcrackerAccepts(lab, text) }).toEqual({ text, accepted: true });
      const read = NutcrackerConfig.fromYaml(text);
      expect(read.pools.map(withoutLines)).toEqual(config.pools.map(withoutLines));
      expect(read.toYaml()).toBe(text);
    }),
    { seed: 20, numRuns: IS_LONG ? 200 : 100 },
  );
});

test('nutcracker reads a password as exactly the given bytes', async () => {
  const passwords = [
    ...[
      'plain-1',
      'two words',
      ' blanks around ',
      '"double"',
      "'single'",
      '# no remark',
      'a: b',
      'a #b',
      '$HOME ${HOME} {}',
    ],
    ...[
      'back\\slash\\n\\x41',
      'line\nbreak',
      'tab\there',
      'carriage\rreturn',
      'pässwörd漢😀',
      '\u0001\u007f\u0085\u2028\ufeff',
    ],
    ...[
      '-',
      '- a',
      '?',
      '~',
      'null',
      'true',
      '0x10',
      '|',
      '>',
      '&a',
      '*a',
      '!a',
      '%a',
      '@a',
      '`a',
      '[a]',
      '...',
      '---',
    ],
  ];
  await withServer(lab, '', async (direct) => {
    await direct.call('ACL', 'SETUSER', 'default', 'resetpass', ...passwords.map((password) => `>${password}`));
    const servers = [new NutcrackerServer({ address: String(direct.options.path), name: 'redis-0' })];
    const listens = passwords.map((_, i) => path.join(lab.dir, `pool-${i}`));
    const pools = passwords.map((redisAuth, i) => ({
      name: `pool-${i}`,
      listen: listens[i],
      redis: true,
      redisAuth,
      servers,
    }));
    await lab.nutcracker(configOf(pools).toYaml(), listens);
    for (const [i, password] of passwords.entries()) {
      const client = new Redis({ path: listens[i], enableReadyCheck: false, disableClientInfo: true });
      try {
        await expect(client.get('key')).rejects.toThrow('NOAUTH');
        await expect(client.auth(password)).resolves.toBe('OK');
        await expect(client.set('key', password)).resolves.toBe('OK');
      } finally {
        client.disconnect();
      }
    }
  });
});

function withoutLines({ settings, servers }: NutcrackerPool): object {
  return { ...settings, servers: servers.map(({ address, weight, name }) => ({ address, weight, name })) };
}
