// The pods of a synthesized Redis Cluster: the Job creates it, also after being killed anywhere; it heals after every address has changed,
// hands over at a planned stop, and takes in a node that has lost its disk.

import { Duration, Size } from 'cdk8s';
import { AppendFsync, RedisCluster, type RedisClusterProps, RedisConfig, ShardStorage } from '../../lib';
import { busyboxPath } from '../lab/busybox';
import { PASSWORD } from '../lab/clients';
import { killAll, LabClusterPods } from '../lab/cluster-pods';
import { Lab, until } from '../lab/lab';
import { chart } from '../lab/synth';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

function clusterOf(props: Partial<RedisClusterProps> = {}, path?: string, own = lab): LabClusterPods {
  const cluster = new RedisCluster(chart('shop'), 'cluster', {
    name: 'cart',
    masters: 3,
    storage: ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) }),
    password: { name: 'cart' },
    nodeTimeout: Duration.seconds(5),
    // A kill must not lose acknowledged writes.
    config: RedisConfig.of({ appendfsync: AppendFsync.ALWAYS }),
    ...props,
  });
  return new LabClusterPods({ lab: own, cluster, password: PASSWORD, secret: 'cart', path });
}

/** Writes keys of every slot range as the default user, and returns them. */
async function fill(nodes: LabClusterPods): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const n of await nodes.masters()) {
    await nodes.on(
      n,
      async (client) => {
        for (let i = 0; i < 60; i++) {
          const stored = await client.set(`key:${i}`, `${i}`).catch(() => undefined);
          if (stored) values[`key:${i}`] = `${i}`;
        }
      },
      'default',
    );
  }
  expect(Object.keys(values)).toHaveLength(60);
  return values;
}

async function read(nodes: LabClusterPods): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const n of await nodes.masters()) {
    await nodes.on(
      n,
      async (client) => {
        for (let i = 0; i < 60; i++) {
          const value = await client.get(`key:${i}`).catch(() => null);
          if (value !== null) values[`key:${i}`] = value;
        }
      },
      'default',
    );
  }
  return values;
}

test('the Job creates the cluster, and has nothing to do afterwards', async () => {
  const nodes = clusterOf();
  const job = await nodes.startJob();
  await until('the Job waits', () => job.output.includes('waiting: '));
  await nodes.start();
  expect([await job.exit(), job.output]).toEqual([0, expect.stringContaining('the cluster is complete')]);
  await nodes.settled();
  // A master and its replica have ordinals that follow each other.
  expect(await nodes.masters()).toEqual([0, 2, 4]);
  const view = await nodes.on(5, (client) => client.cluster('NODES'));
  expect(view).toContain('cart-0.shop.svc.cluster.local');
  expect(await nodes.create()).not.toMatch(/adding|reset/);
  expect(await nodes.on(0, (client) => client.cluster('NODES'))).toContain('5461-10922');
});

test('with the tools of an Alpine image, the Job creates it, a master hands over, and all addresses change', async () => {
  const nodes = clusterOf({}, busyboxPath(lab));
  await nodes.start();
  await nodes.create();
  await nodes.settled();
  await nodes.stop(0);
  expect(await nodes.masters()).toEqual([1, 2, 4]);
  await nodes.start([0]);
  await nodes.settled();
  await nodes.restartWithOtherAddresses();
  await nodes.settled();
});

describe('the Job is killed, with all that it has started, and runs again', () => {
  // Two clusters at a time: the most of it is waiting.
  test.each([
    ['taking the lock', 'Performing hash slots allocation'],
    ['Assign a different config epoch', 'Sending CLUSTER MEET messages'],
    ['Waiting for the cluster to join', 'adding cart-1'],
    ['Configure node as replica', 'adding cart-5'],
  ])('at "%s", and at "%s"', async (...lines) => {
    await Promise.all(
      lines.map(async (line) => {
        const own = new Lab();
        try {
          const nodes = clusterOf({}, undefined, own);
          await nodes.start();
          const job = await nodes.startJob();
          await until('the Job is there', () => job.output.includes(line) || !job.running);
          expect(job.running).toBe(true);
          killAll(job);
          await nodes.create();
          await nodes.settled();
          expect(await nodes.masters()).toEqual([0, 2, 4]);
        } finally {
          await own.close();
        }
      }),
    );
  });

  test('at any moment', async () => {
    const nodes = clusterOf({ replicas: 0 });
    await nodes.start();
    for (let ms = 0; ms < 2500; ms += 250) {
      const job = await nodes.startJob();
      await new Promise((resolve) => setTimeout(resolve, ms));
      killAll(job);
    }
    await nodes.create();
    expect(await nodes.masters()).toEqual([0, 1, 2]);
  });
});

