// How the bridge takes what a name server says of the cluster's own names.

import { Bridge } from '../lib';
import { haproxyConfig, stoppedServers } from '../lib/twemproxy/bridge-config';
import { accepts, freePorts, Lab, until } from './lab/lab';
import { NameServer } from './lab/name-server';

let lab: Lab;
let names: NameServer;
beforeEach(async () => {
  lab = new Lab();
  names = await NameServer.start();
});
afterEach(async () => {
  await lab.close();
  names.close();
});

/** Starts a bridge of one shard, whose old server has a name that nobody knows; returns where it tells how it is. */
async function bridgeTo(newAddress: string): Promise<number> {
  const [port, health] = await freePorts(2);
  const bridge = new Bridge([{ newAddress, oldAddress: 'redis-01.invalid:6379' }], {
    firstPort: port,
    healthPort: health,
  });
  const inLab = (text: string): string =>
    text
      .replace('/etc/bridge', lab.dir)
      .replace('parse-resolv-conf', `nameserver lab 127.0.0.1:${names.port}`)
      .replace('timeout resolve 10s', 'timeout resolve 100ms')
      .replace('hold valid 30s', 'hold valid 100ms');
  lab.write('stopped-servers', stoppedServers(bridge));
  const file = lab.write('haproxy.cfg', inLab(haproxyConfig(bridge, '127.0.0.1')));
  // At its start it has libc look up every name: the machine's own name server, which may not answer, is not asked.
  const env = { ...process.env, RES_OPTIONS: 'attempts:0' };
  const program = lab.start('haproxy', ['-db', '-f', file], { env });
  await program.ready(() => accepts(health));
  return health;
}

test('follows a name to a new address, keeps the last one when the name is unknown, and starts without an old server', async () => {
  const [redis] = await freePorts(1);
  const server = lab.start('redis-server', ['--port', String(redis), '--bind', '127.0.0.1', '--save', '']);
  await server.ready(() => accepts(redis));
  names.address = '127.0.0.1';
  const health = await bridgeTo(`unit-1-shard-0.unit-1.svc.cluster.local.:${redis}`);
  const leads = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${health}/ready`)).ok;
  await until('the name resolves to the server', leads);

  names.address = undefined;
  const asked = names.questions;
  await until('the name was asked for again', () => names.questions > asked + 3);
  expect(await leads()).toBe(true);

  names.address = '127.0.0.2';
  await until('the name resolves to an address without a listener', async () => !(await leads()));
  names.address = '127.0.0.1';
  await until('the name resolves to the server again', leads);
});
