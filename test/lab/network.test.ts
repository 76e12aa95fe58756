// The network of the lab: what is cut does not arrive, everything else does, and the test reaches every node.

import { type Redis } from 'ioredis';
import { connect } from './clients';
import { freePorts, Lab, until } from './lab';
import { type LabNode, LabNetwork } from './network';

let lab: Lab;
const clients: Redis[] = [];
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await lab.close();
});

/** A server on a node, to which the test is connected. */
interface Server {
  readonly node: LabNode;
  readonly port: number;
  readonly client: Redis;
}

async function startServer(network: LabNetwork, port: number): Promise<Server> {
  const node = await network.addNode([port]);
  const words = ['redis-server', '--port', String(port), '--protected-mode', 'no', '--save', ''];
  const [program, ...args] = node.command([...words, '--repl-diskless-sync-delay', '0']);
  lab.start(program, args);
  const client = connect(port, '');
  clients.push(client);
  await until('it replies', async () => (await client.ping().catch(() => '')) === 'PONG');
  return { node, port, client };
}

/** Whether one node gets a reply of the server on another. */
async function reaches(from: Server, to: Server): Promise<boolean> {
  const words = ['timeout', '0.5', 'redis-cli', '-h', to.node.address, '-p', String(to.port), 'ping'];
  const [program, ...args] = from.node.command(words);
  return (await lab.start(program, args).exit()) === 0;
}

/** Whether what the master writes arrives at the replica within a time in ms. */
async function replicates(master: Server, replica: Server, limit = 10_000): Promise<boolean> {
  const value = String(Math.random());
  await master.client.set('key', value);
  const arrives = until('it arrives', async () => (await replica.client.get('key')) === value, limit);
  return arrives.then(
    () => true,
    () => false,
  );
}

test('a node is cut off in both directions or in one, and the test still reaches it', async () => {
  const network = await LabNetwork.create(lab);
  const [master, replica, other] = await Promise.all((await freePorts(3)).map((port) => startServer(network, port)));
  await replica.client.replicaof(master.node.address, master.port);
  await until('it follows', () => replicates(master, replica));

  // The first value may be part of the full sync; the stream of changes starts when the replica has acknowledged that.
  expect(await replicates(master, replica)).toBe(true);

  // What arrives is acknowledged in vain.
  await network.isolate([replica.node], 'sent');
  expect([await replicates(master, replica), await reaches(other, replica)]).toEqual([true, false]);
  await network.heal();
  expect(await reaches(other, replica)).toBe(true);

  await network.isolate([replica.node], 'received');
  expect([await replicates(master, replica, 500), await reaches(other, replica)]).toEqual([false, false]);
  await network.heal();

  await network.isolate([master.node, other.node]);
  expect([await reaches(master, other), await reaches(other, master)]).toEqual([true, true]);
  expect([await reaches(master, replica), await reaches(replica, master)]).toEqual([false, false]);
  await network.heal();
  expect([await reaches(master, replica), await reaches(replica, master)]).toEqual([true, true]);
  await until('it follows again', () => replicates(master, replica));
});
