// The command failover: by Sentinel where the replica was in sync, and with an accepted loss where it was not.

import { failover } from '../../failover/commands/failover';
import { Lab, until } from '../lab/lab';
import { Replicated } from '../lab/replicated';

let lab: Lab;
let fleet: Replicated;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  await fleet.close();
  await lab.close();
});

async function says(code: number, text: string, ...args: string[]): Promise<void> {
  const found = await fleet.run(...args);
  expect([args, found.code, found.output]).toEqual([args, code, expect.stringContaining(text)]);
}

/** What the command says about the only shard. */
async function tried(): Promise<string> {
  const context = fleet.context();
  const [{ message }] = await failover(context, { concurrency: 1 });
  context.sentinels.close();
  return message;
}

test('a master that is lost is replaced by Sentinel, and one that can be reached is not', async () => {
  fleet = await Replicated.start(lab, { shards: 1, downAfterMs: 500 });
  await fleet.monitor();
  const [shard] = fleet.shards;
  await says(3, 'a failover would lose writes: run switchover instead', 'failover', '--shards', '0');
  await says(3, 'so nothing has to be lost', 'failover', '--shards', '0', '--to', 'b', '--accept-data-loss');
  await says(2, '--shards is missing', 'failover');
  await says(2, '--to is only for --accept-data-loss', 'failover', '--shards', '0', '--to', 'b');
  await shard.servers.a.kill();
  await until('Sentinel sees it, or has promoted b', async () => (await tried()).startsWith('b is the master'));
  await until('the bridge routes to b', () => shard.serves === 'b');
});

test('a stale replica becomes the master only if the loss is accepted, and the lost master follows it when it returns', async () => {
  fleet = await Replicated.start(lab, { shards: 1, downAfterMs: 500 });
  await fleet.monitor();
  const [shard] = fleet.shards;
  const { a, b } = shard.servers;
  await a.client.set('kept', '1');
  await until('b has it', async () => (await b.client.get('kept')) === '1');
  fleet.keepsPriorities = false;
  await b.client.config('SET', 'replica-priority', 0);
  await b.kill();
  await a.client.set('lost', '1');
  // A Sentinel that was away must not bring the lost master back.
  await fleet.sentinels[2].kill();
  await a.kill();
  await b.start(a.port);
  await until('the others see that a is down', async () => {
    return (await tried()).includes('b was not in sync when it lost a');
  });
  const accept = ['failover', '--shards', '0', '--to', 'b', '--accept-data-loss'];
  // The Sentinels may be about to try a failover themselves; then it says to run it again.
  let output = '';
  await until('the loss is accepted', async () => {
    const found = await fleet.run(...accept);
    output = found.output;
    return found.code === 0;
  });
  expect(output).toContain('accepted: b serves with its 1 keys; what only a has is lost, also when it returns');
  await until('the bridge routes to b', () => shard.serves === 'b');
  await fleet.sentinels[2].start();
  await until('all Sentinels name b', async () =>
    (await Promise.all(fleet.sentinels.map((it) => it.names(shard.name)))).every((port) => port === b.port),
  );
  await a.start();
  await until('a follows b', async () => (await shard.role('a')) === `slave of ${b.port}`);
  await until('b replies', () =>
    b.client.get('kept').then(
      (value) => value === '1',
      () => false,
    ),
  );
  expect(await b.client.get('lost')).toBeNull();
});
