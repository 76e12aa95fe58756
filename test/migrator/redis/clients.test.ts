// Which clients of an old server a cutover would lock out, by the CLIENT LIST of a real server.

import { Networks, unexpectedClients } from '../../../migrator/redis/clients';
import { RedisServer } from '../../../migrator/redis/server';
import { connect, PASSWORD } from '../../lab/clients';
import { accepts, freePort, Lab } from '../../lab/lab';

const lab = new Lab();
let port: number;
let server: RedisServer;

beforeAll(async () => {
  port = await freePort();
  const args = ['--port', String(port), '--requirepass', PASSWORD, '--save', '', '--dir', lab.dir];
  await lab.start('redis-server', args).ready(() => accepts(port));
  server = await RedisServer.connect(`127.0.0.1:${port}`, { password: PASSWORD });
});
afterAll(async () => {
  server.close();
  await lab.close();
});

const NOBODY = new Networks([]);

test('a client is unexpected unless its network or its name is known', async () => {
  const client = connect(port, PASSWORD);
  await client.ping();
  expect(await unexpectedClients(server, NOBODY)).toHaveLength(1);
  expect(await unexpectedClients(server, new Networks(['127.0.0.0/8']))).toEqual([]);
  for (const name of ['redis_exporter', 'sentinel-01234567-cmd', 'cdk8s-twemproxy']) {
    await client.client('SETNAME', name);
    expect(await unexpectedClients(server, NOBODY)).toEqual([]);
  }
  await client.client('SETNAME', 'redis_exporter_of_an_application');
  expect(await unexpectedClients(server, NOBODY)).toHaveLength(1);
  client.disconnect();
});

test.each([
  ['names itself as an exporter', ['CLIENT', 'SETNAME', 'redis_exporter'], 0],
  ['sends another command', ['GET', 'key'], 1],
  ['sends nothing more', ['AUTH', PASSWORD], 1],
] as const)('a client that has just logged in and %s', async (_, [command, ...args], unexpected) => {
  const client = connect(port, PASSWORD, { enableReadyCheck: false, disableClientInfo: true });
  await client.call('AUTH', PASSWORD);
  let looks = 0;
  // The client acts between two looks.
  const watched = {
    call: async (...line: [string, ...string[]]) => {
      if (++looks === 2) await client.call(command, ...args);
      return server.call(...line);
    },
  };
  expect(await unexpectedClients(watched, NOBODY)).toHaveLength(unexpected);
  expect(looks).toBeLessThanOrEqual(3);
  client.disconnect();
});
