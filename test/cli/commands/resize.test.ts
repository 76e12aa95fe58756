import * as fs from 'node:fs';
import * as path from 'node:path';
import { runInNewContext } from 'node:vm';
import { App } from 'cdk8s';
import { addedServers } from '../../../cli/commands/resize/added-servers';
import { Resize } from '../../../cli/commands/resize/resize';
import { FleetCharts, NutcrackerConfig, type PhasedReshard, ReshardPhase } from '../../../lib';
import { NFS } from '../../lab/fleet-charts';
import { Lab } from '../../lab/lab';
import { configFile, plain, pool, servers } from '../configurations';
import { ARTICLE, buildInto, type Result, run, UNIT_1 } from '../program';

const lab = new Lab();
afterAll(() => lab.close());
const program = path.join(buildInto(lab), 'cdk8s-twemproxy');
const cli = (...args: string[]): Promise<Result> => run(program, ['resize', ...args]);

function added(lines: readonly string[], ...values: string[]): string[] {
  return addedServers(configFile('a.yml', pool('alpha', lines)).pool(), values).map((server) => server.toString());
}

function named(...names: string[]): string[] {
  return names.map((name) => `${name}:6379:1 ${name}`);
}

describe('--add with a number continues the addresses and the names of the pool', () => {
  test.each([
    [named('s0', 's1', 's2'), ['s3:6379:1 s3', 's4:6379:1 s4']],
    [named('shard-08', 'shard-09'), ['shard-10:6379:1 shard-10', 'shard-11:6379:1 shard-11']],
    [
      ['redis-1.example.net:6379:1', 'redis-2.example.net:6379:1'],
      ['redis-3.example.net:6379:1', 'redis-4.example.net:6379:1'],
    ],
    [
      ['one:7000:1', 'one:7001:1'],
      ['one:7002:1', 'one:7003:1'],
    ],
  ])('%j', (lines, expected) => {
    expect(added(lines, '2')).toEqual(expected);
  });

  test.each([
    [['10.0.0.1:6379:1', '10.0.0.2:6379:1']],
    [['a1:6379:1', 'a3:6379:1']],
    [['a1:6379:1', 'b2:6379:1']],
    [['a1:6379:1', 'a2:6380:1']],
    [['a1:6379:1']],
    [['/run/a1:1', '/run/a2:1']],
    [['a1:6379:1 x', 'a2:6379:1 y']],
  ])('%j is refused: the next one is a guess', (lines) => {
    expect(() => added(lines, '1')).toThrow(/^--add 1: the (addresses|names) of the pool are not numbered/);
  });
});

test.each([
  ['0', '--add is "0"; write a number from 1 to 1000, or a server'],
  ['1001', 'write a number from 1 to 1000'],
  ['s9', '--add is "s9": "s9" has no port from 1 to 65535; write host:port, or "host:port name"'],
  ['s9:6379:1', '--add is "s9:6379:1", with a weight, which is computed; write host:port'],
  ['s9:6379 a b', 'which has more than one space'],
  ['s1:6379 other', '--add: "s1:6379" is already the address of a server'],
])('--add %j is refused', (value, message) => {
  expect(() => added(named('s0', 's1'), value)).toThrow(message);
});

test('prints the servers, what moves, and the shares', () => {
  const { pools } = configFile('a.yml', pool('alpha', servers(108)));
  const resize = new Resize(pools[0], addedServers(pools[0], ['shard:6379 server108']), []);
  const lines = resize.lines(plain);
  expect(lines.slice(0, 6)).toEqual([
    'pool "alpha": 108 servers, then 109',
    '+ shard:6379:999 server108',
    '~ 108 servers with another weight: 1000',
    expect.stringMatching(/^(0\.\d+|1\.0\d) % of the key space would move; ideal: 0\.917 %$/),
    'between servers that stay: none',
    '',
  ]);
  expect(lines).toHaveLength(6 + 1 + 109);
  const { json } = resize as { readonly json: Record<string, number> };
  expect(json).toMatchObject({ added: ['server108'], removed: [], movedForNothing: 0, ideal: 1 / 109 });
  expect(json.movedShare).toBeGreaterThan(0.006);
});

