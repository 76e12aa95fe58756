// How the bridge resolves cluster names.

import { type Redis } from 'ioredis';
import { MigrationBridge } from '../lib';
import { connect } from './lab/clients';
import { accepts, freePorts, Lab, type Program, until } from './lab/lab';
import { NameServer } from './lab/name-server';

let lab: Lab;
let names: NameServer;
let client: Redis | undefined;
beforeEach(async () => {
  lab = new Lab();
  names = await NameServer.start();
});
afterEach(async () => {
  client?.disconnect();
  await lab.close();
  names.close();
});

/** Starts a bridge for one shard whose old server has an unknown name; returns the port of its health endpoint, and its output. */
async function bridgeTo(newAddress: string): Promise<{ readonly health: number; readonly program: Program }> {
  const [port, health] = await freePorts(2);
  const bridge = new MigrationBridge([{ newAddress, oldAddress: 'redis-01.invalid:6379' }], {
    firstPort: port,
    healthPort: health,
  });
  const inLab = (text: string): string =>
    text
      .replace('/etc/bridge', lab.dir)
      .replace('parse-resolv-conf', `nameserver lab 127.0.0.1:${names.port}`)
      .replace('timeout resolve 10s', 'timeout resolve 100ms')
      .replace('hold valid 30s', 'hold valid 100ms');
  lab.write('stopped-servers', bridge._stoppedServers());
  const file = lab.write('haproxy.cfg', inLab(bridge._haproxyConfig('127.0.0.1')));
  // At its start libc resolves every name: do not query the machine's own name server, which may not reply.
  const env = { ...process.env, RES_OPTIONS: 'attempts:0' };
  const program = lab.start('haproxy', ['-db', '-f', file], { env });
  await program.ready(() => accepts(health));
  return { health, program };
}

test('follows a name to a new address, keeps the last one when the name is unknown, and starts without an old server', async () => {
  const [redis] = await freePorts(1);
  const server = lab.start('redis-server', ['--port', String(redis), '--bind', '127.0.0.1', '--save', '']);
  await server.ready(() => accepts(redis));
  names.address = '127.0.0.1';
  const { health } = await bridgeTo(`unit-1-shard-0.unit-1.svc.cluster.local.:${redis}`);
  const routes = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${health}/ready`)).ok;
  await until('the name resolves to the server', routes);

  names.address = undefined;
  const queries = names.queries;
  await until('the name was queried again', () => names.queries > queries + 3);
  expect(await routes()).toBe(true);

  names.address = '127.0.0.2';
  await until('the name resolves to an address without a listener', async () => !(await routes()));
  names.address = '127.0.0.1';
  await until('the name resolves to the server again', routes);
});

test('a server whose name is resolved late gets no client before it has passed its check', async () => {
  const [redis] = await freePorts(1);
  const replica = ['--port', String(redis), '--bind', '127.0.0.1', '--save', '', '--replicaof', '127.0.0.1 1'];
  const server = lab.start('redis-server', replica);
  await server.ready(() => accepts(redis));
  const { health, program } = await bridgeTo(`unit-1-shard-0.unit-1.svc.cluster.local.:${redis}`);
  names.address = '127.0.0.1';
  await until('the name is resolved', () => program.output.includes('shard-0/new changed its IP'));
  client = connect(redis, '');
  const checks = async (): Promise<number> =>
    Number(/cmdstat_info:calls=(\d+)/.exec((await client?.info('commandstats')) ?? '')?.[1] ?? 0);
  await until('the server was checked', async () => (await checks()) > 5);
  expect(program.output).not.toMatch(/is UP/);

  await client.replicaof('NO', 'ONE');
  await until('the master gets clients', async () => (await fetch(`http://127.0.0.1:${health}/ready`)).ok);
});
