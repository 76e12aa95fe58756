// The two servers of a shard and three Sentinels, each started by its script: from the first start to failovers. The tests share
// them, one after the other.

import { PASSWORD } from '../../lab/clients';
import { Lab } from '../../lab/lab';
import { ShardLab } from '../../lab/shard-lab';

let lab: Lab;
let shard: ShardLab;
beforeAll(async () => {
  lab = new Lab();
  shard = await ShardLab.create(lab, { password: PASSWORD, roleUser: true });
});
afterAll(async () => {
  shard.disconnect();
  await lab.close();
});

test('both servers wait for the Sentinels; then a is the master, and b follows it', async () => {
  const [a, b] = [shard.start('a'), shard.start('b')];
  for (const program of [a, b]) {
    await shard.waitFor('it waits', () => program.output.includes('waiting: fewer than two Sentinels agree'));
  }
  for (const n of [0, 1, 2]) shard.startSentinel(n);
  await shard.settled('a');
  expect([a.output, b.output]).toEqual([
    expect.stringContaining('starting as a master'),
    expect.stringContaining(`starting as replicaof 127.0.0.1 ${shard.portOf('a')}`),
  ]);
  expect(await shard.client('a').set('key', 'value')).toBe('OK');
  expect(await shard.priority('a')).toBe('0');
});

test('a killed master is replaced, and follows the new one, also if it comes back at once without its data', async () => {
  const [master, replica] = await shard.roles();
  await shard.kill(master);
  shard.loseDisk(shard.pods[master]);
  const reborn = shard.start(master);
  // On a busy machine, the Sentinels may have replaced it before it asks them.
  await shard.waitFor('it stays down, or follows', () =>
    /the Sentinels may be replacing this master|starting as replicaof/.test(reborn.output),
  );
  await shard.settled(replica);
  expect(reborn.output).toContain(`starting as replicaof 127.0.0.1 ${shard.portOf(replica)}`);
  expect(await shard.client(replica).get('key')).toBe('value');
  await shard.waitFor('the new master is not eligible', async () => (await shard.priority(replica)) === '0');
});

test('Sentinels that have lost their state find the master', async () => {
  const [master] = await shard.roles();
  expect(master).toBe('b');
  for (const n of [0, 1, 2]) {
    await shard.killSentinel(n);
    shard.loseDisk(shard.sentinelPods[n]);
  }
  for (const n of [0, 1, 2]) shard.startSentinel(n);
  await shard.settled('b');
});
