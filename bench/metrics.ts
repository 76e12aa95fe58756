// What the metrics of a fleet of 108 shards with replicas cost: npx tsx bench/metrics.ts (after npm run build). The floor is a client
// that sends INFO to each server over an open connection, and does nothing with the reply.

import * as path from 'node:path';
import { FailoverBridge, NutcrackerConfig, NutcrackerPool, NutcrackerServer } from '../lib';
import { connect } from '../test/lab/clients';
import { accepts, freePort, freePorts, type Lab } from '../test/lab/lab';
import { peakSoFar } from '../test/lab/peak-memory';
import { runParts } from './parts';
import { cpuSeconds } from './proxy/measure';
import { heading, megabytes, row, times } from './table';

const SERVERS = 216;
const SHARDS = 108;
/** How many servers run; each is scraped several times in a round. */
const RUNNING = 27;
const ROUNDS = 10;
const INTERVAL_SECONDS = 15;
/** Commands that clients use, each of which has series. */
const COMMANDS = [
  'get',
  'exists',
  'ttl',
  'pttl',
  'type',
  'strlen',
  'llen',
  'scard',
  'zcard',
  'hlen',
  'hgetall',
  'smembers',
];
const EXPORTER = path.join(__dirname, '..', 'build/exporter/exporter.mjs');
const CELLS = ['CPU a scrape', 'cores', 'of the floor', 'memory', 'series'];

function print(
  what: string,
  seconds: number,
  scrapes: number,
  perRound: number,
  floor: number,
  ...more: string[]
): void {
  const each = seconds / scrapes;
  const cores = (each * perRound) / INTERVAL_SECONDS;
  const ratio = floor > 0 ? times(seconds / floor) : '';
  row(`  ${what}`, `${(each * 1000).toFixed(1)} ms`, cores.toFixed(3), ratio, ...more);
}

function seriesIn(text: string): number {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}

async function scrape(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.text();
}

async function servers(lab: Lab): Promise<void> {
  const ports = await freePorts(RUNNING);
  await Promise.all(
    ports.map(async (port) => {
      const program = lab.start('redis-server', ['--port', String(port), '--save', '', '--requirepass', 'x']);
      await program.ready(() => accepts(port));
    }),
  );
  const clients = ports.map((port) => connect(port, 'x'));
  for (const client of clients) for (const command of COMMANDS) await client.call(command, 'a');
  const listen = await freePort();
  const exporter = lab.start(
    'prometheus-redis-exporter',
    ['-redis.addr=', '-connection-timeout=3s', `-web.listen-address=127.0.0.1:${listen}`],
    { env: { PATH: process.env.PATH, REDIS_PASSWORD: 'x' } },
  );
  await exporter.ready(() => accepts(listen));
  const urls = Array.from(
    { length: SERVERS },
    (_, i) => `http://127.0.0.1:${listen}/scrape?target=127.0.0.1:${ports[i % RUNNING]}`,
  );
  let text = await scrape(urls[0]);
  const scrapes = ROUNDS * SERVERS;
  let floor = 0;
  const before = cpuSeconds([exporter]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const url of urls) text = await scrape(url);
    const start = process.cpuUsage();
    for (let i = 0; i < SERVERS; i++) await clients[i % RUNNING].info('all');
    const used = process.cpuUsage(start);
    floor += (used.user + used.system) / 1e6;
  }
  const seconds = cpuSeconds([exporter]) - before;
  heading(`Metrics of ${SERVERS} servers, every ${INTERVAL_SECONDS} s`, ...CELLS);
  print('a client that sends INFO (floor)', floor, scrapes, SERVERS, floor);
  print('redis_exporter', seconds, scrapes, SERVERS, floor, megabytes(peakSoFar(exporter)), String(seriesIn(text)));
  for (const client of clients) client.disconnect();
}

async function proxies(lab: Lab): Promise<void> {
  const [listen, stats, pool] = [await freePort(), await freePort(), await freePort()];
  const names = Array.from({ length: SHARDS }, (_, n) => `redis-${n}.example.net:6379`);
  const file = lab.write(
    'nutcracker.yml',
    NutcrackerConfig.of([
      new NutcrackerPool({
        name: 'unit1',
        listen: `127.0.0.1:${pool}`,
        redis: true,
        servers: names.map((name, n) => new NutcrackerServer({ address: `127.0.0.1:${20_000 + n}`, name })),
      }),
    ]).toYaml(),
  );
  const args = ['-c', file, '-s', String(stats), '-a', '127.0.0.1', '-i', '1000', '-o', ''];
  await lab.start('nutcracker', args).ready(() => accepts(pool));
  const shards = lab.write(
    'shards.json',
    JSON.stringify({ unit1: Object.fromEntries(names.map((name, n) => [name, n])) }),
  );
  const options = [`--listen=${listen}`, `--stats-port=${stats}`, '--shards', shards];
  const exporter = lab.start('node', ['--max-semi-space-size=1', '--max-old-space-size=64', EXPORTER, ...options]);
  await exporter.ready(() => accepts(listen));
  const url = `http://127.0.0.1:${listen}/scrape?target=127.0.0.1:${stats}`;
  let text = await scrape(url);
  const scrapes = 300;
  const before = cpuSeconds([exporter]);
  for (let i = 0; i < scrapes; i++) text = await scrape(url);
  const seconds = cpuSeconds([exporter]) - before;
  heading(`A proxy with ${SHARDS} shards, every ${INTERVAL_SECONDS} s`, ...CELLS);
  print(
    'the exporter of the proxies',
    seconds,
    scrapes,
    1,
    0,
    '',
    megabytes(peakSoFar(exporter)),
    String(seriesIn(text)),
  );
}

async function bridges(lab: Lab): Promise<void> {
  const health = await freePort();
  const address = (n: number): string => `127.0.0.1:${n}`;
  const bridge = new FailoverBridge({
    shards: Array.from({ length: SHARDS }, (_, n) => ({ a: address(2000 + n), b: address(3000 + n) })),
    sentinels: [4000, 4001, 4002].map(address),
    options: { metrics: true, healthPort: health, firstPort: 5000 },
  });
  lab.write('stopped-servers', bridge._stoppedServers());
  // With rare health checks, which take far more than the metrics and vary with other load.
  const cfg = bridge._haproxyConfig('127.0.0.1').replace(/\b(inter|fastinter|downinter) \d+ms/g, '$1 1h');
  const file = lab.write('haproxy.cfg', cfg.replaceAll('/etc/bridge', lab.dir));
  const haproxy = await lab.start('haproxy', ['-db', '-f', file]).ready(() => accepts(health));
  const url = `http://127.0.0.1:${health}/metrics?scope=global&scope=backend`;
  let text = '';
  const scrapes = 30;
  const before = cpuSeconds([haproxy]);
  for (let i = 0; i < scrapes; i++) text = await scrape(url);
  const seconds = cpuSeconds([haproxy]) - before;
  heading(`A bridge with ${SHARDS} shards, every ${INTERVAL_SECONDS} s`, ...CELLS);
  print(
    '/metrics of HAProxy',
    seconds,
    scrapes,
    1,
    0,
    '',
    `${(text.length / 1e6).toFixed(1)} MB text`,
    String(seriesIn(text)),
  );
}

void runParts({ servers, proxies, bridges }, process.argv.slice(2), [
  'redis-server -v',
  'prometheus-redis-exporter -version',
  'haproxy -v',
]);
