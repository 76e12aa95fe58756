// The synthesized command lines, configurations and scripts, with the real programs.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Size } from 'cdk8s';
import { type k8s } from 'cdk8s-plus-27';
import { type Redis } from 'ioredis';
import { RedisConfig, type RedisOptions } from '../lib';
import { connect } from './lab/clients';
import { DURABLE, LabFleet } from './lab/fleet';
import { accepts, Lab, until } from './lab/lab';
import { busyboxPath } from './lab/busybox';
import { everyNth } from './lab/cases';

const KEYS = Array.from({ length: 200 }, (_, i) => `user:${i * 7919}`);

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

function fleet(servers: number, redis?: RedisOptions, path?: string): Promise<LabFleet> {
  return LabFleet.synthesize(lab, { servers, redis, path });
}

/** The pod of a shard without a password. */
function withoutPassword(spec: k8s.PodSpec): k8s.PodSpec {
  const containers = spec.containers.map((container) => ({
    ...container,
    env: container.env?.filter(({ name }) => name !== 'REDISCLI_AUTH'),
  }));
  return { ...spec, containers };
}

async function readThroughProxy(it: LabFleet): Promise<(string | null)[]> {
  const client = it.client();
  try {
    return await Promise.all(KEYS.map((key) => client.get(key)));
  } finally {
    client.disconnect();
  }
}

async function writeThroughProxy(it: LabFleet): Promise<void> {
  const client = it.client();
  await Promise.all(KEYS.map((key) => client.set(key, `value of ${key}`)));
  client.disconnect();
}

/** The role of a shard: `master`, or `slave` and its master. */
async function roleOf(it: LabFleet, ordinal: number): Promise<unknown[]> {
  const client = it.shardClient(ordinal);
  const [role, host, port] = await client.role();
  client.disconnect();
  return role === 'master' ? [role] : [role, host, port];
}

/** The shells of the two base images. */
const SHELLS: readonly (readonly [name: string, path: () => string | undefined])[] = [
  ['the shell of Debian', () => undefined],
  ['busybox', () => busyboxPath(lab)],
];

describe.each(everyNth(2, SHELLS))('with %s', (_shell, programs) => {
  test('a fleet serves SET and GET through its proxy, with any password, and keeps its data across a restart', async () => {
    const it = await fleet(4, DURABLE, programs());
    await Promise.all([0, 1, 2, 3].map((ordinal) => it.startShard(ordinal)));
    await it.startProxy();
    await writeThroughProxy(it);
    expect(await readThroughProxy(it)).toEqual(KEYS.map((key) => `value of ${key}`));

    await Promise.all([0, 1].map((ordinal) => it.stopShard(ordinal, 'SIGTERM')));
    await Promise.all([2, 3].map((ordinal) => it.stopShard(ordinal, 'SIGKILL')));
    await Promise.all([0, 1, 2, 3].map((ordinal) => it.startShard(ordinal)));

    await until('the proxy has found every shard again', async () =>
      readThroughProxy(it).then(
        () => true,
        () => false,
      ),
    );
    expect(await readThroughProxy(it)).toEqual(KEYS.map((key) => `value of ${key}`));
  });

  test('a second server is refused on the directory of a running one', async () => {
    const it = await fleet(1, {}, programs());
    await it.startShard(0);

    const second = await it.shardPod(0).start();

    expect(await second.exit()).toBe(1);
    expect(second.output).toContain('fleet-redis-0: another server is using the data directory');
  });

  test('a shard keeps its role, and nothing else of a rewritten configuration', async () => {
    const it = await fleet(1, { startAsReplica: true }, programs());
    await it.startShard(0);
    expect(await roleOf(it, 0)).toEqual(['slave', '127.0.0.1', 1]);

    await it.change(0, ['CONFIG', 'SET', 'maxclients', '77'], ['REPLICAOF', 'NO', 'ONE'], ['CONFIG', 'REWRITE']);
    await it.stopShard(0, 'SIGKILL');
    await it.startShard(0);
    expect(await roleOf(it, 0)).toEqual(['master']);

    await it.change(0, ['REPLICAOF', '127.0.0.1', '2'], ['CONFIG', 'REWRITE']);
    await it.stopShard(0, 'SIGKILL');
    await it.startShard(0);
    expect(await roleOf(it, 0)).toEqual(['slave', '127.0.0.1', 2]);

    const client = it.shardClient(0);
    expect(await client.config('GET', 'maxclients')).toEqual(['maxclients', '10000']);
    client.disconnect();
  });

  test('only the user migrator can change the role of a shard with startAsReplica, with a password and without', async () => {
    const config = RedisConfig.of({ renameCommand: { FAILOVER: '' } });
    const it = await fleet(1, { startAsReplica: true, config }, programs());
    const roleChanges = async (): Promise<unknown[]> => {
      const [defaultUser, migrator] = [it.shardClient(0), it.roleClient(0)];
      const tryRoleChange = (client: Redis): Promise<unknown> =>
        client
          .call('SLAVEOF', '127.0.0.1', '2')
          .catch((error: unknown) => (error as Error).message)
          .then((reply) => String(reply).split(' ')[0]);
      return Promise.all([tryRoleChange(defaultUser), tryRoleChange(migrator)]).finally(() => {
        for (const client of [defaultUser, migrator]) client.disconnect();
      });
    };
    await it.startShard(0);
    expect(await roleChanges()).toEqual(['NOPERM', 'OK']);
    await it.change(0, ['CONFIG', 'REWRITE']);
    await it.stopShard(0);

    const pod = it.shardPod(0);
    const open = await pod.with({ spec: withoutPassword(pod.spec) }).start();
    await open.ready(() => accepts(it.portOf(0)));
    await until('it has loaded', async () => !(await roleChanges()).includes('LOADING'));
    expect(await roleChanges()).toEqual(['NOPERM', 'OK']);
  });

  test('a shard with an unreadable role does not start', async () => {
    const it = await fleet(1, {}, programs());
    await it.startShard(0);
    await it.stopShard(0);
    const pod = it.shardPod(0);
    const file = path.join(pod.directory('/data'), 'redis.conf');
    const whole = fs.readFileSync(file, 'utf8');

    for (const cut of ['', whole.slice(0, 60), whole.slice(0, -10)]) {
      fs.writeFileSync(file, cut);
      const program = await pod.start();
      expect(await program.exit()).toBe(1);
      expect(program.output).toContain('the role in redis.conf is unreadable');
    }
  });

  test.each(['slaveof 127.0.0.1 3', '  ReplicaOf "127.0.0.1" 3', '"replicaof" 127.0.0.1 3'])(
    'a shard keeps a role that is written as %j',
    async (line) => {
      const it = await fleet(1, {}, programs());
      await it.startShard(0);
      await it.stopShard(0);
      fs.appendFileSync(path.join(it.shardPod(0).directory('/data'), 'redis.conf'), `${line}\n`);

      await it.startShard(0);

      expect(await roleOf(it, 0)).toEqual(['slave', '127.0.0.1', 3]);
    },
  );

  test('an empty password does not open a shard or a proxy', async () => {
    const it = await fleet(1, {}, programs());
    const empty = { 'fleet-redis': { password: '' } };

    const shard = await it.shardPod(0).with({ secrets: empty }).start();
    expect(await shard.exit()).toBe(1);
    expect(shard.output).toContain('the password in the Secret is empty');

    await expect(it.proxyPod().with({ secrets: empty }).start()).rejects.toThrow(
      'the password in Secret fleet-redis/password is empty or not UTF-8',
    );
  });
});

