import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { COMMAND_LINE, COMMANDS } from '../../migrator/command-line';
import { ROOT } from '../lab/synthesized';

const PLAN = {
  version: 2,
  fleet: 'unit-1',
  pools: [{ name: 'unit1', hash: 'fnv1a_64', distribution: 'ketama', hashTag: '{}', database: 0 }],
  sync: { concurrency: 8, perSourceHost: 1 },
  cutover: { concurrency: 4, deadlineMs: 1000 },
  keepLegacyInSync: false,
  proxyNetworks: ['10.0.0.0/8'],
  shards: [
    { shard: 0, servers: [{ pool: 'unit1', ringName: 'a:1', weight: 1 }], old: '127.0.0.1:1', new: '127.0.0.1:2' },
    { shard: 1, servers: [{ pool: 'unit1', ringName: 'b:1', weight: 2 }], old: '127.0.0.1:3', new: '127.0.0.1:4' },
  ],
};

let directory: string;
beforeAll(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'plan-'))));
afterAll(() => {
  fs.rmSync(directory, { recursive: true });
});

/** Runs the built program. */
function migrator(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const bundle = path.join(ROOT, 'build/migrator/migrator.mjs');
  return spawnSync('node', [bundle, ...args], { encoding: 'utf8' });
}

function planFile(plan: unknown): string {
  const file = path.join(directory, 'plan.json');
  fs.writeFileSync(file, typeof plan === 'string' ? plan : JSON.stringify(plan));
  return file;
}

test.each(Object.entries(COMMANDS))('the help of %s lists every option', (name, { options }) => {
  const { status, stdout } = migrator(name, '--help');
  expect(status).toBe(0);
  for (const option of Object.keys(options)) expect(stdout).toContain(`--${option}`);
});

test('the help without a command lists every command', () => {
  expect(migrator().stdout.trim()).toBe(COMMAND_LINE.help());
  for (const name of Object.keys(COMMANDS)) expect(COMMAND_LINE.help()).toContain(name);
});

test.each([
  [['move'], 'move is not a command; use one of preflight, sync, verify, cutover, rollback, status'],
  [['sync'], '--plan is missing; give the plan.json that the synth wrote'],
  [['sync', '--plan', 'x', '--full'], 'sync has no option --full'],
  [['sync', '--plan', 'x', '--concurrency', '0'], '--concurrency is "0"; write a whole number from 1'],
  [
    ['sync', '--plan', 'x', '--concurrency', '-5'],
    '--concurrency has no value, or one that begins with "-"; write --concurrency=VALUE',
  ],
  [['sync', '--plan', 'x', '--concurrency'], '--concurrency has no value'],
  [['cutover', '--plan', 'x', '--hold', 'tight'], '--hold is "tight"; write auto or pause or fence'],
  [['sync', '--plan', 'x', 'password'], "Unexpected argument 'password'"],
])('%j is refused', (args, message) => {
  expect(() => COMMAND_LINE.parse(args)).toThrow(message);
  const { status, stderr } = migrator(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});

test.each([
  ['invalid JSON', '{', 'plan.json: '],
  ['a list', [], 'is not a JSON object'],
  ['a different version', { ...PLAN, version: 1 }, 'version is 1, but this program reads 2'],
  [
    'an unknown hash',
    { ...PLAN, pools: [{ ...PLAN.pools[0], hash: 'sha1' }] },
    'pools[0].hash is "sha1"; write a hash of nutcracker',
  ],
  ['a network', { ...PLAN, proxyNetworks: ['10.0.0.1'] }, 'proxyNetworks is ["10.0.0.1"]; write a list of networks'],
  [
    'a user that cannot be',
    { ...PLAN, oldUser: 'a b' },
    'oldUser is "a b"; write the name of a user of the old servers',
  ],
  ['no shards', { ...PLAN, shards: [] }, 'shards is []; write a list of shards'],
  ['a shard that is not an object', { ...PLAN, shards: [7] }, 'shards[0] is 7; write an object'],
  [
    'an address without a port',
    { ...PLAN, shards: [{ ...PLAN.shards[0], new: 'host' }] },
    'shards[0].new is "host"; write host:port',
  ],
  [
    'a place on the ring of no pool',
    { ...PLAN, shards: [{ ...PLAN.shards[0], servers: [{ pool: 'jobs', ringName: 'a', weight: 1 }] }] },
    'shards[0].servers[0].pool is "jobs"; write a pool of the plan',
  ],
  [
    'one name twice on a ring',
    { ...PLAN, shards: [PLAN.shards[0], { ...PLAN.shards[1], servers: PLAN.shards[0].servers }] },
    'shards[1].servers[0].ringName is "a:1", the same as in shards[0].servers[0]; make them different',
  ],
  [
    'two shards on one server',
    { ...PLAN, shards: [PLAN.shards[0], { ...PLAN.shards[1], old: '127.0.0.1:1' }] },
    'shards[1].old is "127.0.0.1:1", the same as in shards[0]; make them different',
  ],
])('a plan with %s is refused, and the file is named', (_what, plan, message) => {
  const file = planFile(plan);
  const { status, stderr } = migrator('status', '--plan', file);
  expect(status).toBe(2);
  expect(stderr).toContain(file);
  expect(stderr).toContain(message);
});

test.each([
  ['5', '--shards names 5; the plan has 2 shards'],
  ['1-0', '--shards has "1-0"; write ordinals and ranges'],
  ['one', '--shards has "one"; write ordinals and ranges'],
  ['0%', '--shards is 0%; write a percentage from 1% to 100%'],
  ['101%', '--shards is 101%; write a percentage from 1% to 100%'],
])('--shards %s is refused', (list, message) => {
  const { status, stderr } = migrator('status', '--plan', planFile(PLAN), '--shards', list);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});

test('a missing password file is reported', () => {
  const { status, stderr } = migrator('status', '--plan', planFile(PLAN), '--password-file', '/nowhere');
  expect(status).toBe(2);
  expect(stderr).toContain("--password-file: ENOENT: no such file or directory, open '/nowhere'");
});

test('unreachable servers are reported, with the exit code for an incomplete result', () => {
  const { status, stdout } = migrator('status', '--plan', planFile(PLAN), '--shards', '0', '--json');
  expect(status).toBe(4);
  const summary = JSON.parse(stdout.trim().split('\n').pop() ?? '') as object;
  expect(summary).toMatchObject({
    kind: 'summary',
    shards: [{ shard: 0, state: 'new unreachable', silence: expect.stringContaining('127.0.0.1:1: ') as string }],
  });
});

test('the former name of an option is accepted', () => {
  expect(COMMAND_LINE.parse(['cutover', '--plan', 'x', '--allow-strangers'])).toEqual(
    COMMAND_LINE.parse(['cutover', '--plan', 'x', '--allow-unexpected-clients']),
  );
});

test.each(Object.keys(COMMANDS))('the help of %s explains its exit codes', (name) => {
  const { exit } = COMMANDS[name as keyof typeof COMMANDS];
  for (const [code, meaning] of [
    [0, exit.done],
    [3, exit.refused],
    [4, exit.incomplete],
  ] as const)
    expect(COMMAND_LINE.help(name)).toContain(`  ${code}  ${meaning}`);
});
