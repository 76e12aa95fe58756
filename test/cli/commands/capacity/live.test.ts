// capacity --live asks real servers, and reports every one that it cannot use.

import { addressesOf } from '../../../../cli/input/fleet-info';
import { askServers } from '../../../../cli/input/live-info';
import { InputError } from '../../../../cli/output/input-error';
import { capacityOf } from '../../../../cli/commands/capacity/capacity';
import { accepts, freePorts, Lab } from '../../../lab/lab';
import { configFile, plain, pool } from '../../configurations';

const lab = new Lab();
afterAll(() => lab.close());

async function start(port: number, ...options: string[]): Promise<void> {
  const server = lab.start('redis-server', ['--port', String(port), '--save', '', '--dir', lab.dir, ...options]);
  await server.ready(() => accepts(port));
}

test('the INFO and the settings of each server, and the errors of all of them', async () => {
  const [one, other, replica, closed] = await freePorts(4);
  const settings = ['--requirepass', 'secret', '--auto-aof-rewrite-percentage', '50'];
  await start(one, ...settings, '--maxmemory', '64mb', '--client-output-buffer-limit', 'replica 1mb 1mb 1');
  await start(other, '--requirepass', 'other');
  await start(replica, '--requirepass', 'secret', '--replicaof', `127.0.0.1 ${closed}`);
  const config = configFile('n.yml', pool('alpha', [`127.0.0.1:${one}:1 server0`]));
  const samples = await askServers(addressesOf(config.pools), 'secret');
  const capacity = capacityOf(config, [config.pools], [samples], { replicas: 0, days: 0 });
  const [{ server }] = capacity.fleets[0].shards;
  expect(server).toMatchObject({ maxmemory: 64 * 2 ** 20, replicaLimit: 2 ** 20, aofGrowth: 0.5 });
  expect(capacity.exitCode).toBe(0);
  expect(capacity.lines(plain).join('\n')).toContain('maxmemory: Size.mebibytes(64),');

  const addresses = [one, other, replica, closed].map((port) => `127.0.0.1:${port}`);
  const error: unknown = await askServers(addresses, 'secret').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).messages).toEqual([
    expect.stringMatching(`^127.0.0.1:${other}: WRONGPASS .*; set REDIS_PASSWORD to the right password$`),
    `127.0.0.1:${replica}: it is a replica of 127.0.0.1:${closed}; give the INFO of the master`,
    expect.stringMatching(`^127.0.0.1:${closed}: connect ECONNREFUSED .*; check the address and the network`),
  ]);
});
