// Servers that take a connection and refuse to speak: every command gives their own words and what to do, and none takes
// it for a cutover that was interrupted.

import { once } from 'node:events';
import * as net from 'node:net';
import { type Context } from '../../../migrator/commands/context';
import { cutover } from '../../../migrator/commands/cutover';
import { ExitCode, type Outcome } from '../../../migrator/commands/outcome';
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

/** What each command says of a shard whose old server is at this port. */
async function said(port: number, password?: string): Promise<{ message: string; code: ExitCode }[]> {
  const pairs = await started(lab);
  const context = pairs.contextOf();
  const shards = context.shards.map((shard) => ({ ...shard, old: `127.0.0.1:${port}` }));
  // The new server has a password, which the old one may not have.
  const access = { ...context.access, ...(password !== undefined && { password }) };
  const answers = [];
  for (const [name, run] of Object.entries(COMMANDS)) {
    const [outcome] = await run({ ...context, access, shards });
    const { findings } =
      name === 'preflight' ? await preflight({ ...context, access, shards }, PREFLIGHT) : { findings: [] };
    const message = [outcome.message, ...findings.map((finding) => finding.message)].join('\n');
    expect([name, message]).toEqual([name, expect.not.stringMatching(/interrupted|nobody serves/) as string]);
    answers.push({ message, code: outcome.code });
  }
  return answers;
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

/** Redis takes who comes from another address than 127.0.0.1 for one from outside. */
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
  const answers = await said(await fromOutside(await redis('--protected-mode', 'yes')));
  for (const { message, code } of answers) {
    expect(message).toMatch(/: DENIED Redis is running in protected mode because [^.]*; give that server a password/);
    expect(code).toBe(ExitCode.REFUSED);
  }
});

test('no place for another client', async () => {
  const port = await redis('--maxclients', '1');
  const first = net.connect(port, '127.0.0.1');
  first.write('PING\r\n');
  await once(first, 'data');
  const answers = await said(port);
  first.destroy();
  for (const { message } of answers) {
    expect(message).toMatch(/: ERR max number of clients reached; raise maxclients there/);
  }
  // It may have a place by the next time, except where a person was asked to look.
  expect(answers.map(({ code }) => code)).toEqual([ExitCode.REFUSED, ...Array<ExitCode>(5).fill(ExitCode.INCOMPLETE)]);
});

test.each([
  [
    'a web server',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    /it replies "HTTP\/1.1 400 Bad Request", which is not the Redis protocol/,
  ],
  ['an alert of TLS', '\x15\x03\x01\x00\x02\x02\x46', /it replies with a TLS alert; .* name its plain port/],
] as const)('%s', async (_, answer, expected) => {
  const port = await serve((socket) => socket.once('data', () => socket.end(answer, 'latin1')));
  for (const { message, code } of await said(port)) {
    expect(message).toMatch(expected);
    expect(code).toBe(ExitCode.REFUSED);
  }
});

test('who hangs up without a word', async () => {
  const port = await serve((socket) => socket.end());
  for (const { message } of await said(port))
    expect(message).toMatch(/closed the connection without a word; if that is a TLS port/);
});

test('a port that speaks TLS', async () => {
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
  for (const { message } of await said(port)) expect(message).toMatch(/name its plain port/);
});
