// A real Prometheus scrapes a synthesized fleet with replicas through its exporters.

import { randomBytes } from 'node:crypto';
import { Duration } from 'cdk8s';
import { SIDES } from '../lib/failover/replica-plan';
import { connect, PASSWORD } from './lab/clients';
import { freePort, Lab, until } from './lab/lab';
import { LabMetrics, type Series } from './lab/metrics';
import { LabReplicas } from './lab/replicas';
import { TcpProxy } from './lab/tcp-proxy';

const lab = new Lab();
let fleet: LabReplicas;
let metrics: LabMetrics;
let jobPort: number;
let links: TcpProxy[] = [];

beforeAll(async () => {
  fleet = await LabReplicas.start(lab, {
    servers: 2,
    secretValue: PASSWORD,
    secondValue: 'next',
    backup: { claimName: 'backups' },
    passwords: { stepArguments: { retire: ['--watch', '20'] } },
    metrics: { interval: Duration.seconds(5), grafanaDashboard: true },
  });
  jobPort = await freePort();
  metrics = await LabMetrics.start(lab, fleet.fleet, fleet.proxies[0], { jobPort });
});
afterAll(async () => {
  await Promise.all(links.map((link) => link.close()));
  await lab.close();
});

test('every server has metrics with its shard, its side and its role, and at most 300 series', async () => {
  // A server that clients use with many commands has more series.
  const client = fleet.client(0, (await fleet.masterOf(0)) ?? 'a');
  for (const command of COMMANDS) await client.call(command[0], ...command.slice(1)).catch(() => undefined);
  client.disconnect();
  await until('the commands were scraped', async () => {
    const found = await metrics.query('count(redis_commands_total{shard="0"}) by (server)');
    return found.some(({ value }) => value >= COMMANDS.length);
  });
  let roles: Series[] = [];
  await until('every server was scraped', async () => {
    roles = await metrics.query('redis_instance_info * on (instance) group_left redis_up');
    return roles.length === 4;
  });
  expect(roles.map(({ labels: { shard, server, role } }) => `${shard}${server} ${role}`).sort()).toEqual([
    '0a master',
    '0b slave',
    '1a master',
    '1b slave',
  ]);
  // Prometheus adds series of its own for alerts, which may be pending at the start.
  const counts = await metrics.query('count by (shard, server) ({job="fleet-redis",__name__!~"ALERTS.*"})');
  expect(counts).toHaveLength(4);
  for (const { value } of counts) expect(value).toBeLessThanOrEqual(300);
});

test('the proxy has metrics by pool and shard, and the bridge a bounded number of series', async () => {
  const client = connect(fleet.proxies[0].ports.proxy, fleet.fleet.password);
  for (let i = 0; i < 50; i++) await client.set(`key-${i}`, 'x');
  client.disconnect();
  await until('the requests were scraped', async () => {
    const [sum] = await metrics.query('sum(nutcracker_server_requests_total{pool="alpha"})');
    return sum.value >= 50;
  });
  const shards = await metrics.query('nutcracker_server_requests_total');
  expect(shards.map(({ labels: { shard, server } }) => `${shard} ${server}`).sort()).toEqual(
    [0, 1].map((n) => `${n} old-${n}:6379`),
  );
  const [info] = await metrics.query('last_over_time(nutcracker_pool_info[5m])');
  expect(info.labels).toMatchObject({
    pool: 'alpha',
    servers: '2',
    fleet: 'fleet',
    ring: expect.any(String) as string,
  });
  // At first, the bridge has not checked its servers yet.
  await until('the bridge has a server of each shard', async () => {
    const up = await metrics.query('haproxy_backend_status == 1');
    const states = up.map(({ labels: { shard, state } }) => `${shard} ${state}`).sort();
    return states.join() === '0 UP,1 UP';
  });
  const [series] = await metrics.query('count({job="fleet-bridges", __name__=~"haproxy.*"})');
  expect(series.value).toBeLessThanOrEqual(7 * 2 + 10);
});

/** Whether a query of the dashboard has data only while a Job runs. */
const needsJob = (query: string): boolean => query.includes('cdk8s_twemproxy_job_');

test('every query of the dashboard returns data, apart from those about a Job', async () => {
  expect(fleet.fleet.dashboardQueries().length).toBeGreaterThan(30);
  await metrics.untilDashboardHasData(fleet.fleet, (query) => !needsJob(query));
});

test('a planned switchover causes no alert, and a shard without a server one, and no other shard', async () => {
  // Every alert of a shard, also those that are pending and would fire after their time.
  const firing = async (): Promise<string[]> =>
    (await metrics.alerts())
      .filter(({ state }) => state === 'firing')
      .map(({ name, labels }) => `${name} ${labels.shard}`)
      .sort();
  const master = (await fleet.masterOf(0)) ?? 'a';
  await fleet.server(0, master).stop();
  await fleet.startServer(0, master);
  await fleet.untilReplicated([0]);
  const scrapes = async (): Promise<number> =>
    (await metrics.query('min(count_over_time(up{job="fleet-redis"}[1h]))'))[0].value;
  const before = await scrapes();
  // Long enough for an alert that waits for an interval and ten seconds.
  await until('four intervals have passed', async () => {
    expect(await firing()).toEqual([]);
    return (await scrapes()) > before + 4;
  });

  const held = SIDES.map((side) => fleet.server(1, side).program('redis'));
  for (const { child } of held) child.kill('SIGSTOP');
  await until('the shard is reported', async () => (await firing()).includes('ShardUnavailable 1'));
  expect((await firing()).filter((alert) => !alert.endsWith(' 1'))).toEqual([]);
  for (const { child } of held) child.kill('SIGCONT');
});

