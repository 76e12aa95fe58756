import * as fs from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { RedisConfig } from '../../../../lib';
import { KNOWN_DIRECTIVES } from '../../../../lib/redis/config/known-directives';
import { LATER_DIRECTIVES } from '../../../../lib/redis/config/later-directives';
import { DEFAULT_REDIS_IMAGE } from '../../../../lib/redis/config/server-version';
import { Lab } from '../../../lab/lab';
import { pool, servers } from '../../configurations';
import { ENOUGH, start } from './starting';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

const alpha = pool('alpha', servers(3), 'redis_auth: s3cret', 'hash: murmur');
const at = (...names: readonly string[]): string => path.join(lab.dir, ...names);
const read = (name: string): string => fs.readFileSync(at('repo', name), 'utf8');

/** The paths of all files and directories in the lab. */
const everything = (): string[] => fs.readdirSync(lab.dir, { recursive: true }).map(String).sort();

test('a repository is created, and its files are listed', async () => {
  const { exitCode, lines, json } = await start(alpha, { directory: at('repo') });
  expect(exitCode).toBe(0);
  const written = everything().filter((name) => fs.statSync(at(name)).isFile());
  expect(written).toEqual((json.files as string[]).map((name) => `repo/${name}`).sort());
  expect(lines).toEqual(
    expect.arrayContaining([
      "nutcracker: configuration file 'stdin' syntax is ok (0 warnings, 0 notes)",
      ...(json.files as string[]).map((name) => `  ${name}`),
    ]),
  );
  expect(lines.join('\n')).not.toContain('anyone who can read the file knows the password');
  expect(read('package.json')).toContain('"cdk8s-twemproxy": "1.2.3"');
});

test('only settings that a synth uses are copied from the live files, and no secrets', async () => {
  const redisConf = lab.write(
    'redis.conf',
    [
      ...['# was: requirepass s3cret', 'include /etc/redis/common.conf', 'requirepass s3cret', 'masterauth s3cret'],
      ...['tls-key-file-pass s3cret', 'user app on >s3cret ~* +@all', 'masteruser s3cret', 'aclfile /etc/s3cret.acl'],
      ...['loadmodule /opt/s3cret.so PASSWORD s3cret', 's3cret.max 5', '# sentinel auth-pass shop s3cret'],
      ...['rename-command CONFIG s3cret', 'rename-command KEYS "s3cret 2"', 'rename-command FLUSHALL ""'],
      ...['proc-title-template "{title} s3cret"', 'syslog-ident s3cret', 'logfile /var/s3cret.log', 'slave-priority 7'],
      ...['locale-collate s3cret', 'availability-zone s3cret', 'ignore-warnings s3cret', 'save 900 1', ''],
    ].join('\n'),
  );
  lab.write('common.conf', '# s3cret\nuser default on >s3cret\nmaxmemory 3gb\nhz 20\n');
  const withComments = alpha.replace('  redis: true', '  # s3cret\n  redis: true # since s3cret');
  const { lines: printed } = await start(withComments, { directory: at('repo'), redisConf });
  expect(printed).toContain(
    "  grep -ih '^[[:space:]]*rename-command' redis.conf | kubectl -n alpha create secret generic alpha-renamed-commands --from-file=renamed-commands=/dev/stdin",
  );
  expect(read('fleets/alpha/fleet.ts')).toContain("renamedCommands: { name: 'alpha-renamed-commands' },");
  expect(read('fleets/alpha/nutcracker.yml')).toBe(alpha.replace('s3cret', 'replaced'));
  const lines = read('fleets/alpha/redis.conf').split('\n');
  expect(lines.filter((line) => !line.startsWith('#'))).toEqual([
    ...['hz 20', 'rename-command KEYS ""', 'rename-command FLUSHALL ""', 'replica-priority 7', 'save 900 1', ''],
  ]);
  expect(lines).toEqual(
    expect.arrayContaining([
      '#   of an included file, line 3: maxmemory',
      '#   line 3: requirepass',
      '#   line 12: rename-command',
    ]),
  );
  for (const name of everything().filter((each) => each.startsWith('repo/') && fs.statSync(at(each)).isFile())) {
    expect(fs.readFileSync(at(name), 'utf8')).not.toContain('s3cret');
  }
  expect(RedisConfig.fromFile(at('repo/fleets/alpha/redis.conf')).render()).toBe(
    RedisConfig.fromFile(redisConf).render(),
  );
});

