// sentinel.sh and monitor.sh: one real Sentinel between two that give any answer, and two servers.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { sentinelSettings } from '../../../lib/failover/replica-plan';
import { SENTINEL_SCRIPTS } from '../../../lib/redis/sentinel-pod';
import { busyboxPath } from '../../lab/busybox';
import { everyNth } from '../../lab/cases';
import { connect, PASSWORD } from '../../lab/clients';
import { FakeSentinel } from '../../lab/fake-sentinel';
import { accepts, freePorts, Lab, type Program } from '../../lab/lab';
import { eventually, redisPassword, ScriptPod } from '../../lab/shard-lab';

let lab: Lab;
let a: number, b: number, own: number;
let others: FakeSentinel[];
let clients: Redis[];
let pod: ScriptPod;
let sentinel: Redis;
beforeEach(async () => {
  lab = new Lab();
  [a, b, own] = await freePorts(3);
  others = [await FakeSentinel.start('nil'), await FakeSentinel.start('nil')];
  clients = [];
});
afterEach(async () => {
  for (const other of others) other.close();
  for (const client of clients) client.disconnect();
  await lab.close();
});

function client(port: number, password = PASSWORD): Redis {
  const it = connect(port, password);
  clients.push(it);
  return it;
}

async function server(port: number, follows?: number): Promise<Program> {
  const dir = fs.mkdtempSync(path.join(lab.dir, 'server-'));
  const role = follows === undefined ? '' : `replicaof 127.0.0.1 ${follows}`;
  const file = path.join(dir, 'redis.conf');
  const lines = [`port ${port}`, `dir ${dir}`, 'save ""', 'repl-diskless-sync-delay 0', role, redisPassword(PASSWORD)];
  fs.writeFileSync(file, lines.join('\n'));
  return lab.start('redis-server', [file]).ready(() => accepts(port));
}

function makePod(PATH = process.env.PATH, more: Record<string, string> = {}): void {
  const env = { SENTINEL_PORT: String(own), REDISCLI_AUTH: PASSWORD, PATH, ...more };
  pod = new ScriptPod(lab, 'sentinel-1', '/etc/sentinel', env);
  for (const script of SENTINEL_SCRIPTS) pod.addScript(script);
  const ports = [others[0].port, own, others[1].port];
  pod.configure('sentinels', ports.map((port) => `127.0.0.1:${port}\n`).join(''));
  pod.configure('shards', `3 127.0.0.1:${a} 127.0.0.1:${b}\n`);
  pod.configure('role-user', '\n');
}

async function startSentinel(): Promise<Program> {
  const program = await pod.run('sentinel.sh').ready(() => accepts(own));
  sentinel = client(own);
  return program;
}

/** The fields of what it monitors; undefined if it does not. */
async function monitored(name = 'shard-3'): Promise<Record<string, string> | undefined> {
  const reply = (await sentinel.call('SENTINEL', 'MASTER', name).catch(() => [])) as string[];
  const fields = reply.flatMap((field, i) => (i % 2 === 0 ? [[field, reply[i + 1]]] : []));
  return fields.length > 0 ? (Object.fromEntries(fields) as Record<string, string>) : undefined;
}

const OPTIONS = { ...Object.fromEntries(sentinelSettings(1, 3)), quorum: '2' };

async function monitors(port: number): Promise<void> {
  await eventually(`it monitors ${port}`, async () => {
    const { port: found, flags, 'num-slaves': replicas } = (await monitored()) ?? {};
    return found === String(port) && flags === 'master' && replicas === '1';
  });
  expect(await monitored()).toMatchObject(OPTIONS);
}

const SHELLS = [
  ['dash', () => undefined],
  ['busybox', () => busyboxPath(lab)],
] as const;

test.each(everyNth(2, SHELLS))(
  'it monitors a master only once the other server follows it, and keeps that over a restart (%s)',
  async (_, tools) => {
    makePod(tools());
    const servers = [await server(a), await server(b)];
    const first = await startSentinel();
    pod.run('monitor.sh');
    const asked = others[1].asked;
    await client(a).call('REPLICAOF', '127.0.0.1', '1');
    await eventually('it asks the other Sentinels', () => others[1].asked > asked + 2);
    expect(await monitored()).toBeUndefined();
    await client(a).call('REPLICAOF', '127.0.0.1', String(b));
    await monitors(b);

    for (const program of [first, ...servers]) await program.stop('SIGKILL');
    const again = await startSentinel();
    expect(await monitored()).toMatchObject({ port: String(b), ...OPTIONS });
    await Promise.all([server(b), server(a, b)]);
    await monitors(b);
    await again.stop('SIGKILL');
  },
);

test.each(everyNth(2, SHELLS))(
  'it monitors the master again that it cannot learn of, since it knew no replica of the former one (%s)',
  async (_, tools) => {
    makePod(tools());
    await Promise.all([server(a), server(b)]);
    await startSentinel();
    await sentinel.call('SENTINEL', 'MONITOR', 'shard-3', '127.0.0.1', a, '2');
    await sentinel.call('SENTINEL', 'SET', 'shard-3', 'auth-pass', PASSWORD);
    pod.run('monitor.sh');
    await client(a).call('REPLICAOF', '127.0.0.1', String(b));
    await monitors(b);
  },
);

test('after the death of monitor.sh or a change of the list, it sets what is missing and removes what is not listed', async () => {
  makePod();
  await Promise.all([server(a), server(b, a)]);
  await startSentinel();
  for (const name of ['shard-3', 'shard-30']) await sentinel.call('SENTINEL', 'MONITOR', name, '127.0.0.1', a, '2');
  pod.run('monitor.sh');
  await monitors(a);
  await eventually('it removes the other', async () => (await monitored('shard-30')) === undefined);
});

