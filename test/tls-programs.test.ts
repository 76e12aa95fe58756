// The programs of a fleet whose shards have no plain port, against the real servers.

import { Size } from 'cdk8s';
import { type FleetChartsProps, NetworkPeer, ShardStorage, TlsPhase } from '../lib';
import { RedisServer, type ServerError } from '../migrator/redis/server';
import { trustAuthoritiesIn } from '../migrator/redis/tls';
import { everyNth } from './lab/cases';
import { Authority, startTlsServer } from './lab/certificates';
import { connect, PASSWORD } from './lab/clients';
import { accepts, freePort, Lab, until } from './lab/lab';
import { LabTls, type Stage } from './lab/tls';
import { type LabPod } from './lab/pod';
import { type Manifest } from './lab/synth';

let lab: Lab;
let authority: Authority;
beforeEach(() => {
  lab = new Lab();
  authority = new Authority(lab, 'first');
});
afterEach(() => lab.close());

const NAMES = ['fleet-shard-0', 'fleet-shard-1'];
const stage = (phase: TlsPhase): Stage => ({ tls: { secretName: 'shards', phase } });

async function fleet(props: Partial<FleetChartsProps> = {}, phase = TlsPhase.REQUIRED): Promise<LabTls> {
  const it = await LabTls.of(lab, NAMES.length, props);
  it.secrets.shards = authority.issue(NAMES);
  await it.apply(stage(phase));
  return it;
}

async function ended(pod: LabPod): Promise<string> {
  const program = await pod.start();
  const code = await program.exit();
  return `${program.output}exit code ${String(code)}`;
}

describe('a connection of a program', () => {
  /** What a program says that trusts the first authority, of a server with a certificate. */
  async function refusal(certificate: ReturnType<Authority['issue']>): Promise<ServerError> {
    const { port, server } = await startTlsServer(lab, certificate);
    trustAuthoritiesIn(lab.write('trusted.crt', authority.certificate));
    const result: unknown = await RedisServer.connect(`127.0.0.1:${port}`).catch((error: unknown) => error);
    if (result instanceof RedisServer) result.close();
    await server.stop();
    return result as ServerError;
  }

  test.each<[string, () => ReturnType<Authority['issue']>, RegExp]>([
    [
      'has expired',
      () => authority.issue(['server'], { days: -1 }),
      /its certificate of server \(issued by first, valid until .*\) is refused: certificate has expired; renew it/,
    ],
    [
      'is foreign',
      () => new Authority(lab, 'foreign').issue(['server']),
      /its certificate of server \(issued by foreign, .*is refused: .*; add the authority that issued it to .*trusted.crt/,
    ],
    [
      'is of another server',
      () => authority.issue(['other'], { noAddress: true }),
      /its certificate of other .* is refused: .*; issue it for the name of this server as well/,
    ],
  ])('names the server and its certificate if that %s', async (_what, issue, message) => {
    const error = await refusal(issue());
    expect(error.message).toMatch(/^127\.0\.0\.1:\d+: /);
    expect(error.message).toMatch(message);
    expect(error.isPermanent).toBe(true);
  });

  test('is never without TLS', async () => {
    const port = await freePort();
    const server = lab.start('redis-server', ['--port', `${port}`, '--save', '']);
    await server.ready(() => server.output.includes('Ready to accept connections'));
    trustAuthoritiesIn(lab.write('trusted.crt', authority.certificate));
    await expect(RedisServer.connect(`127.0.0.1:${port}`, { timeoutMs: 500 })).rejects.toThrow(
      'there was no TLS handshake in time',
    );
  });

  test('refuses a file without authorities', () => {
    expect(() => {
      trustAuthoritiesIn(lab.write('empty.crt', ''));
    }).toThrow('has no certificate in PEM');
  });
});

test('the Jobs of the password connect by TLS', async () => {
  const it = await fleet({ password: { name: 'fleet-redis', secondKey: 'second' } });
  const jobs = it.charts.passwords?.jobs ?? {};
  expect(await ended(it.pod(jobs.apply, jobs.apply.name))).toContain('exit code 0');
  expect(await ended(it.pod(jobs.status, jobs.status.name))).toContain('exit code 0');
});

test.each(everyNth(2, [TlsPhase.REQUIRED, TlsPhase.OFFERED]))(
  'in the phase %s, a backup is read by TLS if there is no other port, and restored by TLS',
  async (phase) => {
    const storage = ShardStorage.nfs({ server: 'nfs-2', path: '/backups', capacity: Size.gibibytes(1) });
    const restore = ['--host', '127.0.0.1', '--port', `${await freePort()}`, '--concurrency', '1', '--shards', '0'];
    const it = await fleet({ backup: { storage, stepArguments: { restore } } }, phase);
    const tls = { ca: authority.certificate, servername: NAMES[0] };
    const client = connect(it.portOf(0, 'tls'), PASSWORD, { tls });
    await client.set('key', 'value');
    const { backup } = it.charts;
    if (backup === undefined) throw new Error('this fleet has no backups');
    const { jobTemplate } = (backup.cronJob.toJson() as Manifest).spec;
    const job = { toJson: (): unknown => jobTemplate };
    expect(await ended(it.pod(job, 'backup'))).toContain('exit code 0');
    await client.flushall();
    // As a shard is left that has followed an old server without TLS.
    await client.config('SET', 'tls-replication', 'no');
    expect(await ended(it.pod(backup.restoreJob, backup.restoreJob.name))).toContain('exit code 0');
    expect(await client.get('key')).toBe('value');
    client.disconnect();
  },
);

test('the exporter of the shards reads them by TLS, and the instance of their metrics does not tell', async () => {
  const it = await fleet({ metrics: { clients: [NetworkPeer.anyone()] } });
  const { metrics } = it.charts;
  if (metrics === undefined) throw new Error('this fleet has no metrics');
  const port = await freePort();
  const pod = it.pod(metrics.deployment, 'metrics', {
    '/redis_exporter': '/usr/bin/prometheus-redis-exporter',
    '9121': `${port}`,
  });
  await pod.startContainer('redis-exporter');
  await until('the exporter listens', () => accepts(port));
  const scrape = async (): Promise<string> => {
    const target = `rediss://127.0.0.1:${it.portOf(0, 'tls')}`;
    return (await fetch(`http://127.0.0.1:${port}/scrape?target=${encodeURIComponent(target)}`)).text();
  };
  expect(await scrape()).toContain('redis_up 1');
  it.renew('shards', new Authority(lab, 'foreign').issue(NAMES));
  await until('the exporter refuses it', async () => (await scrape()).includes('redis_up 0'));
  const { data } = metrics.scrapeConfigMap.toJson() as { data: Record<string, string> };
  expect(data['scrape.yml']).toContain('replacement: rediss://$1');
});