test('two Jobs at the same time make one cluster', async () => {
  const nodes = clusterOf();
  await nodes.start();
  await Promise.all([nodes.create(), nodes.create()]);
  await nodes.settled();
  expect(await nodes.masters()).toEqual([0, 2, 4]);
  // A replica that somebody has reset, by mistake, is added again.
  await nodes.on(5, (client) => client.cluster('RESET', 'SOFT'));
  expect(await nodes.create()).toContain('meeting cart-5');
  await nodes.settled();
});

test('every address changes at once, and the cluster heals by itself', async () => {
  const nodes = clusterOf();
  await nodes.start();
  await nodes.create();
  await nodes.settled();
  const values = await fill(nodes);
  await nodes.restartWithOtherAddresses();
  await nodes.settled();
  expect(await read(nodes)).toEqual(values);
  const view = await nodes.on(3, (client) => client.cluster('NODES'));
  for (const { host } of nodes.addresses) expect(view).toContain(`${host}:6379@16379`);
});

test('all nodes restart while the name service is down', async () => {
  const nodes = clusterOf({ replicas: 0 });
  await nodes.start();
  await nodes.create();
  const values = await fill(nodes);
  const ids = (): Promise<string[]> => Promise.all(nodes.ordinals.map((n) => nodes.on(n, (it) => it.cluster('MYID'))));
  const before = await ids();
  await nodes.restartWithoutNames();
  await nodes.settled();
  expect(await ids()).toEqual(before);
  expect(await read(nodes)).toEqual(values);
});

test('a node that somebody has added, and that has failed, is not forgotten', async () => {
  const nodes = clusterOf({ replicas: 0 });
  const other = clusterOf({ name: 'other', replicas: 0 });
  await Promise.all([nodes.start(), other.start([0])]);
  await nodes.create();
  const { host, port } = other.addressOf(0);
  await nodes.on(0, (client) => client.cluster('MEET', host, port));
  const view = (): Promise<string> => nodes.on(1, async (client) => String(await client.cluster('NODES')));
  await until('it has joined', async () => new RegExp(`${host}:${port}@\\S+ master`).test(await view()));
  await other.kill(0);
  await until('it has failed', async () => (await view()).includes('master,fail '));
  await nodes.create();
  expect(await view()).toContain(`${host}:${port}@`);
});

test('a planned stop hands over, and loses nothing', async () => {
  const nodes = clusterOf();
  await nodes.start();
  await nodes.create();
  await nodes.settled();
  const values = await fill(nodes);
  await nodes.stop(0);
  // Long before the others could have found out that it has failed.
  expect(await nodes.masters()).toEqual([1, 2, 4]);
  expect(await read(nodes)).toEqual(values);
  await nodes.start([0]);
  await nodes.settled();
  expect(await nodes.probe(0, 'readinessProbe')).toBe(0);
  // And back; a replica just stops.
  await nodes.stop(1);
  expect(await nodes.masters()).toEqual([0, 2, 4]);
  const started = performance.now();
  await nodes.stop(3);
  expect(performance.now() - started).toBeLessThan(20_000);
});