test('a repository has no secret from anywhere in a redis.conf', async () => {
  const names = [...new Set([...Object.keys(KNOWN_DIRECTIVES), ...Object.keys(LATER_DIRECTIVES), ...OTHERS])];
  const line = fc
    .record({ name: fc.constantFrom(...names), form: fc.constantFrom(...FORMS) })
    .map(({ name, form }) => form(name));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 4 }), async (lines) => {
      const redisConf = lab.write('redis.conf', lines.join('\n'));
      const directory = at(`repo-${++repositories}`);
      // If a line is invalid, nothing is written.
      const made = await start(alpha, { directory, redisConf }).then(
        () => true,
        () => false,
      );
      const found = made ? fs.readFileSync(path.join(directory, 'fleets/alpha/redis.conf'), 'utf8') : '';
      expect(found.toLowerCase()).not.toContain('s3cret');
      // Nor do manifests that a user synthesizes from the live file.
      expect(rendered(redisConf).toLowerCase()).not.toContain('s3cret');
    }),
    { numRuns: 300 },
  );
});

/** The redis.conf in the manifests; empty if the file is refused. */
function rendered(file: string): string {
  try {
    return RedisConfig.fromFile(file).render();
  } catch {
    return '';
  }
}

let repositories = 0;
const OTHERS = [
  'requirepass',
  'user',
  'rename-command KEYS',
  'rename-command config',
  'loadmodule',
  'tls-key-file-pass',
  'bind',
  'a.b',
];
const FORMS: readonly ((name: string) => string)[] = [
  (name) => `${name} S3CRET`,
  (name) => `${name} yes # S3CRET`,
  (name) => `${name} "S3CRET and more"`,
  (name) => `${name} 1 S3CRET`,
  (name) => `  # ${name} S3CRET`,
  (name) => `${name.toUpperCase()} 'x' S3CRET`,
];

test('ring.json has the ring of the file', async () => {
  await start(pool('alpha', ['h:1:2', '/x'.slice(1) + ':6379:1 a'], 'hash_tag: "{}"'), { directory: at('repo') });
  expect(JSON.parse(read('fleets/alpha/ring.json'))).toEqual({
    pools: [
      {
        pool: 'alpha',
        hash: 'fnv1a_64',
        hashTag: '{}',
        distribution: 'ketama',
        database: 0,
        servers: ['h:1:2', 'x:6379:1 a'],
      },
    ],
  });
});

test('shards get the memory of the old servers, and memory for a fork', async () => {
  const redisConf = lab.write('redis.conf', 'requirepass s3cret\nmaxmemory 3gb\n');
  const { json } = await start(alpha, { directory: at('repo'), redisConf });
  expect(json.fleets[0]).toMatchObject({ memory: '5Gi', maxmemory: '3Gi', storage: { capacity: '60Gi' } });
});