test('keys that move between servers that stay are printed', () => {
  const { pools } = configFile('a.yml', pool('alpha', servers(108)));
  const resize = new Resize(pools[0], [], ['server5']);
  expect(resize.lines(plain)[4]).toMatch(/^between servers that stay: 0\.0\d+ %$/);
  expect(resize.lines(plain)[2]).toBe('~ 107 servers with another weight: 1000, 975');
  expect((resize.json as { readonly movedForNothing: number }).movedForNothing).toBeGreaterThan(0);
});

describe('--output', () => {
  test('writes the whole file, which only its owner can read if it has a password', async () => {
    const output = path.join(lab.dir, 'new.yml');
    expect(await cli(ARTICLE, '--add', '1', '-o', output)).toMatchObject({ code: 0, stderr: '' });
    expect(fs.statSync(output).mode & 0o777).toBe(0o600);
    const [proposed] = NutcrackerConfig.fromFile(output).pools;
    expect(proposed.servers.at(-1)?.toString()).toBe('stateful-redis-4:6379:1 server4');
    expect(proposed.settings).toMatchObject({ redisAuth: 'foobar', timeout: 400 });
    const printed = await cli(ARTICLE, '--add', '1', '-o', '-');
    expect(String(printed.stdout)).toBe(fs.readFileSync(output, 'utf8'));
  });

  test('prints the change of a fleet in main.ts, which has the ring as it was written', async () => {
    const output = path.join(lab.dir, "the new 'ring'.yml");
    const { stdout } = await cli(ARTICLE, '--add', '1', '-o', output);
    const [, code] = /in main\.ts[^\n]*:\n([^]*)$/.exec(String(stdout)) ?? [];
    const { reshard } = runInNewContext(`({${code}})`, { NutcrackerConfig, ReshardPhase }) as {
      reshard: PhasedReshard;
    };
    const charts = new FleetCharts(new App(), 'alpha', {
      pool: NutcrackerConfig.fromFile(ARTICLE).pool(),
      reshard: { ...reshard, pools: [...(reshard.pools ?? [])] },
      storage: NFS,
      proxies: { image: 'twemproxy:0.5.0' },
    });
    expect(charts.redis.addresses).toHaveLength(5);
    expect(charts.reshard).toBeDefined();
  });

  test('keeps the other pools', async () => {
    const two = lab.write('two.yml', pool('alpha', servers(4)) + pool('beta', servers(5)));
    const { stdout } = await cli(two, '--pool', 'alpha', '--remove', 'server0', '-o', '-');
    const config = NutcrackerConfig.fromYaml(String(stdout));
    expect(config.pools.map((one) => [one.name, one.servers.length])).toEqual([
      ['alpha', 3],
      ['beta', 5],
    ]);
  });

  test('is never the input', async () => {
    const file = lab.write('same.yml', pool('alpha', servers(4)));
    const { code, stderr } = await cli(file, '--remove', 'server0', '-o', file);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `error: ${file}: it is also an input file; write to another file\n`,
    });
  });
});

test.each([
  [[UNIT_1], 'neither --add nor --remove is given; give a server'],
  [[UNIT_1, '--remove', 'a', '--remove', 'a'], '--remove "a" is given twice; give it once'],
  [[ARTICLE, '--add', '1', '-o', '-', '--json'], '--output - and --json both print; give a file'],
  [[ARTICLE, '--remove', 'x'], `${ARTICLE}: pool "alpha": no server has the ring name "x"; name one of "server0"`],
  [[ARTICLE, '--add', 'a:1 server0'], 'have the same ring name, "server0"'],
  [[ARTICLE, '--add', 'a:1 server0', '--remove', 'server0'], '"server0" is removed and added; to move a server'],
])('%j is refused', async (args, message) => {
  const { code, stdout, stderr } = await cli(...args);
  expect([code, stdout.length, stderr]).toEqual([2, 0, expect.stringContaining(message)]);
});
