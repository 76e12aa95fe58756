// TLS of a fleet without replicas, turned on and off and renewed under load, with the real programs.

import type * as tls from 'node:tls';
import { TlsPhase } from '../lib';
import { everyNth, longTest } from './lab/cases';
import { Authority, type CertificateSecret, trusting } from './lab/certificates';
import { connect, PASSWORD } from './lab/clients';
import { Lab, type Program, until } from './lab/lab';
import { reachablePorts, replyToPing } from './lab/listening';
import { type Load } from './lab/load';
import { CLIENT_TLS_PORT, LabTls, outputOf, serialAt, type Stage } from './lab/tls';

let lab: Lab;
let load: Load | undefined;
let authority: Authority;
beforeEach(() => {
  lab = new Lab();
  authority = new Authority(lab, 'first');
});
afterEach(async () => {
  await load?.end();
  load = undefined;
  await lab.close();
});

const NAMES = ['fleet-shard-0', 'fleet-shard-1'];
const PROXIES = 'proxies.example.net';

const shards = (phase: TlsPhase): Stage => ({ tls: { secretName: 'shards', phase } });
const clients = { secretName: 'proxies', port: CLIENT_TLS_PORT };
const OFFERED: Stage = shards(TlsPhase.OFFERED);
const USED: Stage = { ...shards(TlsPhase.USED), clientTls: { ...clients, plainPorts: true } };
const REQUIRED: Stage = { ...shards(TlsPhase.REQUIRED), clientTls: clients };

async function fleet(certificate = authority.issue(NAMES)): Promise<LabTls> {
  const it = await LabTls.of(lab, NAMES.length);
  it.secrets.shards = certificate;
  it.secrets.proxies = authority.issue([PROXIES]);
  return it;
}

/** How a client connects that trusts the first authority. */
function trust(): tls.ConnectionOptions {
  return { ca: authority.certificate, servername: PROXIES };
}

/** Waits until the load has had some more replies, and expects that none of the last ones was an error. */
async function runsWithoutErrors(): Promise<void> {
  const more = async (): Promise<void> => {
    const before = load?.acknowledgedWrites ?? 0;
    await until('the load goes on', () => (load?.acknowledgedWrites ?? 0) > before + 200);
  };
  // Until then, connections to the former pods have ended.
  await more();
  const before = { ...load?.errors };
  await more();
  expect(load?.errors).toEqual(before);
}

async function nothingIsLost(): Promise<void> {
  const report = await load?.stop();
  load = undefined;
  expect([report?.violations, report?.lost]).toEqual([[], []]);
}

/** What the ports that are reachable from outside the pods reply to a client without TLS, if it is Redis or nutcracker. */
async function plainReplies(it: LabTls): Promise<string[]> {
  const pods = [...NAMES.map((_, n) => it.shardPod(n)), it.proxyPod];
  const programs: Program[] = pods.flatMap((pod) => pod.spec.containers.map(({ name }) => pod.program(name)));
  const ports = reachablePorts(programs);
  expect(ports.map(({ program }) => program)).toEqual(expect.arrayContaining(['sh', 'haproxy']));
  const replies = await Promise.all(ports.map(({ port }) => replyToPing(port)));
  return replies.filter((reply) => /^[-+]/.test(reply));
}

test('TLS is turned on and off for a running fleet in phases: nothing is lost, and at the end no plain port is open', async () => {
  const it = await fleet();
  await it.apply({});
  load = await it.load();
  for (const stage of [OFFERED, USED]) {
    await it.apply(stage);
    await runsWithoutErrors();
  }
  await nothingIsLost();
  expect(await plainReplies(it)).toHaveLength(2 + 1);

  load = await it.load(trust());
  await it.apply(REQUIRED);
  await runsWithoutErrors();
  expect(await plainReplies(it)).toEqual([]);
  await it.apply(USED);
  await runsWithoutErrors();
  await nothingIsLost();

  load = await it.load();
  for (const stage of [OFFERED, {}]) {
    await it.apply(stage);
    await runsWithoutErrors();
  }
  await nothingIsLost();
});

longTest(
  'renewed certificates are loaded without an error of any client; a broken one is reported, and the former stays',
  async () => {
    const it = await fleet();
    await it.apply(REQUIRED);
    load = await it.load(trust());
    const changes = async (name: string, port: number): Promise<void> => {
      const before = await serialAt(port);
      it.renew(name, authority.issue(name === 'proxies' ? [PROXIES] : NAMES));
      await until(`the certificate of ${name} changes`, async () => (await serialAt(port)) !== before);
    };
    for (let i = 0; i < 3; i++) {
      await changes('shards', it.portOf(0, 'tls'));
      await changes('proxies', it.proxyPort('tls'));
    }
    expect(load.errors).toEqual({});
    // HAProxy 2.6 also ends connections when it rejects a certificate.
    await nothingIsLost();
    const valid = await Promise.all([it.portOf(0, 'tls'), it.proxyPort('tls')].map(serialAt));
    for (const name of ['shards', 'proxies']) {
      const [one, other] = [authority.issue(NAMES), authority.issue(NAMES)];
      it.renew(name, { ...one, 'tls.key': other['tls.key'] });
    }
    await until('the server reports it', () => outputOf(it.shardPod(0), 'redis').includes('cannot load the changed'));
    await until('the bridge reports it', () => outputOf(it.proxyPod, 'bridge').includes('cannot load the changed'));
    expect(await Promise.all([it.portOf(0, 'tls'), it.proxyPort('tls')].map(serialAt))).toEqual(valid);
    await changes('shards', it.portOf(0, 'tls'));
    await changes('proxies', it.proxyPort('tls'));
  },
);

test.each<[string, () => CertificateSecret]>(
  everyNth(3, [
    ['that has expired', () => authority.issue(NAMES, { days: -1 })],
    ['of another authority', () => trusting(new Authority(lab, 'foreign').issue(NAMES), authority)],
    ['of another server', () => authority.issue(['somewhere-else'])],
  ] as [string, () => CertificateSecret][]),
)('a shard with a certificate %s gets no command, until it has a right one', async (_what, issue) => {
  const it = await fleet(issue());
  await it.apply(OFFERED);
  // Nothing waits for a proxy that cannot be ready.
  const applied = it.apply(USED);
  await until('a handshake fails', async () => (await it.lastCheck(0)) === 'L6RSP');
  it.renew('shards', authority.issue(NAMES));
  await applied;
  const client = connect(it.proxyPort('plain'), PASSWORD);
  expect(await client.set('key', 'value')).toBe('OK');
  client.disconnect();
});

test('with authorities for clients, a client needs a certificate of one of them', async () => {
  const it = await fleet();
  it.secrets.clients = new Authority(lab, 'of clients').issue([]);
  const own = new Authority(lab, 'other');
  it.secrets.clients = trusting(it.secrets.clients, own);
  await it.apply({ clientTls: { ...clients, clientCaSecretName: 'clients' } });
  const { 'tls.crt': cert, 'tls.key': key } = own.issue(['a client']);
  const reply = async (options: tls.ConnectionOptions): Promise<unknown> => {
    const client = connect(it.proxyPort('tls'), PASSWORD, {
      tls: { ...trust(), ...options },
      retryStrategy: () => null,
    });
    const result = await client.set('key', 'value').catch((error: unknown) => (error as Error).message);
    client.disconnect();
    return result;
  };
  expect(await reply({ cert, key })).toBe('OK');
  expect(await reply({})).not.toBe('OK');
  const foreign = authority.issue(['a client']);
  expect(await reply({ cert: foreign['tls.crt'], key: foreign['tls.key'] })).not.toBe('OK');
});