describe('a value that is not in the files', () => {
  test('is suggested from the pool, the file and the fleet', async () => {
    const { json } = await start(alpha, { directory: at('repo') });
    expect(json.fleets[0]).toEqual({
      fleet: 'alpha',
      namespace: 'alpha',
      secret: 'alpha-redis',
      storage: { server: 'nfs.example.net', path: '/export/alpha', capacity: '12Gi' },
      memory: '1Gi',
      image: 'proxy:1',
      redisImage: DEFAULT_REDIS_IMAGE,
      proxyPorts: {},
      replicas: 0,
      proxyNetworks: [],
    });
  });

  test.each([
    ['Unit_1/Süd', 'unit-1-sud'],
    ['1st', 'st'],
    ['"日本"', 'fleet'],
    [`x${'y'.repeat(60)}`, `x${'y'.repeat(38)}`],
  ])('is the name: pool %s becomes fleet %s', async (name, fleet) => {
    const { json } = await start(pool('alpha', servers(2)).replace('alpha', name), { directory: at('repo') });
    expect(json.fleets[0].fleet).toBe(fleet);
  });

  test('is reported as missing if it has no suggestion', async () => {
    await expect(start(alpha, { directory: at('repo'), options: {} })).rejects.toThrow(
      /^--nfs-server with --nfs-path, or --storage-class, is missing: .*\n--proxy-image is missing: .*$/,
    );
    await expect(
      start(alpha, { directory: at('repo'), options: { ...ENOUGH, 'nfs-path': undefined } }),
    ).rejects.toThrow(/^--nfs-path is missing: Exported directory$/);
    expect(everything()).toEqual([]);
  });

  test('is asked for, with its suggestion, until the answer is valid', async () => {
    const answers = [
      '',
      'Shop',
      'shop',
      '',
      'much',
      '2Gi',
      '',
      'fast',
      '',
      'proxy',
      'proxy:2',
      '',
      '2',
      '0',
      '10.0.0.0/40',
      '10.0.0.0/8',
    ];
    const asked: string[] = [];
    const problems: string[] = [];
    const ask = (text: string, suggestion?: string): Promise<string> => {
      asked.push(`${text} [${suggestion ?? ''}]`);
      return Promise.resolve(answers.shift() ?? '');
    };
    const { json } = await start(alpha, { directory: at('repo'), options: {}, ask, problems });
    expect(json.fleets[0]).toEqual({
      fleet: 'alpha',
      namespace: 'shop',
      secret: 'alpha-redis',
      storage: { storageClass: 'fast', capacity: '8Gi' },
      memory: '2Gi',
      image: 'proxy:2',
      redisImage: 'docker.io/library/redis:7.2.11-bookworm',
      proxyPorts: {},
      replicas: 0,
      proxyNetworks: ['10.0.0.0/8'],
    });
    expect(problems).toEqual([
      expect.stringContaining('"Shop": use at most 63 lower-case letters'),
      expect.stringContaining('"much": write an amount such as 512Mi'),
      expect.stringContaining('"proxy": add a tag'),
      expect.stringContaining('"2": write 0 or 1'),
      expect.stringContaining('"10.0.0.0/40": write a CIDR block such as'),
    ]);
    expect(asked).toEqual(expect.arrayContaining(['Size of the volume of each shard [8Gi]']));
  });

  test('is not asked for if it is given as an option', async () => {
    const asked: string[] = [];
    const options = {
      ...ENOUGH,
      'redis-image': 'redis:7.2',
      fleet: 'a',
      namespace: 'b',
      secret: 'c',
      memory: '1Gi',
      capacity: '1Gi',
      replicas: '1',
    };
    const ask = (text: string): Promise<string> => Promise.resolve((asked.push(text), ''));
    await start(alpha, { directory: at('repo'), options: { ...options, 'proxy-networks': '' }, ask });
    expect(asked).toEqual([]);
  });
});

describe.each([
  ['fleet', 'Unit_1', 'use at most 39 lower-case'],
  ['fleet', 'x'.repeat(40), 'use at most 39 lower-case'],
  ['namespace', '-', 'use at most 63 lower-case'],
  ['secret', 'A', 'use lower-case letters'],
  ['memory', '5GB', 'write an amount such as 512Mi'],
  ['capacity', '0Gi', 'write an amount such as 512Mi'],
  ['nfs-server', 'a/b', 'write a host name'],
  ['nfs-path', 'export', 'write an absolute path'],
  ['proxy-image', 'twemproxy:latest', 'add a tag'],
  ['replicas', '2', 'write 0 or 1'],
  ['proxy-networks', '10.0.0.0/8,10.1', 'write a CIDR block such as'],
])('--%s %s', (option, value, remedy) => {
  test('is refused, and nothing is written', async () => {
    const options = { ...ENOUGH, [option]: value };
    await expect(start(alpha, { directory: at('repo'), options })).rejects.toThrow(
      `--${option} is "${value}"; ${remedy}`,
    );
    expect(everything()).toEqual([]);
  });
});

test('less memory than that of the old servers is refused', async () => {
  const redisConf = lab.write('redis.conf', 'requirepass s3cret\nmaxmemory 3gb\n');
  const options = { ...ENOUGH, memory: '3Gi' };
  await expect(start(alpha, { directory: at('repo'), redisConf, options })).rejects.toThrow(
    '--memory is "3Gi"; it must be more than the maxmemory of the old servers, 3Gi; use 5Gi',
  );
});

