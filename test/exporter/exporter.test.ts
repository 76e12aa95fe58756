// The exporter of the proxies, as it is bundled, and the real nutcracker.

import * as net from 'node:net';
import * as path from 'node:path';
import { NutcrackerConfig, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import { parseStats } from '../../exporter/stats';
import { Authority, startTlsServer } from '../lab/certificates';
import { connect } from '../lab/clients';
import { accepts, freePort, Lab, type Program, until } from '../lab/lab';
import { ROOT } from '../lab/synthesized';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const BUNDLE = path.join(ROOT, 'build/exporter/exporter.mjs');

/** The shards of two pools; nutcracker writes the names of servers as they are. */
const SHARDS = { 'first pool': { plain: 0, 'with"quotes"and\\': 1 }, second: { plain: 1 } };

interface Started {
  readonly program: Program;
  readonly port: number;
  readonly get: (path: string) => Promise<{ status: number; text: string }>;
}

async function startExporter(statsPort: number, ...args: string[]): Promise<Started> {
  const port = await freePort();
  const shards = lab.write('shards.json', JSON.stringify(SHARDS));
  const options = [`--listen=${port}`, `--stats-port=${statsPort}`, '--shards', shards, ...args];
  const program = lab.start('node', [BUNDLE, ...options]);
  await program.ready(() => accepts(port));
  const get = async (url: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`http://127.0.0.1:${port}${url}`);
    return { status: response.status, text: await response.text() };
  };
  return { program, port, get };
}

test('the times of a certificate are read from the server, only at the ports that are given', async () => {
  const { port, server } = await startTlsServer(lab, new Authority(lab, 'any').issue(['server'], { days: 3 }));
  const { get } = await startExporter(1, `--tls-ports=${port}`);
  const { status, text } = await get(`/certificate?target=127.0.0.1:${port}`);
  const value = (name: string): number =>
    Number(new RegExp(`^cdk8s_twemproxy_certificate_${name}_timestamp_seconds (\\d+)$`, 'm').exec(text)?.[1]);
  expect(status).toBe(200);
  expect(value('not_after') - value('not_before')).toBe(3 * 86_400);
  expect(Math.abs(value('not_before') - Date.now() / 1000)).toBeLessThan(600);
  expect(await get('/certificate?target=127.0.0.1:1')).toMatchObject({ status: 400 });
  await server.stop();
  expect(await get(`/certificate?target=127.0.0.1:${port}`)).toMatchObject({ status: 502 });
});

test('the statistics of nutcracker by pool and server, with the ordinals of the shards', async () => {
  const [stats, first, second, redis] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const server = lab.start('redis-server', ['--port', String(redis), '--save', '', '--dir', lab.dir]);
  await server.ready(() => accepts(redis));
  const pools = Object.entries(SHARDS).map(
    ([name, servers], i) =>
      new NutcrackerPool({
        name,
        listen: `127.0.0.1:${[first, second][i]}`,
        redis: true,
        // The second one has no server behind it.
        servers: Object.entries(servers).map(
          ([ringName, ordinal]) =>
            new NutcrackerServer({ address: `127.0.0.1:${[redis, 1][ordinal]}`, name: ringName }),
        ),
      }),
  );
  const file = lab.write('nutcracker.yml', NutcrackerConfig.of(pools).toYaml());
  const args = ['-c', file, '-s', String(stats), '-a', '127.0.0.1', '-i', '100', '-o', ''];
  await lab.start('nutcracker', args).ready(() => accepts(first));
  const client = connect(first, '', { password: undefined });
  const sent = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => client.set(`key-${i}`, 'value')));
  client.disconnect();
  const answered = sent.filter(({ status }) => status === 'fulfilled').length;
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(40);

  const { get } = await startExporter(stats);
  const line = (name: string, labels: string): RegExp => new RegExp(`^${name}\\{${labels}\\} (\\d+)$`, 'm');
  const plain = 'pool="first pool",server="plain",shard="0"';
  let text = '';
  await until('the replies were counted', async () => {
    ({ text } = await get(`/scrape?target=127.0.0.1:${stats}`));
    return Number(line('nutcracker_server_responses_total', plain).exec(text)?.[1]) === answered;
  });
  const odd = 'pool="first pool",server="with\\\\"quotes\\\\"and\\\\\\\\",shard="1"';
  expect(Number(line('nutcracker_server_errors_total', odd).exec(text)?.[1])).toBeGreaterThan(0);
  expect(text).toMatch(line('nutcracker_server_requests_total', 'pool="second",server="plain",shard="1"'));
  expect(text).toMatch(/^nutcracker_up 1$/m);
  expect(text).toMatch(/^nutcracker_info\{version="0\.5\.0"\} 1$/m);
  expect(text).toMatch(/^nutcracker_pool_info\{pool="first pool",servers="2",names="[0-9a-f]{16}"\} 1$/m);
  expect(text).toMatch(/^# TYPE nutcracker_server_timeouts_total counter$/m);
  expect(text).toMatch(/^# TYPE nutcracker_server_in_queue gauge$/m);
});

test('a proxy that does not reply, or is none, is down', async () => {
  const stats = await freePort();
  const { get, program } = await startExporter(stats, '--timeout=300');
  const scrape = async (): Promise<string> => (await get(`/scrape?target=127.0.0.1:${stats}`)).text;
  expect(await scrape()).toMatch(/^nutcracker_up 0$/m);
  for (const reply of [
    '{"service":"other"}',
    '{"service":"nutcracker", "alpha": {',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    '',
  ]) {
    const server = net.createServer((socket) => {
      if (reply === '') socket.write('{"service"');
      else socket.end(reply);
    });
    await new Promise<void>((resolve) => server.listen(stats, '127.0.0.1', resolve));
    expect(await scrape()).toMatch(/^nutcracker_up 0$/m);
    expect(await scrape()).not.toMatch(/^nutcracker_pool_info/m);
    await new Promise((resolve) => server.close(resolve));
  }
  expect(program.output).toContain('the reply is not from nutcracker');
  expect(program.output).toContain('no statistics in 300 ms');
  expect((await get('/health')).status).toBe(200);
});

test('it connects only to the port of the statistics, and names what is wrong', async () => {
  const { get } = await startExporter(22_222);
  for (const target of ['127.0.0.1:6379', '127.0.0.1', 'http://127.0.0.1:22222', '', 'a/b:22222']) {
    expect(await get(`/scrape?target=${encodeURIComponent(target)}`)).toEqual({
      status: 400,
      text: `target is ${JSON.stringify(target)}; give HOST:22222\n`,
    });
  }
  expect((await get('/')).status).toBe(404);
  for (const args of [
    [],
    ['--listen=0'],
    ['--listen=1', '--stats-port=x'],
    ['--listen=1', '--stats-port=1', '--none'],
  ]) {
    const program = lab.start('node', [
      BUNDLE,
      ...args,
      ...(args.length > 0 ? ['--shards', `${lab.dir}/shards.json`] : []),
    ]);
    expect(await program.exit()).toBe(2);
    expect(program.output.trim().split('\n')).toHaveLength(1);
  }
});

test('a server that is in no pool of the fleet has no shard', () => {
  const text =
    '{"service":"nutcracker", "version":"0.5.0", "uptime":3, "alpha": {"client_eof":1, "other": {"requests":2}}}';
  const { pools, counts } = parseStats(text, {});
  expect(counts).toEqual({ uptime: 3 });
  expect(pools.get('alpha')?.servers.get('other')).toEqual({ requests: 2 });
});