test.each(SHELLS)(
  'the file does not grow when Sentinel cannot read its own line with the password, and keeps its state (%s)',
  async (_, tools) => {
    makePod(tools());
    await Promise.all([server(a), server(b, a)]);
    const first = await startSentinel();
    const monitor = pod.run('monitor.sh');
    await monitors(a);
    await monitor.stop('SIGKILL');
    const { 'config-epoch': epoch } = (await monitored()) ?? {};
    const file = path.join(pod.data, 'sentinel.conf');
    const unread = (): number => fs.readFileSync(file, 'utf8').split('\n# ??? ').length;
    const ids = await sentinel.call('SENTINEL', 'MYID');
    for (let i = 0; i < 200; i++) await sentinel.call('SENTINEL', 'FLUSHCONFIG');
    expect(unread()).toBeGreaterThan(200);
    pod.run('monitor.sh');
    await eventually('the lines are removed', () => unread() < 32);
    await first.stop('SIGKILL');
    await startSentinel();
    expect(await monitored()).toMatchObject({ port: String(a), 'config-epoch': epoch, ...OPTIONS });
    expect(await sentinel.call('SENTINEL', 'MYID')).toBe(ids);
  },
);

test('without the partner, it believes the other two Sentinels only about a server that is a master', async () => {
  makePod();
  await Promise.all([server(a)]);
  await startSentinel();
  pod.run('monitor.sh');
  for (const other of others) other.answer = ['127.0.0.1', b];
  const asked = others[1].asked;
  await eventually('it asks the other Sentinels', () => others[1].asked > asked + 2);
  expect(await monitored()).toBeUndefined();
  for (const other of others) other.answer = ['127.0.0.1', a];
  await eventually('it monitors a', async () => (await monitored())?.port === String(a));
});

test('a file that is not complete is not used', async () => {
  makePod();
  const runId = 'f'.repeat(40);
  const lines = ['sentinel myid 123', `sentinel known-sentinel shard-3 127.0.0.1 ${b}`, `sentinel myid ${runId}`];
  for (const line of [...lines.slice(0, 2).map((each) => `${each}\n`), lines[2]]) {
    fs.writeFileSync(path.join(pod.data, 'sentinel.conf'), `sentinel monitor shard-3 127.0.0.1 ${a} 2\n${line}`);
    const program = await startSentinel();
    expect(program.output).toContain('sentinel-1: sentinel.conf is not complete; starting without what it knew');
    expect(await monitored()).toBeUndefined();
    await program.stop('SIGKILL');
  }
});

describe('if it knows the masters by the port of another phase of TLS', () => {
  const REMEDY = '; apply the phase of TLS that was skipped, or the former one';
  /** As a Sentinel of another phase leaves it. */
  const knowing = (port: number): void => {
    fs.writeFileSync(path.join(pod.data, 'sentinel.conf'), `sentinel monitor shard-3 127.0.0.1 ${port} 2\n`);
  };

  async function waits(program: Program, why = ''): Promise<void> {
    const text = `waiting: it knows the masters by port 6389${why}${REMEDY}`;
    await eventually('it waits', () => program.output.includes(text) || !program.running);
    expect([program.running, await accepts(own)]).toEqual([true, false]);
  }

  test.each(SHELLS)(
    'it waits in a phase with one port, also while servers reply, unless it is told not to (%s)',
    async (_, tools) => {
      makePod(tools());
      knowing(6389);
      await server(a);
      const program = pod.run('sentinel.sh');
      await waits(program);
      fs.writeFileSync(path.join(pod.data, 'start-anyway'), '');
      await program.ready(() => accepts(own));
      expect(fs.existsSync(path.join(pod.data, 'start-anyway'))).toBe(false);
    },
  );

  test('it waits in a phase with both ports until a server has the new one', async () => {
    makePod(undefined, { SENTINEL_OTHER_PORT: '26389' });
    knowing(6389);
    const program = pod.run('sentinel.sh');
    await waits(program, ', and no server replies on the ports of this phase');
    await server(b);
    await program.ready(() => accepts(own));
  });

  test('it knows no master as a replica of itself, of which it had learned by the other port', async () => {
    makePod(undefined, { SENTINEL_OTHER_PORT: '26389' });
    pod.configure('shards', `3 127.0.0.1:${a} 127.0.0.1:${b} 127.0.0.1:6389 127.0.0.1:6390\n`);
    knowing(6389);
    fs.appendFileSync(path.join(pod.data, 'sentinel.conf'), `sentinel known-replica shard-3 127.0.0.1 ${a}\n`);
    await server(a);
    await startSentinel();
    expect(await monitored()).toMatchObject({ port: String(a) });
    expect(await sentinel.call('SENTINEL', 'REPLICAS', 'shard-3')).toEqual([]);
  });

  test('it starts if it knows one master by a port of this phase, or no master that is listed', async () => {
    makePod();
    pod.configure('shards', `3 127.0.0.1:${a} 127.0.0.1:${b}\n4 127.0.0.1:${a} 127.0.0.1:${b}\n`);
    knowing(6389);
    fs.appendFileSync(path.join(pod.data, 'sentinel.conf'), `sentinel monitor shard-4 127.0.0.1 ${b} 2\n`);
    const program = await startSentinel();
    await program.stop();
    pod.configure('shards', '');
    knowing(6389);
    expect((await startSentinel()).output).not.toContain('waiting');
  });
});
