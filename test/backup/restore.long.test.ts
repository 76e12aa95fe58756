// Restores to shards with real servers: complete, and refused where they would lose something.

import * as fs from 'node:fs';
import { type BackupPlan } from '../../lib/backup/backup-plan';
import { Backups, type Ran } from '../lab/backups';
import { PASSWORD } from '../lab/clients';
import { keysWhere, readDataset, writeDataset } from '../lab/dataset';
import { freePort, Lab, type Program, until } from '../lab/lab';
import { type LabShard, Replicated } from '../lab/replicated';

const KEYS = keysWhere(() => true, 330);
let lab: Lab;
let fleet: Replicated;
let backups: Backups;
let shard: LabShard;
let wanted: Record<string, unknown>;
let name: string;
beforeAll(async () => {
  lab = new Lab();
  fleet = await Replicated.start(lab, { shards: 1 });
  [shard] = fleet.shards;
  const { client } = shard.servers.a;
  await writeDataset(client, KEYS);
  await client.select(1);
  await client.set('elsewhere', 'x');
  await client.select(0);
  await shard.replicated();
  wanted = await readDataset(client, KEYS);
  backups = new Backups(lab, fleet, PASSWORD);
  expect((await backups.run(['backup'])).code).toBe(0);
  [name] = backups.complete;
});
beforeEach(async () => {
  await shard.servers.a.client.flushall();
  // A replica that has not followed yet has data of its own, which a restore refuses to lose.
  await shard.replicated();
});
afterAll(async () => {
  await fleet.close();
  await lab.close();
});

async function start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, plan?: BackupPlan): Promise<Program> {
  const words = ['restore', '--host', '127.0.0.1', '--port', String(await freePort()), ...args];
  return backups.start(words, env, plan);
}

async function restored(args?: readonly string[], env?: NodeJS.ProcessEnv, plan?: BackupPlan): Promise<Ran> {
  const program = await start(args, env, plan);
  return { code: await program.exit(), output: program.output };
}

/** Both servers have the data, and the first one is the master, also for the Sentinels. */
async function hasAll({ code, output }: Ran): Promise<void> {
  expect([code, output]).toEqual([0, expect.stringContaining('1 of 1 shards are restored')]);
  const { a, b } = shard.servers;
  expect(await shard.roles()).toEqual(shard.rolesWith('a'));
  expect(await readDataset(a.client, KEYS)).toEqual(wanted);
  await a.client.select(1);
  expect(await a.client.get('elsewhere')).toBe('x');
  await a.client.select(0);
  await until('b has the same', async () => (await b.client.dbsize().catch(() => 0)) === (await a.client.dbsize()));
  expect(await a.client.set('writable', '1')).toBe('OK');
  await a.client.del('writable');
  await shard.replicated();
}

test('an empty shard gets all data, its replica follows, and both are durable', async () => {
  await fleet.monitor();
  await hasAll(await restored());
  const { a, b } = shard.servers;
  await until(
    'the Sentinels have forgotten it',
    async () => (await fleet.sentinels[0].names(shard.name)) === undefined,
  );
  expect(await a.client.config('GET', 'repl-diskless-load')).toEqual(['repl-diskless-load', 'disabled']);
  await until('the AOF of b is complete', async () => (await b.info()).get('aof_rewrite_in_progress') === '0');
  await b.kill();
  await a.kill();
  await a.start();
  await b.start(a.port);
  expect(await readDataset(a.client, KEYS)).toEqual(wanted);
});

test('a shard with data is left alone, unless it has that of the backup', async () => {
  const { a } = shard.servers;
  await a.client.set('live', '1');
  const before = await shard.roles();
  const { code, output } = await restored();
  expect([code, output]).toEqual([
    3,
    expect.stringMatching(/:\d+ has 1 key, and not those of the backup; a restore needs/),
  ]);
  expect(await shard.roles()).toEqual(before);
  expect(await a.client.get('live')).toBe('1');
  await a.client.del('live');
  await shard.replicated();
  await hasAll(await restored());
  expect((await restored()).output).toContain('already has the data of the backup');
});

test('a shard with other data loses it only if that is accepted, and the file is whole', async () => {
  const { a } = shard.servers;
  await a.client.set('live', '1');
  const [{ file }] = backups.manifest(name).shards;
  const whole = fs.readFileSync(backups.path(name, file));
  fs.writeFileSync(backups.path(name, file), whole.subarray(1));
  const { code, output } = await restored(['--discard-data']);
  expect([code, output]).toEqual([3, expect.stringContaining('is damaged')]);
  expect(await a.client.get('live')).toBe('1');
  fs.writeFileSync(backups.path(name, file), whole);
  const dying = await start(['--discard-data'], { CDK8S_TWEMPROXY_SIGNAL_AT: 'restore.discarded SIGKILL' });
  expect(await dying.exit()).toBeNull();
  const job = { JOB_UID: 'a-job' };
  await hasAll(await restored(['--discard-data'], job));
  expect(await a.client.exists('live')).toBe(0);
  // The same Job again keeps what was written since; another one does not.
  await a.client.set('live', '2');
  expect((await restored(['--discard-data'], job)).output).toContain('already has the data of the backup');
  expect(await a.client.get('live')).toBe('2');
  await hasAll(await restored(['--discard-data'], { JOB_UID: 'another' }));
  expect(await a.client.exists('live')).toBe(0);
});

test('a damaged file, another ring, and an incomplete backup are refused, and no client gets a part of the data', async () => {
  const { a } = shard.servers;
  const [{ file }] = backups.manifest(name).shards;
  const whole = fs.readFileSync(backups.path(name, file));
  const refuses = async (code: number, message: string, args?: string[], plan?: BackupPlan): Promise<void> => {
    const ran = await restored(args, {}, plan);
    expect([ran.code, ran.output]).toEqual([code, expect.stringContaining(message)]);
  };
  for (const damaged of [whole.subarray(0, -1), Buffer.concat([whole.subarray(0, -20), Buffer.alloc(20)])]) {
    fs.writeFileSync(backups.path(name, file), damaged);
    await refuses(3, 'is damaged: it is not what the manifest describes; restore another backup');
    expect(await shard.role('a')).toMatch(/^slave of/);
    expect((await a.info()).has('db0')).toBe(false);
  }
  fs.writeFileSync(backups.path(name, file), whole);
  await refuses(3, 'is a backup of the ring a-ring, and the plan has the ring b', [], { ...backups.plan, ring: 'b' });
  await refuses(2, `the complete backups are ${name}`, ['--from', '2020-01-01T00-00-00Z']);
  fs.cpSync(backups.path(name), backups.path('torn'), { recursive: true });
  fs.rmSync(backups.path('torn', 'manifest.json'));
  await refuses(3, 'has no manifest.json: it is incomplete', ['--from', 'torn']);
  await hasAll(await restored());
});