test('a shard can replicate from another with the same password', async () => {
  const it = await fleet(2);
  await Promise.all([0, 1].map((ordinal) => it.startShard(ordinal)));
  await it.change(0, ['SET', 'key', 'value']);

  await it.change(1, ['REPLICAOF', '127.0.0.1', String(it.portOf(0))]);

  const replica = it.shardClient(1);
  await until('the replica has the key', async () => (await replica.get('key')) === 'value');
  replica.disconnect();
});

test('maxmemoryOfShard sets the maxmemory of a shard', async () => {
  const it = await fleet(2, { maxmemoryOfShard: { '1': Size.mebibytes(100) } });
  await Promise.all([0, 1].map((ordinal) => it.startShard(ordinal)));

  const maxmemory = async (ordinal: number): Promise<unknown> => {
    const client = it.shardClient(ordinal);
    const [, value] = (await client.config('GET', 'maxmemory')) as string[];
    client.disconnect();
    return Number(value) / 2 ** 20;
  };

  expect(await Promise.all([maxmemory(0), maxmemory(1)])).toEqual([614, 100]);
});

test('a key written through the proxy is on the shard of the old ring', async () => {
  const it = await fleet(4);
  await Promise.all([0, 1, 2, 3].map((ordinal) => it.startShard(ordinal)));
  await it.startProxy();
  await writeThroughProxy(it);

  const clients = [0, 1, 2, 3].map((ordinal) => it.shardClient(ordinal));
  const found = await Promise.all(KEYS.map((key) => clients[it.ordinalOf(key)].exists(key)));
  const sizes = await Promise.all(clients.map((client) => client.dbsize()));
  for (const client of clients) client.disconnect();

  expect(found).toEqual(KEYS.map(() => 1));
  expect(sizes.reduce((a, b) => a + b)).toBe(KEYS.length);
});

test('each shard has its own directory on the shared volume, which other users cannot read', async () => {
  const it = await fleet(2);
  await Promise.all([0, 1].map((ordinal) => it.startShard(ordinal)));

  const volume = it.shardPod(0).directory('/volume');

  expect(fs.readdirSync(volume).sort()).toEqual(['fleet-redis-0', 'fleet-redis-1']);
  expect(fs.statSync(path.join(volume, 'fleet-redis-1')).mode & 0o077).toBe(0);
  expect(fs.statSync(path.join(volume, 'fleet-redis-1', 'redis.conf')).mode & 0o077).toBe(0);
});

test('an unwritable volume is reported with the remedy', async () => {
  const it = await fleet(1);
  const pod = it.shardPod(0);
  const volume = pod.directory('/volume');
  fs.rmSync(volume, { recursive: true });
  fs.writeFileSync(volume, 'not a directory, so that root cannot write to it either');

  await expect(pod.start()).rejects.toThrow(/user \d+ cannot write to .*fleet-redis-0; .* make \d+:\d+ the owner/);
});

test('the longest key of a proxy is 49 bytes shorter than its buffers', async () => {
  const it = await LabFleet.synthesize(lab, { servers: 1, proxies: { mbufBytes: 512 } });
  await it.startShard(0);
  await it.startProxy();
  const client = connect(it.proxyPort, it.password, { retryStrategy: () => null });
  expect(await client.set('k'.repeat(463), 'value')).toBe('OK');
  expect(await client.get('k'.repeat(463))).toBe('value');
  await expect(client.set('k'.repeat(464), 'value')).rejects.toThrow('Connection is closed');
});

test('nutcracker exits on SIGTERM if it is not process 1, as with a shared process namespace', async () => {
  const it = await fleet(1);
  await it.startShard(0);
  const proxy = await it.startProxy();

  await proxy.stop('SIGTERM');

  expect(proxy.child.signalCode).toBe('SIGTERM');
  expect(it.charts.proxies.deployment.toJson()).toMatchObject({
    spec: { template: { spec: { shareProcessNamespace: true } } },
  });
});