test('a node that has lost its disk is a replica again, with the users of the cluster', async () => {
  const nodes = clusterOf({ startClosed: true });
  await nodes.start();
  await nodes.create();
  await nodes.settled();
  // Closed: the switch of a change of the ring opens it.
  const set = (n: number): Promise<unknown> =>
    nodes.on(n, (client) => client.set('key', 'value').catch((error: unknown) => (error as Error).message), 'default');
  expect(await set(0)).toContain('NOPERM');
  for (const n of nodes.ordinals) {
    await nodes.on(n, async (client) => {
      await client.call('ACL', 'SETUSER', 'default', '~*');
      await client.call('ACL', 'SETUSER', 'cdk8s-twemproxy-nobody', 'resetkeys');
      await client.call('ACL', 'SAVE');
    });
  }
  const values = await fill(nodes);
  await nodes.kill(0);
  await until('its replica is promoted', async () => (await nodes.masters()).includes(1));
  // A replica that does not follow its master is not ready, and stays alive.
  nodes.removeDisk(0);
  await nodes.start([0]);
  await nodes.create();
  await nodes.settled();
  expect(await nodes.masters()).toEqual([1, 2, 4]);
  await until('it follows its master', async () => (await nodes.probe(0, 'readinessProbe')) === 0);
  await nodes.stop(1);
  expect(await nodes.masters()).toEqual([0, 2, 4]);
  expect(await read(nodes)).toEqual(values);
});

test('a replica whose master is lost is alive and not ready; the Job changes nothing', async () => {
  const nodes = clusterOf({ nodeTimeout: Duration.minutes(5) });
  await nodes.start();
  await nodes.create();
  await nodes.settled();
  await nodes.kill(0);
  await until('the replica is not ready', async () => (await nodes.probe(1, 'readinessProbe')) === 1);
  expect(await nodes.probe(1, 'livenessProbe')).toBe(0);
  const job = await nodes.startJob();
  await until('the Job waits', () => job.output.includes('does not answer'));
  await nodes.start([0]);
  expect(await job.exit()).toBe(0);
  expect(job.output).not.toMatch(/adding|reset/);
});

describe('refused, and left as they are', () => {
  async function refusal(nodes: LabClusterPods): Promise<string> {
    // Nothing joins or fails over meanwhile.
    const job = await nodes.startJob({ REFUSAL_SECONDS: '5' });
    expect([await job.exit(), job.output]).toEqual([3, expect.stringContaining('refused: ')]);
    return job.output;
  }

  test('nodes with keys, or with another cluster', async () => {
    const nodes = clusterOf({ replicas: 0 });
    await nodes.start();
    await nodes.on(1, (client) => client.cluster('ADDSLOTS', 12_182));
    await until('it has the slot', () =>
      nodes.on(1, async (client) => (await client.cluster('INFO')).includes('assigned:1')),
    );
    await nodes.on(1, (client) => client.config('SET', 'cluster-require-full-coverage', 'no'));
    await until('it takes a key', () =>
      nodes.on(1, (client) =>
        client.set('foo', 'bar').then(
          () => true,
          () => false,
        ),
      ),
    );
    expect(await refusal(nodes)).toContain('has 1 keys, but no node knows the owners of all slots');
    expect(await nodes.on(1, (client) => client.get('foo'))).toBe('bar');
    await nodes.on(1, (client) => client.del('foo'));

    // A node that is not in the list.
    const other = clusterOf({ name: 'other', replicas: 0 });
    await other.start([0]);
    const { host, port } = other.addressOf(0);
    await nodes.on(2, (client) => client.cluster('MEET', host, port));
    await until('they have met', () =>
      nodes.on(2, async (client) => !String(await client.cluster('NODES')).includes('handshake')),
    );
    expect(await refusal(nodes)).toContain(`knows ${host}:${port}, which is not one of these nodes`);
  });

  test('a node with keys that is not in the cluster', async () => {
    const nodes = clusterOf();
    await nodes.start();
    await nodes.create();
    await nodes.settled();
    await nodes.on(1, async (client) => {
      await client.cluster('RESET', 'HARD');
      await client.cluster('ADDSLOTS', 12_182);
    });
    expect(await refusal(nodes)).toContain('has keys or slots, but is not in the cluster');
    expect(await nodes.masters()).toEqual([0, 1, 2, 4]);
  });
});