describe('a fleet that cannot be migrated is refused with file and line', () => {
  test.each([
    [
      'a file that nutcracker refuses',
      pool('alpha', ['10.0.0.1:6379:0'], 'hash: sha1'),
      /^stdin:5: hash: .*nutcracker says[^]*^stdin:7: /m,
    ],
    [
      'a pool for memcached',
      'alpha:\n  listen: 0.0.0.0:1\n  servers:\n    - a:11211:1\n',
      /^stdin:1: redis: the pool is for memcached/,
    ],
    ['a pool without a ring', pool('alpha', servers(2), 'distribution: random'), /^stdin: .*random/],
    [
      'a Unix socket',
      pool('alpha', ['a:1:1', '/run/r.sock:2']),
      'stdin:7: servers: "/run/r.sock:2" is a Unix socket, which no pod can reach; write its TCP address and its ring name: "HOST:PORT:2 /run/r.sock:"',
    ],
    [
      'two servers with the same address',
      pool('alpha', ['a:1:1 x', 'a:1:1 y']),
      'stdin:7: servers: "x" and "y" have the same address, a:1; give each',
    ],
  ])('%s', async (_what, nutcracker, message) => {
    await expect(start(nutcracker, { directory: at('repo') })).rejects.toThrow(message);
    expect(everything()).toEqual([]);
  });

  test('a redis.conf that is missing, or invalid for every release or for that of the image', async () => {
    const redisConf = lab.write('redis.conf', 'hz ten\nno-such 1\n');
    await expect(start(alpha, { redisConf })).rejects.toThrow(
      /^.*redis.conf:1: hz ten: .*\n.*redis.conf:2: redis-server has no directive/,
    );
    const ofValkey = lab.write('redis.conf', 'hz 10\nimport-mode no\n');
    await expect(start(alpha, { redisConf: ofValkey })).rejects.toThrow(
      /^\S+redis.conf:2: Redis 7.2 has no directive import-mode, which came with Valkey 8.1; remove the line, .*$/,
    );
    const older = { ...ENOUGH, 'redis-image': 'valkey/valkey:8.0' };
    await expect(start(alpha, { redisConf: ofValkey, options: older })).rejects.toThrow(
      '--redis-image is "valkey/valkey:8.0"; ',
    );
    expect(everything()).toEqual(['redis.conf']);
    const valkey = { ...ENOUGH, 'redis-image': 'valkey/valkey:8.1' };
    await start(alpha, { redisConf: ofValkey, options: valkey, directory: at('repo') });
    expect(read('fleets/alpha/fleet.ts')).toContain("image: 'valkey/valkey:8.1'");
    expect(read('fleets/alpha/redis.conf')).toContain('import-mode no');
    await expect(start(alpha, { redisConf: at('none') })).rejects.toThrow(/none: there is no such file; /);
  });
});

describe('with several pools', () => {
  const far = pool('beta', ['b:1:1', 'b:2:1']);
  const near = (name: string, port: number, ...more: string[]): string =>
    pool(name, servers(2), ...more).replace(/listen: .*/, `listen: 0.0.0.0:${port}`);

  test('pools that share servers become one fleet, others become separate fleets, and memcached pools are skipped', async () => {
    const cache = 'cache:\n  listen: 0.0.0.0:3\n  servers:\n    - a:11211:1\n';
    const file = [
      near('web', 22121),
      near('beta', 22125).replaceAll('10.0.0.', '10.0.1.'),
      near('jobs', 22131, 'redis_db: 3'),
      cache,
    ];
    const { json, lines } = await start(file.join(''), { directory: at('repo') });
    expect(json.fleets).toMatchObject([{ fleet: 'web' }, { fleet: 'beta' }]);
    expect(read('fleets/web/fleet.ts')).toContain("  pools: [config.pool('web'), config.pool('jobs')],");
    expect(read('fleets/beta/fleet.ts')).toContain("  pool: config.pool('beta'),");
    expect(JSON.parse(read('fleets/web/ring.json')).pools).toMatchObject([
      { pool: 'web' },
      { pool: 'jobs', database: 3 },
    ]);
    expect(read('main.ts')).toContain(
      "webFleet.writeRunbook('fleets/web/fleet.ts');\nbetaFleet.writeRunbook('fleets/beta/fleet.ts');\n",
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^stdin: warning: pool "cache" is for memcached, and is skipped/),
    );
  });

  test('a pool does not move without those that share its servers, and their passwords must be equal', async () => {
    const both = near('web', 22121) + near('jobs', 22131);
    await expect(start(both, { options: { ...ENOUGH, pool: 'jobs' } })).rejects.toThrow(
      /^stdin:6: pool "web" shares servers with pool "jobs", and would get READONLY or MASTERDOWN/,
    );
    const apart = near('web', 22121, 'redis_auth: one') + near('jobs', 22131, 'redis_auth: two');
    await expect(start(apart, { directory: at('repo') })).rejects.toThrow(
      /^stdin:\d+: the redis_auth of pool "jobs" differs from that of pool "web", but they share servers/,
    );
    expect(everything()).toEqual([]);
  });

  test('--pool chooses one', async () => {
    const { json } = await start(alpha + far, { directory: at('repo'), options: { ...ENOUGH, pool: 'beta' } });
    expect(json.fleets).toMatchObject([{ fleet: 'beta' }]);
    expect(json.fleets[0].secret).toBeUndefined();
    expect(read('fleets/beta/fleet.ts')).toContain("pool: config.pool('beta'),");
    expect(read('fleets/beta/nutcracker.yml')).toContain('redis_auth: replaced');
    await expect(start(alpha + far, { options: { ...ENOUGH, pool: 'gamma' } })).rejects.toThrow(
      'there is no pool "gamma"',
    );
  });

  test('an option for a single fleet is refused', async () => {
    await expect(start(alpha + far, { options: { ...ENOUGH, fleet: 'x' } })).rejects.toThrow(
      '--fleet is for a single fleet, and pools that share no servers are separate fleets: "alpha", "beta"; choose one with --pool',
    );
  });
});

