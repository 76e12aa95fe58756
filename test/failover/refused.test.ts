// What a switchover refuses, with the servers as they were.

import { switchover } from '../../failover/commands/switchover';
import { type Outcome } from '../../migrator/program/outcome';
import { Lab, until } from '../lab/lab';
import { type LabShard, Replicated } from '../lab/replicated';

let lab: Lab;
let fleet: Replicated;
let shard: LabShard;
beforeEach(async () => {
  lab = new Lab();
  fleet = await Replicated.start(lab, { shards: 1, password: '', downAfterMs: 60_000 });
  [shard] = fleet.shards;
});
afterEach(async () => {
  await fleet.close();
  await lab.close();
});

async function tried(patienceMs = 1): Promise<Outcome> {
  const context = fleet.context();
  const [outcome] = await switchover(context, { concurrency: 1, deadlineMs: 500, patienceMs });
  context.sentinels.close();
  return outcome;
}

async function refuses(code: number, message: string): Promise<void> {
  const before = await shard.roles();
  expect(await tried()).toEqual({ shard: 0, code, message: expect.stringContaining(message) as string });
  expect(await shard.roles()).toEqual(before);
}

test('a shard that is not ready stays as it is, without a password as well', async () => {
  const { a, b } = shard.servers;
  await until('b is eligible', async () => (await b.info()).get('slave_priority') === '100');
  await refuses(3, '3 of 3 do not monitor it: they start by themselves');
  await fleet.monitor();
  await fleet.keepRoles();

  fleet.keepsPriorities = false;
  await b.client.config('SET', 'replica-priority', 0);
  await refuses(4, 'b is not in sync: it has not confirmed yet');
  await b.client.config('SET', 'replica-priority', 100);

  await b.client.replicaof('127.0.0.1', 1);
  await b.client.config('SET', 'replica-serve-stale-data', 'yes');
  await b.client.replicaof('NO', 'ONE');
  await b.client.set('only-here', '1');
  await refuses(3, 'is a master with 1 key');
  await b.client.replicaof('127.0.0.1', 1);
  await refuses(3, 'may have writes that a lacks; if a has the right data, run failover --shards 0 --to a');
  await b.client.replicaof('127.0.0.1', a.port);
  await until('b follows', async () => (await b.info()).get('master_link_status') === 'up');

  for (const sentinel of fleet.sentinels.slice(0, 2)) await sentinel.kill();
  await refuses(4, 'the Sentinels do not agree (Sentinels: 1 of 3 name a, 2 of 3 cannot be reached)');
  await a.kill();
  await refuses(3, 'a switchover needs both servers');
});

test('a replica that stalls while writes are held gets no role, and the writes go on', async () => {
  await fleet.monitor();
  const { a, b } = shard.servers;
  b.signal('SIGSTOP');
  const outcome = tried();
  await until('the writes go on', () => a.client.set('key', '1').then(Boolean));
  expect(await shard.role('a')).toBe('master');
  b.signal('SIGCONT');
  expect([4, 0]).toContain((await outcome).code);
  const roles = Object.values(await shard.roles());
  expect(roles.filter((role) => role === 'master')).toHaveLength(1);
});