/** What a series of the running Job says. */
async function ofJob(name: string): Promise<Record<string, number>> {
  const found = await metrics.query(`cdk8s_twemproxy_job_${name}`);
  return Object.fromEntries(found.map(({ labels: { command, state = command }, value }) => [state, value]));
}

test('a running backup is scraped with its shards by state, its bytes, and the time of the newest backup', async () => {
  const { fleet: synthesized } = fleet;
  // A shard of the test before may still be without a replica.
  await fleet.untilReplicated();
  const port = { 9123: String(jobPort) };
  expect(await (await synthesized.backupPod(port).start()).exit()).toBe(0);
  const client = fleet.client(1, (await fleet.masterOf(1)) ?? 'a');
  // Not compressible: the file takes two minutes through the links.
  await client.set('large', randomBytes(8 * 1024 * 1024));
  await client.wait(1, 30_000);
  const { addresses, replicaAddresses } = synthesized.charts.redis;
  links = await Promise.all(SIDES.map((side) => TcpProxy.to(synthesized.portOf(1, side))));
  for (const link of links) link.slow({ bytesPerSecond: 64 * 1024 });
  const [a, b] = links.map((link) => `127.0.0.1:${link.port}`);
  const running = await synthesized.backupPod({ ...port, [addresses[1]]: a, [replicaAddresses[1]]: b }).start();
  await until('a shard is done, and one is read', async () => {
    const { done, reading } = await ofJob('shards');
    return done === 1 && reading === 1 && (await ofJob('bytes')).backup > 0;
  });
  expect((await ofJob('backup_bytes')).backup).toBeGreaterThan(0);
  const age = Date.now() / 1000 - (await ofJob('newest_backup_timestamp_seconds')).backup;
  expect(age).toBeGreaterThan(0);
  expect(age).toBeLessThan(600);
  expect(fleet.fleet.dashboardQueries().filter(needsJob)).toHaveLength(4);
  await metrics.untilDashboardHasData(fleet.fleet, needsJob);
  for (const link of links) link.slow({});
  expect(await running.exit()).toBe(0);
  await client.del('large');
  client.disconnect();
});

test('a running change of the password is scraped with its shards by state', async () => {
  const { fleet: synthesized, proxies } = fleet;
  const pod = synthesized.passwordJobPod('retire', {
    9123: String(jobPort),
    [synthesized.proxyPort]: String(proxies[0].ports.proxy),
  });
  const running = await pod.start();
  await running.ready(async () => (await ofJob('shards')).watching === 2);
  expect(await running.exit()).toBe(0);
});

/** Commands that a fleet of caches and queues may use; nutcracker supports some hundred. */
const COMMANDS = [
  ['append', 'a', 'x'],
  ['bitcount', 'a'],
  ['decr', 'n'],
  ['decrby', 'n', '2'],
  ['del', 'none'],
  ['exists', 'a'],
  ['expire', 'a', '100'],
  ['expireat', 'a', '9999999999'],
  ['get', 'a'],
  ['getbit', 'a', '1'],
  ['getrange', 'a', '0', '1'],
  ['getset', 'a', 'y'],
  ['hdel', 'h', 'x'],
  ['hexists', 'h', 'x'],
  ['hget', 'h', 'x'],
  ['hgetall', 'h'],
  ['hincrby', 'h', 'f', '1'],
  ['hincrbyfloat', 'h', 'g', '1'],
  ['hkeys', 'h'],
  ['hlen', 'h'],
  ['hmget', 'h', 'f'],
  ['hmset', 'h', 'k', 'v'],
  ['hscan', 'h', '0'],
  ['hset', 'h', 'k', 'v'],
  ['hsetnx', 'h', 'k', 'v'],
  ['hvals', 'h'],
  ['incr', 'n'],
  ['incrby', 'n', '2'],
  ['incrbyfloat', 'q', '1'],
  ['lindex', 'l', '0'],
  ['llen', 'l'],
  ['lpush', 'l', 'x'],
  ['lpushx', 'l', 'x'],
  ['lrange', 'l', '0', '1'],
  ['lrem', 'l', '0', 'y'],
  ['lset', 'l', '0', 'z'],
  ['ltrim', 'l', '0', '9'],
  ['mget', 'a'],
  ['mset', 'a', 'x'],
  ['persist', 'a'],
  ['pexpire', 'a', '100000'],
  ['psetex', 'a', '100000', 'x'],
  ['pttl', 'a'],
  ['rpop', 'none'],
  ['rpush', 'l', 'x'],
  ['sadd', 's', 'x'],
  ['scard', 's'],
  ['set', 'a', 'x'],
  ['setex', 'a', '100', 'x'],
  ['setnx', 'a', 'x'],
  ['sismember', 's', 'x'],
  ['smembers', 's'],
  ['strlen', 'a'],
  ['ttl', 'a'],
  ['type', 'a'],
  ['zadd', 'z', '1', 'm'],
  ['zcard', 'z'],
  ['zcount', 'z', '0', '1'],
  ['zincrby', 'z', '1', 'm'],
  ['zrange', 'z', '0', '1'],
];
