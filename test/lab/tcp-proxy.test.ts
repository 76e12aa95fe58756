// The network of the lab fails like a real one.

import { once } from 'node:events';
import * as net from 'node:net';
import { until } from './lab';
import { isReplication, TcpProxy } from './tcp-proxy';

let server: net.Server;
let proxy: TcpProxy;
let atServer: Peer[];
let all: net.Socket[];

/** One end of a connection, and its state. */
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

test('bytes pass in both directions, and one end may finish before the other', async () => {
  const { client, served } = await connected();
  client.socket.end('requests');
  await until('the request and its end arrive', () => served.ended && served.text === 'requests');
  served.socket.end('reply!'.repeat(100_000));
  await until('the reply arrives', () => client.text === 'reply!'.repeat(100_000) && client.ended);
  expect(proxy.passed).toEqual({ there: 8, back: 600_000 });
  await until('the connection is gone', () => proxy.connections === 0);
  expect([client.closed, served.closed]).toEqual(['whole', 'whole']);
});

test('a reset at one end is a reset at the other', async () => {
  const { client, served } = await connected();
  served.socket.resetAndDestroy();
  await until('the client sees the reset', () => client.closed === 'reset');
});

test('when cut, it resets and refuses connections; when healed, it accepts them on the same port', async () => {
  const { client, served } = await connected();
  await proxy.cut();
  await until('both ends see the reset', () => client.closed === 'reset' && served.closed === 'reset');
  const refused = net.connect(proxy.port, '127.0.0.1');
  await expect(once(refused, 'connect')).rejects.toThrow('ECONNREFUSED');

  await proxy.heal();
  const again = await connected();
  again.client.socket.write('hello');
  await until('bytes pass again', () => again.served.text === 'hello');
});

test('half-open in one direction, it passes the other; when healed, the held bytes arrive', async () => {
  const { client, served } = await connected();
  proxy.hold('there');
  client.socket.write('request');
  served.socket.write('news');
  await until('the news arrive', () => client.text === 'news');
  const second = await connected();
  second.client.socket.end('hello');
  second.served.socket.write('greeting');
  await until('the second client receives', () => second.client.text !== '');
  expect([served.text, second.served.text, second.served.ended]).toEqual(['', '', false]);

  await proxy.heal();
  await until('everything arrives', () => {
    return served.text === 'request' && second.served.text === 'hello' && second.served.ended;
  });
});

test('half-open in both directions, neither end notices that the other is gone until it is healed', async () => {
  const { client, served } = await connected();
  proxy.hold();
  served.socket.resetAndDestroy();
  client.socket.write('request');
  await until('the server has closed', () => served.closed !== 'no');
  expect(client.closed).toBe('no');

  await proxy.heal();
  await until('the client sees the reset', () => client.closed === 'reset');
});

test('it can be cut while it is half-open', async () => {
  const { client } = await connected();
  proxy.hold();
  client.socket.write('request');
  await proxy.cut();
  await until('the client sees the reset', () => client.closed === 'reset' && proxy.connections === 0);
});

test('it can be slow', async () => {
  const { client, served } = await connected();
  proxy.slow({ bytesPerSecond: 100_000, delayMs: 20 });
  const start = performance.now();
  client.socket.write('x'.repeat(20_000));
  await until('everything has arrived', () => served.text.length === 20_000);
  expect(performance.now() - start).toBeGreaterThan(200);
});

test('a failure can affect only some connections', async () => {
  await proxy.close();
  proxy = await TcpProxy.to((server.address() as net.AddressInfo).port, isReplication);
  const [replica, other] = [await connected(), await connected()];
  replica.client.socket.write('*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n');
  await until('the request of the replica arrives', () => replica.served.text !== '');

  proxy.hold();
  replica.served.socket.write('snapshot');
  other.served.socket.write('reply');
  await until('the other client has its reply', () => other.client.text === 'reply');
  expect(replica.client.text).toBe('');

  await proxy.cut();
  await until('the replica is cut off', () => replica.client.closed === 'reset');
  const again = await connected();
  again.client.socket.write('*1\r\n$4\r\nSYNC\r\n');
  await until('it is cut off again', () => again.client.closed === 'reset');
  expect([again.served.text, other.client.closed]).toEqual(['', 'no']);
});
