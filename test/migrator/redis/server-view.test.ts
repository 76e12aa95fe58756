// What the migrator reads in the reply to INFO of a real server.

import { observe } from '../../../migrator/redis/server-view';
import { RedisServer } from '../../../migrator/redis/server';
import { accepts, freePort, Lab, until } from '../../lab/lab';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

async function started(...lines: string[]): Promise<RedisServer> {
  const port = await freePort();
  const file = lab.write(`${port}/redis.conf`, [`port ${port}`, `dir ${lab.dir}/${port}`, ...lines, ''].join('\n'));
  const program = lab.start('redis-server', [file]);
  await program.ready(() => accepts(port));
  return RedisServer.connect(`127.0.0.1:${port}`, {});
}

test.each([
  ['with PSYNC, a replica has an offset', [], false],
  ['with SYNC, it has none, also after more writes', ['rename-command PSYNC ""'], true],
])('%s', async (_, lines, lostOffset) => {
  // After a diskless SYNC, the master waits for an acknowledgement, which such a replica never sends.
  const master = await started('repl-diskless-sync no', ...lines);
  const replica = await started(`replicaof ${master.address.replace(':', ' ')}`);
  await until('the replica is linked', async () => (await observe(replica)).isLinked);
  expect((await observe(replica)).lostOffset).toBe(lostOffset);
  await master.call('SET', 'key', 'value');
  await until('the replica has the key', async () => (await observe(replica)).keys === 1);
  expect((await observe(replica)).lostOffset).toBe(lostOffset);
  for (const server of [master, replica]) server.close();
});
