// The synthesized bridge, between real proxies and real servers.

import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { Duration } from 'cdk8s';
import { MigrationBridge } from '../lib';
import { busyboxPath } from './lab/busybox';
import { everyNth, IS_LONG, longTest } from './lab/cases';
import { connect } from './lab/clients';
import { keysWhere } from './lab/dataset';
import { statusOf, moving, staysConnected } from './lab/bridged';
import { accepts, freePort, freePorts, Lab, until } from './lab/lab';

let lab: Lab;
let clients: Redis[];
beforeEach(() => {
  lab = new Lab();
  clients = [];
});
afterEach(async () => {
  for (const client of clients) if (client.status !== 'end') client.disconnect();
  await lab.close();
});

/** Registers a client, to be disconnected after its test. */
function kept(client: Redis): Redis {
  clients.push(client);
  return client;
}

/** Changes the role of a server, as a cutover does. */
async function become(client: Redis, ...role: [string, string]): Promise<void> {
  await client.call('REPLICAOF', ...role);
}

const NO_MASTER: [string, string] = ['127.0.0.1', '1'];
const MASTER: [string, string] = ['NO', 'ONE'];

/** The value that a client of the proxy reads, or its error. */
async function read(client: Redis, key: string): Promise<string | null> {
  return client.get(key).catch((error: unknown) => (error as Error).message);
}

const PASSWORDS = [
  'simple',
  ' spaces at both ends ',
  '\'single\' "double"',
  'a#b:c $HOME $(id) `id` %s %[env(HOME)] %{+Q}o \\x41 \\',
  'line break\nand another\r\n',
  'tab\tescape\x1bdelete\x7f',
  'next line \u0085, separator \u2028, mark \ufeff',
  '密码 пароль 😀',
  'x'.repeat(300),
];

test.each(everyNth(3, PASSWORDS))('a bridge finds the masters with the password %j', async (secretValue) => {
  const { old, it } = await moving(lab, 1, { secretValue });
  await it.startProxy();
  const client = kept(it.client());
  expect(await client.set('key', 'value')).toBe('OK');
  expect(await kept(old.serverClient(0)).get('key')).toBe('value');
});

test('a bridge follows the role of each shard, there and back', async () => {
  const { old, it } = await moving(lab, 2);
  await it.startProxy();
  const client = kept(it.client());
  const [key] = keysWhere((each) => it.ordinalOf(each) === 1, 1);
  await kept(old.serverClient(1)).set(key, 'old');
  expect(await read(client, key)).toBe('old');

  await become(kept(old.serverClient(1)), ...NO_MASTER);
  await become(kept(it.roleClient(1)), ...MASTER);
  await it.change(1, ['SET', key, 'new']);
  await until('the proxy reads from the new server', async () => (await read(client, key)) === 'new');

  await become(kept(it.roleClient(1)), ...NO_MASTER);
  await become(kept(old.serverClient(1)), ...MASTER);
  await until('the proxy reads from the old server', async () => (await read(client, key)) === 'old');
});

test('a shard without a master returns errors at once; the other shards work, and the proxy stays alive', async () => {
  const { old, it } = await moving(lab, 2);
  const { pod, ports } = await it.addProxy();
  await old.stop(0, 'SIGKILL');
  await until('a shard is unavailable', async () => (await statusOf(pod, ports.health, '/ready')) === 503);
  const client = kept(it.client(ports.proxy));
  const keys = [0, 1].flatMap((ordinal) => keysWhere((key) => it.ordinalOf(key) === ordinal, 3));
  const answers = await Promise.all(keys.map((key) => read(client, key)));
  expect(answers.map((text) => text === null)).toEqual([false, false, false, true, true, true]);
  expect(await statusOf(pod, ports.health, '/alive')).toBe(200);

  await old.start(0);
  await until('every shard has a server', async () => (await statusOf(pod, ports.health, '/ready')) === 200);
});

/** A PATH with bash and without wget, as in Debian's image of HAProxy. */
function debianPath(): string {
  const bin = path.join(lab.dir, 'debian-bin');
  fs.mkdirSync(bin);
  for (const directory of ['/usr/bin', '/usr/sbin', '/bin', '/sbin']) {
    for (const name of fs.readdirSync(directory)) {
      const link = path.join(bin, name);
      if (name !== 'wget' && !fs.existsSync(link)) fs.symlinkSync(path.join(directory, name), link);
    }
  }
  return bin;
}

/** A value from the statistics page of a bridge. */
async function figure(health: number, proxy: string, server: string, name: string): Promise<string | undefined> {
  const response = await fetch(`http://127.0.0.1:${health}/;csv`);
  const [names, ...rows] = (await response.text()).split('\n').map((line) => line.split(','));
  return rows.find((row) => row[0] === proxy && row[1] === server)?.[names.indexOf(name)];
}

test.each([
  ['wget of busybox', () => busyboxPath(lab)],
  ['bash', debianPath],
])('with %s, a bridge delays nutcracker until every shard has a server', async (_what, programs) => {
  // Longer than ten seconds: a busy machine may need more to start a server.
  const { old, it } = await moving(lab, 1, { path: programs(), replace: { '+ 10))': '+ 600))' } });
  await old.stop(0);
  const [proxy, stats, health, ...bridge] = await freePorts(4);
  const pod = it.proxyPod({ proxy, others: [], stats, health, bridge });
  const starting = pod.start();
  await until('the bridge runs', () => accepts(health));
  const refusals = async (): Promise<number> => Number(await figure(health, 'health', 'FRONTEND', 'hrsp_5xx'));
  await until('two checks have found a shard without a server', async () => (await refusals()) > 1);
  expect(pod.started('nutcracker')).toBe(false);
  await old.start(0);
  await (await starting).ready(() => accepts(proxy));
  expect(await read(kept(it.client(proxy)), 'key')).toBeNull();
  expect(pod.hookOutput.bridge).toBe('');
});

