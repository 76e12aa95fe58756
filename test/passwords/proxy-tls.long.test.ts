// A change of the password of a fleet whose proxies have a TLS port only: the Jobs ask them there, and never without TLS.

import { X509Certificate } from 'node:crypto';
import { TlsPhase } from '../../lib';
import { Authority, type CertificateSecret } from '../lab/certificates';
import { connect, PASSWORD } from '../lab/clients';
import { describe as inWords } from '../lab/history';
import { Lab, until } from '../lab/lab';
import { type Load } from '../lab/load';
import { CLIENT_TLS_PORT, LabTls, serialAt, type Stage } from '../lab/tls';

const NEXT = 'next \'one\' "two" \\x41 $HOME #! {} é😀\n';
const SHARDS = ['fleet-shard-0', 'fleet-shard-1'];
/** By this name clients connect, and by the other one, that of the Service, the Jobs. */
const PROXIES = ['proxies.example.net', 'fleet-twemproxy'];

let lab: Lab;
let authority: Authority;
let fleet: LabTls;
let loads: Load[] = [];
beforeEach(async () => {
  lab = new Lab();
  authority = new Authority(lab, 'first');
  fleet = await LabTls.of(lab, SHARDS.length, {
    password: { name: 'fleet-redis', secondKey: 'second' },
    passwords: { stepArguments: { retire: ['--watch', '2'] } },
  });
  fleet.secrets.shards = authority.issue(SHARDS);
  fleet.secrets.proxies = authority.issue(PROXIES);
});
afterEach(async () => {
  await Promise.all(loads.map((load) => load.end()));
  loads = [];
  await lab.close();
});

const CLIENT_TLS = { secretName: 'proxies', port: CLIENT_TLS_PORT };

async function load(port: number, password: string, options = {}): Promise<Load> {
  const tls = { ca: authority.certificate, servername: PROXIES[0], ...options };
  // A stall of a program is no failure.
  const props = { ports: [port], password, clients: 8, operationsPerSecond: 400, timeoutMs: 30_000 };
  const started = await fleet.load(tls, props);
  loads.push(started);
  return started;
}

async function judge(ended: Load): Promise<void> {
  const { violations, lost, errors, acknowledgedWrites } = await ended.stop();
  expect([errors, violations.map(inWords), lost]).toEqual([{}, [], []]);
  expect(acknowledgedWrites).toBeGreaterThan(0);
}

/** Runs a Job, which asks the proxies at a port; its output and exit code. */
async function job(step: string, port = fleet.proxyPort('tls')): Promise<string> {
  const found = fleet.charts.passwords?.jobs[step];
  if (found === undefined) throw new Error(`there is no Job ${step}`);
  const program = await fleet.pod(found, found.name, { [CLIENT_TLS_PORT]: `${port}` }).start();
  const code = await program.exit();
  return `${program.output}exit code ${String(code)}`;
}

async function succeeds(step: string): Promise<void> {
  expect([step, await job(step)]).toEqual([step, expect.stringMatching(/exit code 0$/)]);
}

/** Lets the proxy connect to the shards: it has no connection before, and is not asked. */
async function connectToShards(options: object = {}): Promise<void> {
  const tls = { ca: authority.certificate, servername: PROXIES[0], ...options };
  const client = connect(fleet.proxyPort('tls'), PASSWORD, { tls });
  for (let n = 0; n < 20; n++) expect(await client.set(`key:${n}`, 'value')).toBe('OK');
  client.disconnect();
}

/** On how many shards a password is accepted. */
async function accepting(password: string, kind: 'plain' | 'tls' = 'plain'): Promise<number> {
  const tls = kind === 'tls' && { tls: { rejectUnauthorized: false } };
  const replies = await Promise.all(
    SHARDS.map(async (_, n) => {
      const client = connect(fleet.portOf(n, kind), password, { retryStrategy: () => null, ...tls });
      const reply = await client.ping().catch((error: unknown) => (error as Error).message);
      client.disconnect();
      return reply;
    }),
  );
  return replies.filter((reply) => reply === 'PONG').length;
}

