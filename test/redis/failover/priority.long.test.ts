// priority.sh: a replica is eligible as master once it is in sync, and a master is not.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { busyboxPath } from '../../lab/busybox';
import { everyNth } from '../../lab/cases';
import { connect, PASSWORD } from '../../lab/clients';
import { FakeSentinel } from '../../lab/fake-sentinel';
import { accepts, freePorts, Lab, type Program } from '../../lab/lab';
import { eventually, redisPassword, ScriptPod } from '../../lab/shard-lab';

let lab: Lab;
let ports: { master: number; replica: number };
let sentinels: FakeSentinel[];
let clients: Redis[];
beforeEach(async () => {
  lab = new Lab();
  const [master, replica] = await freePorts(2);
  ports = { master, replica };
  sentinels = [];
  clients = [];
});
afterEach(async () => {
  for (const sentinel of sentinels) sentinel.close();
  for (const client of clients) client.disconnect();
  await lab.close();
});

async function server(port: number): Promise<{ client: Redis; program: Program }> {
  const dir = fs.mkdtempSync(path.join(lab.dir, 'server-'));
  const lines = ['save ""', 'replica-priority 0', 'repl-diskless-sync-delay 0', 'enable-debug-command yes'];
  const file = path.join(dir, 'redis.conf');
  fs.writeFileSync(file, [`port ${port}`, `dir ${dir}`, ...lines, redisPassword(PASSWORD)].join('\n'));
  const program = await lab.start('redis-server', [file]).ready(() => accepts(port));
  const client = connect(port, PASSWORD);
  clients.push(client);
  return { client, program };
}

/** Runs the script beside the replica. */
async function watch(PATH = process.env.PATH): Promise<Program> {
  const [master, replica] = [ports.master, ports.replica];
  for (let n = 0; n < 3; n++) sentinels.push(await FakeSentinel.start(['127.0.0.1', master]));
  const env = { SHARD_SERVER: 'b', REDIS_PORT: String(replica), REDISCLI_AUTH: PASSWORD, PATH };
  const pod = new ScriptPod(lab, 'redis-b-0', '/etc/redis-shard', env);
  for (const script of ['priority.sh', 'addresses.sh', 'password.sh']) pod.addScript(script);
  pod.configure('servers', `127.0.0.1:${master} 127.0.0.1:${replica}\n`);
  pod.configure('sentinels', sentinels.map(({ port }) => `127.0.0.1:${port}\n`).join(''));
  return pod.run('priority.sh');
}

async function priorityOf(client: Redis): Promise<string> {
  return ((await client.config('GET', 'replica-priority')) as string[])[1];
}

async function becomes(client: Redis, priority: string): Promise<void> {
  await eventually(`the priority is ${priority}`, async () => (await priorityOf(client)) === priority);
}

/** Waits until the script has looked at the server this often. */
async function looks(client: Redis, times: number): Promise<void> {
  const count = async (): Promise<number> =>
    Number(/cmdstat_info:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);
  const from = await count();
  let own = 0;
  // Each count is an INFO, too.
  await eventually('the script has looked', async () => (await count()) - from - ++own >= times);
}

const SHELLS = [
  ['dash', () => undefined],
  ['busybox', () => busyboxPath(lab)],
] as const;

test.each(everyNth(2, SHELLS))(
  'a replica becomes eligible in sync, also of an idle master, and stays so when its link breaks (%s)',
  async (_shell, tools) => {
    const [{ program: master }, { client: replica }] = [await server(ports.master), await server(ports.replica)];
    await replica.call('REPLICAOF', '127.0.0.1', '1');
    const script = await watch(tools());
    await looks(replica, 3);
    expect(await priorityOf(replica)).toBe('0');

    await replica.call('REPLICAOF', '127.0.0.1', String(ports.master));
    await becomes(replica, '100');
    const message = `in sync with 127.0.0.1 ${ports.master}, and eligible as master`;
    await eventually('it says so', () => script.output.includes(message));
    await master.stop('SIGKILL');
    await looks(replica, 3);
    expect(await priorityOf(replica)).toBe('100');
  },
);

test('a full synchronization makes a replica ineligible until it ends', async () => {
  const [{ client: master }, { client: replica }] = [await server(ports.master), await server(ports.replica)];
  await master.call('DEBUG', 'POPULATE', '1000');
  await replica.call('REPLICAOF', '127.0.0.1', String(ports.master));
  await watch();
  await becomes(replica, '100');

  await master.config('SET', 'rdb-key-save-delay', '8000');
  await master.call('DEBUG', 'CHANGE-REPL-ID');
  await master.call('CLIENT', 'KILL', 'TYPE', 'replica');
  await becomes(replica, '0');
  await becomes(replica, '100');
});

test('a new master stays eligible until two Sentinels name it, and is not when it is demoted', async () => {
  const [{ client: master }, { client: replica }] = [await server(ports.master), await server(ports.replica)];
  await replica.call('REPLICAOF', '127.0.0.1', String(ports.master));
  await watch();
  await becomes(replica, '100');

  // As Sentinel does it, with the connections closed.
  await replica
    .multi([
      ['replicaof', 'NO', 'ONE'],
      ['client', 'KILL', 'TYPE', 'normal'],
    ])
    .exec();
  sentinels[0].answer = ['127.0.0.1', ports.replica];
  const asked = sentinels[1].asked;
  await eventually('it asks the Sentinels', () => sentinels[1].asked > asked + 1);
  expect(await priorityOf(replica)).toBe('100');
  sentinels[1].answer = ['127.0.0.1', ports.replica];
  await becomes(replica, '0');

  await replica.call('REPLICAOF', '127.0.0.1', String(ports.master));
  await becomes(replica, '100');
  await master.set('key', 'value');
});
