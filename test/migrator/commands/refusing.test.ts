// Servers that accept a connection and then refuse it: every command reports their message and the remedy, and none takes
// it for an interrupted cutover.

import { once } from 'node:events';
import * as net from 'node:net';
import { type Context } from '../../../migrator/commands/context';
import { cutover } from '../../../migrator/commands/cutover';
import { ExitCode, type Outcome } from '../../../migrator/program/outcome';
import { preflight } from '../../../migrator/commands/preflight';
import { rollback } from '../../../migrator/commands/rollback';
import { status } from '../../../migrator/commands/status';
import { sync } from '../../../migrator/commands/sync';
import { verify } from '../../../migrator/commands/verify';
import { freePort, Lab, until } from '../../lab/lab';
import { started } from '../findings';
import { Pairs } from '../pairs';

let lab: Lab;
const listening: net.Server[] = [];
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  Pairs.disconnectAll();
  for (const server of listening.splice(0)) server.close();
  await lab.close();
});

const HAND_OVER = { concurrency: 1, deadlineMs: 1000, acceptVolatileFence: false };

const COMMANDS: Record<string, (context: Context) => Promise<Outcome[]>> = {
  preflight: async (context) => (await preflight(context, { sampleKeys: 1, acceptVolatileFence: false })).outcomes,
  sync: (context) => sync(context, { concurrency: 1, perSourceHost: 1, patienceMs: 1 }),
  verify: async (context) =>
    (await verify(context, { concurrency: 1, sampleKeys: 1, full: false, keysPerSecond: 1 })).outcomes,
  cutover: (context) =>
    cutover(context, { ...HAND_OVER, allowUnexpectedClients: true, fenceOld: false, patienceMs: 1 }),
  rollback: (context) => rollback(context, { ...HAND_OVER, acceptLoss: false, count: 'none', newIsGone: false }),
  status: async (context) => (await status(context)).outcomes,
};

/** The message and exit code of each command for a shard whose old server is at this port. */
async function runAll(port: number, password?: string): Promise<{ message: string; code: ExitCode }[]> {
  const pairs = await started(lab);
  const context = pairs.contextOf();
  const shards = context.shards.map((shard) => ({ ...shard, old: `127.0.0.1:${port}` }));
  // The new server has a password, which the old one may not have.
  const access = { ...context.access, ...(password !== undefined && { password }) };
  const results = [];
  for (const [name, run] of Object.entries(COMMANDS)) {
    const [outcome] = await run({ ...context, access, shards });
    const { findings } =
      name === 'preflight' ? await preflight({ ...context, access, shards }, PREFLIGHT) : { findings: [] };
    const message = [outcome.message, ...findings.map((finding) => finding.message)].join('\n');
    expect([name, message]).toEqual([name, expect.not.stringMatching(/interrupted|neither server serves/) as string]);
    results.push({ message, code: outcome.code });
  }
  return results;
}

const PREFLIGHT = { sampleKeys: 1, acceptVolatileFence: false };

async function serve(act: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    act(socket);
  });
  listening.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

/** A proxy whose connections come from 127.0.0.2: Redis treats only 127.0.0.1 as local. */
async function fromOutside(port: number): Promise<number> {
  return serve((socket) => {
    const inside = net.connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' });
    inside.on('error', () => socket.destroy());
    socket.pipe(inside).pipe(socket);
  });
}

async function redis(...args: string[]): Promise<number> {
  const port = await freePort();
  const program = lab.start('redis-server', ['--port', String(port), '--save', '', ...args]);
  await program.ready(() => Promise.resolve(program.output.includes('Ready to accept connections')));
  return port;
}

test('protected mode', async () => {
  const results = await runAll(await fromOutside(await redis('--protected-mode', 'yes')));
  for (const { message, code } of results) {
    expect(message).toMatch(/: DENIED Redis is running in protected mode because [^.]*; set a password on that server/);
    expect(code).toBe(ExitCode.REFUSED);
  }
});

test('maxclients is reached', async () => {
  const port = await redis('--maxclients', '1');
  const first = net.connect(port, '127.0.0.1');
  first.write('PING\r\n');
  await once(first, 'data');
  const results = await runAll(port);
  first.destroy();
  for (const { message } of results) {
    expect(message).toMatch(/: ERR max number of clients reached; raise maxclients there/);
  }
  // A retry may succeed; only preflight refuses.
  expect(results.map(({ code }) => code)).toEqual([ExitCode.REFUSED, ...Array<ExitCode>(5).fill(ExitCode.INCOMPLETE)]);
});

test.each([
  [
    'a web server',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    /it replies "HTTP\/1.1 400 Bad Request", which is not the Redis protocol/,
  ],
  ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46', /it replies with a TLS alert; .* use its plain port/],
] as const)('%s', async (_, reply, expected) => {
  const port = await serve((socket) => socket.once('data', () => socket.end(reply, 'latin1')));
  for (const { message, code } of await runAll(port)) {
    expect(message).toMatch(expected);
    expect(code).toBe(ExitCode.REFUSED);
  }
});

test('a server that closes the connection without a reply', async () => {
  const port = await serve((socket) => socket.end());
  for (const { message } of await runAll(port))
    expect(message).toMatch(/closed the connection without a reply; if that is a TLS port/);
});

test('a TLS port', async () => {
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => lab.write(name, ''));
  const openssl = lab.start('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=redis', '-days', '2'],
    ...['-keyout', key, '-out', certificate],
  ]);
  expect(await openssl.exit()).toBe(0);
  const port = await freePort();
  const tls = ['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key];
  const program = lab.start('redis-server', ['--port', '0', ...tls, '--tls-ca-cert-file', certificate]);
  await until('it listens', () => program.output.includes('Ready to accept connections'));
  for (const { message } of await runAll(port)) expect(message).toMatch(/use its plain port/);
});
