// The programs of a fleet with replicas whose servers and Sentinels have no plain port, against the real servers.

import { Size } from 'cdk8s';
import { NetworkPeer, ShardStorage, TlsPhase } from '../lib';
import { Authority } from './lab/certificates';
import { connect, PASSWORD } from './lab/clients';
import { FULL_HANDSHAKES, haproxyMetric } from './lab/haproxy-check';
import { freePort, Lab, until } from './lab/lab';
import { CLIENT_TLS_PORT, HEALTH, LabTlsReplicas } from './lab/tls-replicas';

let lab: Lab;
let fleet: LabTlsReplicas;
beforeEach(() => {
  lab = new Lab();
});
afterEach(async () => {
  await fleet.close();
  await lab.close();
});

test.each([TlsPhase.OFFERED, TlsPhase.REQUIRED])('in the phase %s, a backup is read, and restored', async (phase) => {
  const storage = ShardStorage.nfs({ server: 'nfs-2', path: '/backups', capacity: Size.gibibytes(1) });
  const restore = ['--host', '127.0.0.1', '--port', `${await freePort()}`, '--concurrency', '1', '--shards', '0,1'];
  fleet = new LabTlsReplicas(lab, 2, new Authority(lab, 'first'), { backup: { storage, stepArguments: { restore } } });
  await fleet.apply(phase);
  const client = connect(fleet.proxyPort, PASSWORD);
  const keys = Array.from({ length: 20 }, (_, n) => `key:${n}`);
  for (const key of keys) await client.set(key, key);
  const { backup } = fleet.charts;
  if (backup === undefined) throw new Error('this fleet has no backups');
  expect(await fleet.job(backup.cronJob, 'backup')).toContain('exit code 0');
  for (const ordinal of fleet.ordinals)
    await fleet.ask(fleet.hostOf(ordinal, 'a'), [6379, 6389], (it) => it.flushall());
  expect(await client.get(keys[0])).toBeNull();
  expect(await fleet.job(backup.restoreJob, backup.restoreJob.name)).toContain('exit code 0');
  await fleet.untilReplicated();
  for (const key of keys) expect(await client.get(key)).toBe(key);
  client.disconnect();
});

test('the Jobs of the password change it on both servers and on the Sentinels', async () => {
  fleet = new LabTlsReplicas(lab, 1, new Authority(lab, 'first'), {
    password: { name: 'fleet-redis', secondKey: 'second' },
  });
  await fleet.apply(TlsPhase.REQUIRED);
  const jobs = fleet.charts.passwords?.jobs ?? {};
  expect(await fleet.job(jobs.apply, jobs.apply.name)).toContain('exit code 0');
  expect(await fleet.job(jobs.status, jobs.status.name)).toContain('exit code 0');
});

test('the exporters read both servers and their certificates by TLS', async () => {
  fleet = new LabTlsReplicas(lab, 1, new Authority(lab, 'first'), { metrics: { clients: [NetworkPeer.anyone()] } });
  await fleet.apply(TlsPhase.REQUIRED);
  const { metrics } = fleet.charts;
  if (metrics === undefined) throw new Error('this fleet has no metrics');
  const ports = [await freePort(), await freePort()];
  const pod = fleet.podOfWorkload(metrics.deployment, 'metrics', {
    '/redis_exporter': '/usr/bin/prometheus-redis-exporter',
    '9121': `${ports[0]}`,
    '9122': `${ports[1]}`,
  });
  await pod.start();
  const get = (path: string): Promise<string> =>
    fetch(path).then(
      (it) => it.text(),
      () => '',
    );
  for (const address of [`${fleet.hostOf(0, 'a')}:6389`, `${fleet.hostOf(0, 'b')}:6390`]) {
    const target = encodeURIComponent(`rediss://${address}`);
    const scrape = `http://127.0.0.1:${ports[0]}/scrape?target=${target}`;
    await until(`${address} is read`, async () => (await get(scrape)).includes('redis_up 1'));
    const certificate = `http://127.0.0.1:${ports[1]}/certificate?target=${address}`;
    await until('its certificate is read', async () => (await get(certificate)).includes('certificate_not_after'));
  }
  const { data } = metrics.scrapeConfigMap.toJson() as { data: Record<string, string> };
  expect(data['scrape.yml']).toMatch(
    /fleet-shard-0-b:6390[\s\S]*fleet-shard-certificates|fleet-shard-certificates[\s\S]*fleet-shard-0-b:6390/,
  );
});

/** The value of a metric of HAProxy. */
const metric = (name: string): Promise<string | undefined> => haproxyMetric(fleet.proxyPortOf(HEALTH), name);

test('the checks of the bridge resume their sessions', async () => {
  fleet = new LabTlsReplicas(lab, 1, new Authority(lab, 'first'), { metrics: { clients: [NetworkPeer.anyone()] } });
  await fleet.apply(TlsPhase.REQUIRED);
  await until('a second has no full handshake', async () => (await metric(FULL_HANDSHAKES)) === '0');
});

test('a failover opens one connection for each proxy, and no client has to connect again', async () => {
  const authority = new Authority(lab, 'first');
  fleet = new LabTlsReplicas(lab, 1, authority, {
    metrics: { clients: [NetworkPeer.anyone()] },
    proxies: {
      image: 'twemproxy:0.5.0',
      clientTls: { secretName: 'shards', port: CLIENT_TLS_PORT, plainPorts: true },
    },
  });
  await fleet.apply(TlsPhase.REQUIRED);
  const tls = { ca: authority.certificate, servername: 'fleet-shard-0' };
  const clients = Array.from({ length: 100 }, () => connect(fleet.proxyPortOf(CLIENT_TLS_PORT), PASSWORD, { tls }));
  let closed = 0;
  for (const client of clients) client.on('close', () => closed++);
  for (const client of clients) await client.set('key', 'value');
  const master = await fleet.untilInSync(0);
  expect(master).toBe('a');
  await fleet.lose(0, master);
  await until('all clients are served', async () => {
    const replies = await Promise.all(clients.map((client) => client.get('key').catch(() => undefined)));
    return replies.every((it) => it === 'value');
  });
  expect(closed).toBe(0);
  expect(await metric('haproxy_server_connection_attempts_total{proxy="shard-0",server="b"}')).toBe('1');
  for (const client of clients) client.disconnect();
});
