// The network of the lab breaks as networks break.

import { once } from 'node:events';
import * as net from 'node:net';
import { until } from './lab';
import { isReplication, TcpProxy } from './tcp-proxy';

let server: net.Server;
let proxy: TcpProxy;
let atServer: Peer[];
let all: net.Socket[];

/** One end of a connection, and what became of it. */
class Peer {
  text = '';
  ended = false;
  closed: 'no' | 'whole' | 'reset' = 'no';

  constructor(readonly socket: net.Socket) {
    all.push(socket);
    socket.on('data', (data) => (this.text += String(data)));
    socket.on('end', () => (this.ended = true));
    socket.on('error', () => (this.closed = 'reset'));
    socket.on('close', (failed) => (this.closed = failed ? 'reset' : 'whole'));
  }
}

beforeEach(async () => {
  [atServer, all] = [[], []];
  server = net.createServer({ allowHalfOpen: true }, (socket) => atServer.push(new Peer(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.to((server.address() as net.AddressInfo).port);
});

afterEach(async () => {
  await proxy.close();
  for (const socket of all) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function connected(): Promise<{ client: Peer; served: Peer }> {
  const client = new Peer(net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }));
  const count = atServer.length;
  await until('the server sees the connection', () => atServer.length > count);
  return { client, served: atServer[count] };
}

test('bytes go both ways, and one end may finish before the other', async () => {
  const { client, served } = await connected();
  client.socket.end('question');
  await until('the question and its end arrive', () => served.ended && served.text === 'question');
  served.socket.end('answer'.repeat(100_000));
  await until('the answer arrives', () => client.text === 'answer'.repeat(100_000) && client.ended);
  expect(proxy.passed).toEqual({ there: 8, back: 600_000 });
  await until('the connection is gone', () => proxy.connections === 0);
  expect([client.closed, served.closed]).toEqual(['whole', 'whole']);
});

test('a reset at one end is a reset at the other', async () => {
  const { client, served } = await connected();
  served.socket.resetAndDestroy();
  await until('the client sees the reset', () => client.closed === 'reset');
});

test('cut, it resets what there is and refuses what comes; healed, it takes connections at the same port', async () => {
  const { client, served } = await connected();
  await proxy.cut();
  await until('both ends see the reset', () => client.closed === 'reset' && served.closed === 'reset');
  const refused = net.connect(proxy.port, '127.0.0.1');
  await expect(once(refused, 'connect')).rejects.toThrow('ECONNREFUSED');

  await proxy.heal();
  const again = await connected();
  again.client.socket.write('hello');
  await until('bytes go through again', () => again.served.text === 'hello');
});

test('half-open in one direction, it passes the other; healed, what was held arrives', async () => {
  const { client, served } = await connected();
  proxy.hold('there');
  client.socket.write('question');
  served.socket.write('news');
  await until('the news arrive', () => client.text === 'news');
  const { client: newcomer, served: unheard } = await connected();
  newcomer.socket.end('knock');
  unheard.socket.write('who is there?');
  await until('the newcomer is spoken to', () => newcomer.text !== '');
  expect([served.text, unheard.text, unheard.ended]).toEqual(['', '', false]);

  await proxy.heal();
  await until('all is heard', () => served.text === 'question' && unheard.text === 'knock' && unheard.ended);
});

test('half-open in both directions, neither end learns that the other is gone until it is healed', async () => {
  const { client, served } = await connected();
  proxy.hold();
  served.socket.resetAndDestroy();
  client.socket.write('anybody there?');
  await until('the server has closed', () => served.closed !== 'no');
  expect(client.closed).toBe('no');

  await proxy.heal();
  await until('the client sees the reset', () => client.closed === 'reset');
});

test('it can be cut while it is half-open', async () => {
  const { client } = await connected();
  proxy.hold();
  client.socket.write('anybody there?');
  await proxy.cut();
  await until('the client sees the reset', () => client.closed === 'reset' && proxy.connections === 0);
});

test('it can be slow', async () => {
  const { client, served } = await connected();
  proxy.slow({ bytesPerSecond: 100_000, delayMs: 20 });
  const start = performance.now();
  client.socket.write('x'.repeat(20_000));
  await until('all has arrived', () => served.text.length === 20_000);
  expect(performance.now() - start).toBeGreaterThan(200);
});

test('a failure can be for some connections only', async () => {
  await proxy.close();
  proxy = await TcpProxy.to((server.address() as net.AddressInfo).port, isReplication);
  const [replica, other] = [await connected(), await connected()];
  replica.client.socket.write('*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n');
  await until('the replica has asked', () => replica.served.text !== '');

  proxy.hold();
  replica.served.socket.write('snapshot');
  other.served.socket.write('answer');
  await until('the other client has its answer', () => other.client.text === 'answer');
  expect(replica.client.text).toBe('');

  await proxy.cut();
  await until('the replica is cut off', () => replica.client.closed === 'reset');
  const again = await connected();
  again.client.socket.write('*1\r\n$4\r\nSYNC\r\n');
  await until('it is cut off again', () => again.client.closed === 'reset');
  expect([again.served.text, other.client.closed]).toEqual(['', 'no']);
});
