// The scripts of a shard with two servers, and of the Sentinels: real servers, from the first start to failovers.

import { busyboxPath } from '../../lab/busybox';
import { PASSWORD } from '../../lab/clients';
import { Lab } from '../../lab/lab';
import { eventually, ShardLab } from '../../lab/shard-lab';

let lab: Lab;
let shard: ShardLab | undefined;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  shard?.disconnect();
  await lab.close();
});

test('a killed master is replaced, follows the new one, and is eligible only once it is in sync', async () => {
  shard = await ShardLab.create(lab, { password: PASSWORD, roleUser: true });
  await shard.startAll();
  expect(await shard.priority('a')).toBe('0');
  const client = shard.client('a');
  await client.set('key', 'value');

  await shard.kill('a');
  await eventually('b is the master', async () => (await shard?.info('b'))?.role === 'master');
  const a = shard.start('a');
  await eventually('a follows', async () => (await shard?.follows('a')) ?? false);
  expect(a.output).toContain(`starting as replicaof 127.0.0.1 ${shard.portOf('b')}`);
  await shard.settled('b');
  await eventually('the new master is not eligible', async () => (await shard?.priority('b')) === '0');
  expect(await shard.client('a').get('key')).toBe('value');
});