/** A client that runs one command after the other until its connection closes, and counts results. */
class Worker {
  readonly errors: string[] = [];
  done = 0;
  private readonly running: Promise<void>;

  constructor(client: Redis, key: string) {
    this.running = this.run(client, key);
  }

  /** Waits until its connection has closed. */
  ended(): Promise<void> {
    return this.running;
  }

  private async run(client: Redis, key: string): Promise<void> {
    while (client.status !== 'end') {
      await client.set(key, String(this.done)).then(
        () => this.done++,
        (error: unknown) => this.errors.push((error as Error).message),
      );
    }
  }
}

test('a stall of 300 ms of a server and of the bridge cuts no connection', async () => {
  const { old, it } = await moving(lab, 1);
  const { pod, ports } = await it.addProxy();
  const client = kept(it.client(ports.proxy));
  const control = kept(old.serverClient(0));
  await staysConnected({ client, control, bridge: pod.program('bridge') }, [old.program(0), pod.program('bridge')], 1);
});

test('a failed check cuts no connection', async () => {
  const { old, it } = await moving(lab, 1);
  const { pod, ports } = await it.addProxy();
  const client = kept(it.client(ports.proxy));
  await client.set('key', 'value');
  const failed = async (): Promise<number> => Number(await figure(ports.health, 'shard-0', 'old', 'chkfail'));
  const before = await failed();
  old.freeze(0);
  await until('a check has failed', async () => (await failed()) > before);
  old.thaw(0);
  await until('one has passed', async () => (await figure(ports.health, 'shard-0', 'old', 'status')) === 'UP');
  expect(await client.get('key')).toBe('value');
  expect(pod.program('bridge').output).not.toContain('is DOWN, reason');
});

describe('a bridge that has just started', () => {
  const SHARDS = 108;
  const password = 'simple';

  /** The role of the server that a listener routes to: `master` or `replica`, or `closed` while it has no server. */
  async function roleBehind(port: number): Promise<string> {
    const socket = net.connect(port, '127.0.0.1');
    let reply = '';
    try {
      socket.write(`AUTH ${password}\r\nGET who\r\n`);
      for await (const data of socket) {
        reply += String(data);
        if (reply.includes('master')) return 'master';
        if (reply.includes('MASTERDOWN')) return 'replica';
      }
    } catch {
      // Refused, or reset.
    } finally {
      socket.destroy();
    }
    return 'closed';
  }

  test('routes no client to a server that has not passed a check, with 108 shards, at every restart', async () => {
    // Two servers represent all shards: the old one is the master, the new one a replica without its master.
    const { old, it } = await moving(lab, 1, { secretValue: password });
    const client = kept(old.serverClient(0));
    await client.set('who', 'master');
    const ports = await freePorts(SHARDS);
    const shard = { newAddress: `127.0.0.1:${it.portOf(0)}`, oldAddress: `127.0.0.1:${old.portOf(0)}` };
    const bridge = new MigrationBridge(
      Array<typeof shard>(SHARDS).fill(shard),
      { firstPort: 2000 },
      { name: 'secret' },
    );
    const cfg = bridge._haproxyConfig('127.0.0.1').replace(/127\.0\.0\.1:(2\d{3})$/gm, (_, port: string) => {
      return `127.0.0.1:${ports[Number(port) - 2000]}`;
    });
    const health = await freePort();
    lab.write('stopped-servers', bridge._stoppedServers());
    lab.write('haproxy.cfg', cfg.replace('/etc/bridge', lab.dir).replace('127.0.0.1:8404', `127.0.0.1:${health}`));

    const servers = [old.program(0), it.shard(0)];
    for (let round = 0; round < (IS_LONG ? 5 : 2); round++) {
      // No check passes while the servers are stopped.
      for (const { child } of servers) child.kill('SIGSTOP');
      const program = lab.start('haproxy', ['-db', '-f', 'haproxy.cfg'], {
        env: { ...process.env, REDIS_PASSWORD: password },
      });
      await program.ready(() => accepts(health));
      const early = await Promise.all(ports.map(roleBehind));
      for (const { child } of servers) child.kill('SIGCONT');
      expect(new Set(early)).toEqual(new Set(['closed']));
      await Promise.all(
        ports.map((port) =>
          until('the listener routes to the master', async () => (await roleBehind(port)) === 'master'),
        ),
      );
      await program.stop('SIGKILL');
    }
    // A client that was routed there has sent its GET by now.
    expect(await kept(it.shardClient(0)).info('commandstats')).not.toContain('cmdstat_get');
  });
});

describe('a rollout of the proxies under load', () => {
  longTest('causes at most one error for each client connection', async () => {
    const { it } = await moving(lab, 2, { proxies: { shutdownDelay: Duration.seconds(1) } });
    const before = [await it.addProxy(), await it.addProxy()];
    // Each client stays connected to its proxy until that closes the connection.
    const workers = before.flatMap(({ ports }) =>
      [0, 1, 2, 3].map(
        (n) => new Worker(kept(connect(ports.proxy, it.password, { retryStrategy: () => null })), `key-${n}`),
      ),
    );
    await until('every client writes', () => workers.every(({ done }) => done > 10));

    const { ports } = await it.addProxy();
    await Promise.all(before.map(({ pod }) => pod.stop()));
    await Promise.all(workers.map((worker) => worker.ended()));

    expect(workers.map(({ errors }) => errors).filter((errors) => errors.length > 1)).toEqual([]);
    expect(await read(kept(it.client(ports.proxy)), 'key-0')).not.toBeNull();
  });
});
