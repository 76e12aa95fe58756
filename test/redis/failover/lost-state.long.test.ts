// Sentinels without state, next to others with state, while a shard has only its master. (monitor.sh)

import * as fs from 'node:fs';
import * as path from 'node:path';
import { PASSWORD } from '../../lab/clients';
import { Lab } from '../../lab/lab';
import { ShardLab } from '../../lab/shard-lab';

let lab: Lab;
let shard: ShardLab;
beforeAll(async () => {
  lab = new Lab();
  shard = await ShardLab.create(lab, { password: PASSWORD, roleUser: true });
  await shard.startAll();
});
afterAll(async () => {
  shard.disconnect();
  await lab.close();
});

test('a Sentinel without state that finds only the master adopts it from the other two; one with state keeps it', async () => {
  const [master, replica] = await shard.roles();
  await shard.kill(replica);
  for (const n of [0, 1]) await shard.killSentinel(n);
  shard.loseDisk(shard.sentinelPods[0]);
  fs.appendFileSync(path.join(shard.sentinelPods[1].data, 'sentinel.conf'), 'sentinel known-rep');
  for (const n of [0, 1]) shard.startSentinel(n);
  await shard.waitFor('it starts without', () => shard.program('sentinel-1').output.includes('not complete'));
  // Two Sentinels without state do not learn from one.
  expect(await shard.named(2)).toBe(master);
  shard.start(replica);
  await shard.settled(master);

  await shard.kill(replica);
  for (const n of [0, 1]) await shard.killSentinel(n);
  shard.loseDisk(shard.sentinelPods[0]);
  for (const n of [0, 1]) shard.startSentinel(n);
  for (const n of [0, 1]) await shard.waitFor('it names the master', async () => (await shard.named(n)) === master);
  shard.start(replica);
  await shard.settled(master);
});
