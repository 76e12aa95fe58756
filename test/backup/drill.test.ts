// A drill loads each shard of a backup into a server of no fleet.

import * as fs from 'node:fs';
import { Backups, type Ran } from '../lab/backups';
import { connect, PASSWORD } from '../lab/clients';
import { keysWhere, writeDataset } from '../lab/dataset';
import { freePort, Lab, type Program } from '../lab/lab';
import { Replicated } from '../lab/replicated';

let lab: Lab;
let fleet: Replicated;
let backups: Backups;
let name: string;
beforeAll(async () => {
  lab = new Lab();
  fleet = await Replicated.start(lab, { shards: 2 });
  for (const [i, shard] of fleet.shards.entries()) {
    const keys = keysWhere(() => true, 110 + i);
    await writeDataset(shard.servers.a.client, keys);
    await shard.replicated();
  }
  backups = new Backups(lab, fleet, PASSWORD);
  expect((await backups.run(['backup'])).code).toBe(0);
  [name] = backups.complete;
});
afterAll(async () => {
  await fleet.close();
  await lab.close();
});

async function scratchServer(): Promise<{ port: number; program: Program }> {
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return { port, program: lab.start('redis-server', words) };
}

async function drilled(port: number): Promise<Ran> {
  return backups.run(['drill', '--scratch', `127.0.0.1:${port}`, '--port', String(await freePort())]);
}

test('every shard of the newest backup is tried, and the server ends', async () => {
  const { port, program } = await scratchServer();
  const { code, output } = await drilled(port);
  expect([code, output]).toEqual([0, expect.stringContaining('2 of 2 shards are restorable')]);
  expect(output).toMatch(/shard 1: done: \d+ keys of .*, \d+ compared/);
  expect(await program.exit()).toBe(0);
});

test('a damaged file, and one with other keys than the manifest says, are found', async () => {
  const changed = backups.manifest(name);
  const [first, second] = changed.shards;
  const whole = fs.readFileSync(backups.path(name, first.file));
  const manifest = fs.readFileSync(backups.path(name, 'manifest.json'), 'utf8');
  fs.writeFileSync(backups.path(name, first.file), whole.subarray(0, -1));
  // Of this shard only: both have some keys in common.
  const [sample, ...samples] = second.samples;
  const digest = `${sample.digest.startsWith('A') ? 'B' : 'A'}${sample.digest.slice(1)}`;
  const shards = [first, { ...second, samples: [{ ...sample, digest }, ...samples] }];
  fs.writeFileSync(backups.path(name, 'manifest.json'), JSON.stringify({ ...changed, shards }));
  const { port } = await scratchServer();
  const { code, output } = await drilled(port);
  fs.writeFileSync(backups.path(name, first.file), whole);
  fs.writeFileSync(backups.path(name, 'manifest.json'), manifest);
  expect([code, output]).toEqual([3, expect.stringMatching(/shard 0 was skipped: .*is damaged/)]);
  expect(output).toMatch(/shard 1 was skipped: .*has loaded the file, but key .* has another value/);
});

test('a server with data, and one of the fleet, are refused', async () => {
  const { port, program } = await scratchServer();
  const client = connect(port, '');
  await program.ready(() => client.set('key', '1').then(Boolean, () => false));
  const { code, output } = await drilled(port);
  expect([code, output]).toEqual([3, expect.stringContaining('has 1 keys; give an empty server of no fleet')]);
  expect(await client.get('key')).toBe('1');
  client.disconnect();
  const own = await drilled(fleet.shards[1].servers.b.port);
  expect([own.code, own.output]).toEqual([3, expect.stringContaining('is a server of shard 1; give one of no fleet')]);
});