test.each<[string, Stage, 'plain' | 'tls']>([
  ['without TLS', { clientTls: CLIENT_TLS }, 'plain'],
  ['with TLS', { clientTls: CLIENT_TLS, tls: { secretName: 'shards', phase: TlsPhase.REQUIRED } }, 'tls'],
])('the password of shards %s is changed without a failed command of clients with TLS', async (_what, stage, kind) => {
  await fleet.apply(stage);
  const oldPort = fleet.proxyPort('tls');
  const before = await load(oldPort, PASSWORD);
  await succeeds('status');
  fleet.changePassword({ password: PASSWORD, second: NEXT });
  await succeeds('apply');
  fleet.changePassword({ password: NEXT, second: PASSWORD });
  await succeeds('apply');
  const { port, stopOthers } = await fleet.addProxy();
  const after = await load(port, NEXT);
  expect(await job('retire', oldPort)).toMatch(/the proxy 127.0.0.1 has another password[^]*exit code 3$/);
  expect(await accepting(PASSWORD, kind)).toBe(2);
  await judge(before);
  await stopOthers();
  await succeeds('retire');
  expect([await accepting(PASSWORD, kind), await accepting(NEXT, kind)]).toEqual([0, 2]);
  fleet.changePassword({ password: NEXT });
  await succeeds('status');
  await judge(after);
});

test('a proxy with a wrong certificate is named with it and the remedy, and nothing is removed or sent without TLS', async () => {
  await fleet.apply({ clientTls: CLIENT_TLS });
  await connectToShards();
  fleet.changePassword({ password: PASSWORD, second: NEXT });
  await succeeds('apply');
  const serves = async (secret: CertificateSecret): Promise<void> => {
    fleet.renew('proxies', secret);
    const { serialNumber } = new X509Certificate(secret['tls.crt']);
    await until('the proxy serves it', async () => (await serialAt(fleet.proxyPort('tls'))) === serialNumber);
  };
  const of = 'the proxy 127.0.0.1 cannot be asked for its password: its certificate of proxies.example.net';
  for (const [secret, message] of [
    [authority.issue(PROXIES, { days: -1 }), `${of} (issued by first, valid until`],
    [authority.issue(PROXIES, { days: -1 }), 'is refused: certificate has expired; renew it'],
    [new Authority(lab, 'foreign').issue(PROXIES), `${of} (issued by foreign, valid until`],
    [authority.issue([PROXIES[0]]), `Host: fleet-twemproxy. is not in the cert's altnames`],
  ] as const) {
    await serves({ ...secret, 'ca.crt': authority.certificate });
    const output = await job('retire');
    expect(output).toContain(message);
    expect(output).toMatch(/exit code 3$/);
    expect(await accepting(NEXT)).toBe(2);
  }
});

test('proxies that require a certificate of their clients get one, or are named', async () => {
  const own = new Authority(lab, 'of clients');
  fleet.secrets.clients = own.issue([]);
  fleet.secrets.job = own.issue(['the Job']);
  await fleet.apply({
    clientTls: {
      ...CLIENT_TLS,
      clientCaSecretName: 'clients',
      clientSecretName: 'job',
      caSecretName: 'shards',
      serverName: PROXIES[0],
    },
  });
  const { 'tls.crt': cert, 'tls.key': key } = own.issue(['a client']);
  await connectToShards({ cert, key });
  fleet.changePassword({ password: PASSWORD, second: NEXT });
  await succeeds('apply');
  fleet.secrets.job = authority.issue(['the Job']);
  // The reason of a server can get lost with the connection.
  expect(await job('retire')).toMatch(
    /it refuses the certificate of this program, of the Job|it does not reply after the handshake; if it requires certificates/,
  );
  expect(await accepting(NEXT)).toBe(2);
  fleet.secrets.job = own.issue(['the Job']);
  await succeeds('retire');
  expect([await accepting(PASSWORD), await accepting(NEXT)]).toEqual([2, 0]);
});