describe('an existing repository', () => {
  const add = (name: string) => start(pool(name, ['b:1:1', 'b:2:1']), { directory: at('repo') });

  test('gets another fleet, and all existing files are kept', async () => {
    await start(alpha, { directory: at('repo') });
    fs.appendFileSync(at('repo/README.md'), 'ours\n');
    fs.appendFileSync(at('repo/fleets/alpha/fleet.ts'), '// ours\n');
    const before = everything().filter((name) => fs.statSync(at(name)).isFile() && !name.endsWith('main.ts'));
    const texts = before.map((name) => fs.readFileSync(at(name), 'utf8'));
    const { json } = await add('alpha');
    expect(json.fleets).toMatchObject([{ fleet: 'alpha-2' }]);
    expect(before.map((name) => fs.readFileSync(at(name), 'utf8'))).toEqual(texts);
    expect(read('main.ts')).toMatch(
      /alpha'?\/fleet';\nimport .* '.\/fleets\/alpha-2\/fleet';\n[^]*alpha2Fleet.writeRunbook\('fleets\/alpha-2\/fleet.ts'\);\n$/,
    );
    expect(everything().filter((name) => name.startsWith('repo/fleets/alpha-2/'))).toHaveLength(4);
  });

  test('does not get a server that already moves with one of its fleets', async () => {
    await start(alpha, { directory: at('repo') });
    await expect(start(pool('web', servers(1)), { directory: at('repo') })).rejects.toThrow(
      'nutcracker.yml:8: 10.0.0.0:6379 of pool "web" already moves with fleet alpha; a server moves with all its pools',
    );
  });

  test('is not changed if its main.ts has no import of a fleet', async () => {
    await start(alpha, { directory: at('repo') });
    fs.writeFileSync(at('repo/main.ts'), '// rewritten\n');
    const before = everything();
    await expect(add('beta')).rejects.toThrow('main.ts: it has no line such as "import { fleet as shopFleet }');
    expect(everything()).toEqual(before);
  });
});

test('problems that are not visible in the copies are reported', async () => {
  const redisConf = lab.write('redis.conf', 'requirepass other\nreplicaof 10.0.0.9 6379\n');
  const nutcracker = alpha.replace('10.0.0.1:', '127.0.0.1:');
  const { lines } = await start(nutcracker, { directory: at('repo'), redisConf });
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^stdin:9: warning: 1 of 3 servers have addresses such as 127.0.0.1:6379, .* "HOST:PORT:1 server1"$/,
      ),
      `${redisConf}: warning: its requirepass is not the redis_auth of pool "alpha"; is it the redis.conf of these servers?`,
      expect.stringMatching(/redis.conf:2: warning: replicaof ignored: /),
    ]),
  );
  expect(lines.join()).not.toMatch(/s3cret|other/);
});

test('init warns of a fleet that may be too large for the bridge', async () => {
  const { lines } = await start(pool('alpha', servers(501)), { directory: at('repo') });
  expect(lines).toContainEqual(expect.stringMatching(/^stdin: warning: there are 501 servers, .* room for about 700/));
});
