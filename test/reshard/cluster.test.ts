// The keys of a fleet move to a Redis Cluster under load, and back: no write is lost, and no old value is read.

import { type Redis } from 'ioredis';
import { RESHARD_STEPS } from '../../migrator/shard/fault-points';
import { Mover } from '../../reshard/move/mover';
import { Rings } from '../../reshard/plan/rings';
import { slotOf } from '../../reshard/plan/slots';
import { Fleet } from '../../reshard/server/fleet';
import { FleetServer } from '../../reshard/server/server';
import { everyNth, longTest } from '../lab/cases';
import { connectToCluster } from '../lab/cluster';
import { dropChanges } from '../lab/dropping-log';
import { Lab, type Program, until } from '../lab/lab';
import { type Load } from '../lab/load';
import { expectNothingLost, untilMoreWrites } from '../lab/load-checks';
import { LabReshardCluster, type LabReshardClusterProps } from '../lab/reshard-cluster';
import { PASSWORD, USER } from '../lab/reshard';

let lab: Lab;
let load: Load | undefined;
beforeEach(() => {
  lab = new Lab();
  load = undefined;
});
afterEach(async () => {
  jest.restoreAllMocks();
  await load?.end();
  await lab.close();
});

const NO_REPLICAS = { shards: 4, masters: 3 };
const REPLICAS = { ...NO_REPLICAS, replicasPerMaster: 1 };

async function loaded(props: LabReshardClusterProps): Promise<LabReshardCluster> {
  const fleet = await LabReshardCluster.create(lab, props);
  await fleet.startPlainProxy();
  await fleet.startPlainProxy();
  load = await fleet.load({ operationsPerSecond: 3000 });
  return fleet;
}

/** Waits until the load has written so much more. */
const moreWrites = (count?: number): Promise<void> => untilMoreWrites(load, count);

/** Waits until clients that use the wrong servers have been refused. */
async function refused(): Promise<void> {
  const count = (): number =>
    Object.entries(load?.errors ?? {}).reduce((sum, [text, n]) => sum + (text.startsWith('NOPERM') ? n : 0), 0);
  const before = count();
  await until('clients are refused', () => count() > before + 100);
}

/** The applications change their clients after the servers have: until then, they are refused. */
async function toCluster(fleet: LabReshardCluster): Promise<void> {
  expect(await fleet.run('switch')).toContain('ring B serves');
  await refused();
  load?.routeToCluster(fleet.cluster.ports);
  await moreWrites();
}

async function toRing(fleet: LabReshardCluster): Promise<void> {
  expect(await fleet.run('return')).toContain('ring A serves');
  await refused();
  load?.routeTo(fleet.proxyPorts);
  await moreWrites();
}

async function judge(): Promise<void> {
  const stopped = load;
  load = undefined;
  await expectNothingLost(stopped);
}

async function ended(copy: Program, text: string | RegExp): Promise<void> {
  expect([await copy.exit(), copy.output]).toEqual([4, expect.stringMatching(text)]);
}

describe('forth and back under load', () => {
  test.each(everyNth(2, [NO_REPLICAS, REPLICAS]))('%j', async (props) => {
    const fleet = await loaded(props);
    const keys = await fleet.fill(600);
    const contents = await fleet.contents(keys, 'a');
    expect(await fleet.run('preflight')).toMatch(/\d+ keys with .* would move, in about/);
    const copy = await fleet.copy();
    expect(await fleet.run('verify')).toMatch(/^\d+ moving keys are the same on both rings/m);
    // A client that changes too early is refused.
    const early = connectToCluster(fleet.cluster.ports, PASSWORD);
    await expect(early.set('early', 'value')).rejects.toThrow('NOPERM');
    early.disconnect();
    await moreWrites();

    await toCluster(fleet);
    expect(await fleet.contents(keys, 'b')).toEqual(contents);
    expect(await fleet.run('status')).toContain('serves B: ring B serves');
    await toRing(fleet);
    expect(await fleet.contents(keys, 'a')).toEqual(contents);
    await toCluster(fleet);

    copy.child.kill('SIGTERM');
    await ended(copy, 'stopped; ring B serves');
    await fleet.run('purge');
    expect(await fleet.foreignKeys('b')).toEqual([]);
    expect(await fleet.contents(keys, 'b')).toEqual(contents);
    await judge();
  });
});

longTest('a ring whose shards have replicas moves, and back', async () => {
  const fleet = await loaded({ ...REPLICAS, shardsHaveReplicas: true });
  const keys = await fleet.fill(300);
  const contents = await fleet.contents(keys, 'a');
  await fleet.copy();
  await toCluster(fleet);
  expect(await fleet.contents(keys, 'b')).toEqual(contents);
  expect((await fleet.run('status')).match(/serves B, (master|replica) with/g)).toHaveLength(8 + 6);
  await toRing(fleet);
  expect(await fleet.contents(keys, 'a')).toEqual(contents);
  await judge();
});

describe('copy is killed, and run again', () => {
  const STEPS = ['reshard.fenced', ...RESHARD_STEPS.filter((step) => step !== 'reshard.fenced')];
  const CASES = (['switch', 'return'] as const).flatMap((command) => STEPS.map((step) => [command, step] as const));
  for (const [command, step] of CASES) longTest(`by ${command} at ${step}`, () => killed(command, step));

  async function killed(command: string, step: string): Promise<void> {
    const fleet = await loaded(NO_REPLICAS);
    const keys = await fleet.fill(200);
    const contents = await fleet.contents(keys, 'a');
    if (command === 'return') {
      const first = await fleet.copy();
      await toCluster(fleet);
      await first.stop('SIGKILL');
    }
    const copy = await fleet.copy({ CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGKILL` });
    const asked = fleet.start(command);
    expect(await copy.exit()).toBeNull();
    await asked.exit();

    const again = await fleet.copy();
    if (step !== 'reshard.copied') expect(again.output).toContain('a change was interrupted');
    const serving = (step === 'reshard.opened') === (command === 'switch') ? 'B' : 'A';
    expect(await fleet.run('status')).toContain(`serves ${serving}: `);
    if (serving === 'B') load?.routeToCluster(fleet.cluster.ports);
    else load?.routeTo(fleet.proxyPorts);
    await moreWrites();
    await (serving === 'B' ? toRing(fleet) : toCluster(fleet));
    expect(await fleet.contents(keys, serving === 'B' ? 'a' : 'b')).toEqual(contents);
    await judge();
  }
});

describe('a node is lost', () => {
  const FAILOVERS = [
    [undefined, 'while copy follows'],
    ['reshard.fenced', 'behind the fence'],
    ['reshard.drained', 'when all is copied'],
  ] as const;
  for (const [step, when] of FAILOVERS) {
    longTest(`a master is killed ${when}, and its replica promoted`, async () => {
      const fleet = await loaded(REPLICAS);
      const keys = await fleet.fill(300);
      const contents = await fleet.contents(keys, 'a');
      const copy = await fleet.copy(step && { CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGSTOP` });
      const asked = step && fleet.start('switch');
      if (step) await until('copy is stopped', () => copy.isStopped);
      const victim = await fleet.cluster.masterOf(0);
      await fleet.cluster.killNode(victim);
      const other = String(fleet.cluster.ports.find((port) => port !== victim));
      const isPromoted = async (): Promise<boolean> => {
        const info = await fleet.cluster.cli('-p', other, 'cluster', 'info');
        return info.includes('cluster_state:ok') && (await fleet.cluster.masterOf(0)) !== victim;
      };
      await until('a replica is promoted', () => isPromoted().catch(() => false));
      copy.child.kill('SIGCONT');
      expect(await copy.exit()).toBe(4);
      await asked?.exit();
      // The lost node would return with permissions that nobody has changed.
      const incomplete = fleet.start('copy');
      await ended(incomplete, 'has failed');
      await fleet.cluster.startNode(victim);
      await fleet.cluster.settled();
      await fleet.copy();
      const isOnRing = (await fleet.run('status')).includes('serves A: ');
      if (!isOnRing) load?.routeToCluster(fleet.cluster.ports);
      await moreWrites();
      await (isOnRing ? toCluster(fleet) : toRing(fleet));
      expect(await fleet.contents(keys, isOnRing ? 'b' : 'a')).toEqual(contents);
      await judge();
    });
  }

  longTest('a master fails over while the cluster serves, and return loses nothing', async () => {
    const fleet = await loaded(REPLICAS);
    const copy = await fleet.copy();
    await toCluster(fleet);
    const master = await fleet.cluster.masterOf(0);
    const replica = await fleet.cluster.replicaOf(0);
    await fleet.cluster.onNode(replica, (client) => client.cluster('FAILOVER'));
    const isDemoted = async (): Promise<boolean> => (await fleet.cluster.masterOf(0)) !== master;
    await until('the roles have changed', () => isDemoted().catch(() => false));
    await moreWrites();
    expect(await copy.exit()).toBe(4);
    await fleet.cluster.settled();
    await fleet.copy();
    await toRing(fleet);
    await judge();
  });

  longTest('the whole cluster is lost while servers are fenced: the ring serves again', async () => {
    const fleet = await loaded(NO_REPLICAS);
    const copy = await fleet.copy({ CDK8S_TWEMPROXY_SIGNAL_AT: 'reshard.fenced SIGKILL' });
    await Promise.all([fleet.start('switch').exit(), copy.exit()]);
    await Promise.all(fleet.cluster.ports.map((port) => fleet.cluster.killNode(port)));
    await ended(fleet.start('copy'), 'a change was interrupted');
    await moreWrites();
    expect((await runAnyway(fleet, 'status')).output).toContain('serves A: ');
    await judge();
  });
});

describe('the cluster changes', () => {
  longTest('slots that move while copy follows end it, and it is run again', async () => {
    const fleet = await loaded(NO_REPLICAS);
    const keys = await fleet.fill(300);
    const contents = await fleet.contents(keys, 'a');
    const copy = await fleet.copy();
    await fleet.cluster.moveSlots(2000);
    await moreWrites();
    expect(await copy.exit()).toBe(4);
    const next = await fleet.copy();
    await toCluster(fleet);
    // And once more while the cluster serves.
    await fleet.cluster.moveSlots(2000, 8000);
    await moreWrites();
    expect(await next.exit()).toBe(4);
    await fleet.copy();
    await toRing(fleet);
    expect(await fleet.contents(keys, 'a')).toEqual(contents);
    await judge();
  });

  longTest('a slot that is being moved prevents a copy', async () => {
    const fleet = await LabReshardCluster.create(lab, NO_REPLICAS);
    const [from, to] = [await fleet.cluster.masterOf(0), await fleet.cluster.masterOf(16_383)];
    const id = await fleet.cluster.onNode(to, (client) => client.cluster('MYID'));
    await fleet.cluster.onNode(from, (client) => client.cluster('SETSLOT', 0, 'MIGRATING', id));
    await ended(fleet.start('copy'), 'a slot is being moved between its nodes');
    await fleet.cluster.onNode(from, (client) => client.cluster('SETSLOT', 0, 'STABLE'));
    await fleet.copy();
  });

  longTest('slots without a key that move are noticed before the fence', async () => {
    const fleet = await LabReshardCluster.create(lab, NO_REPLICAS);
    const copy = await fleet.copy();
    await fleet.cluster.moveSlots(100);
    await fleet.start('switch').exit();
    await ended(copy, 'its slots or its nodes have changed');
    expect(await fleet.run('status')).toContain('serves A: ');
  });

  longTest('a node that joins while copy follows is not forgotten by the fence', async () => {
    const fleet = await loaded(NO_REPLICAS);
    const copy = await fleet.copy();
    await fleet.cluster.addNode();
    await fleet.start('switch').exit();
    await ended(copy, 'its slots or its nodes have changed');
    await fleet.copy();
    expect((await fleet.run('status')).match(/serves A/g)).toHaveLength(4 + 4 + 1);
    await toCluster(fleet);
    await judge();
  });

  longTest('a slot without a node prevents a copy, and ends a change', async () => {
    // Only the node itself knows that it has lost the slot.
    const incomplete = /only 16383 of its 16384 slots have a node|its nodes do not agree/;
    const fleet = await LabReshardCluster.create(lab, NO_REPLICAS);
    const copy = await fleet.copy();
    const port = await fleet.cluster.masterOf(0);
    await fleet.cluster.onNode(port, (client) => client.cluster('DELSLOTS', 0));
    await fleet.start('switch').exit();
    await ended(copy, incomplete);
    await ended(fleet.start('copy'), incomplete);
    const status = fleet.start('status');
    await ended(status, incomplete);
    expect(status.output).toContain('serves A: ring A serves');
  });
});

longTest('consumer groups move with their streams, and back', async () => {
  const fleet = await LabReshardCluster.create(lab, { shards: 1, masters: 3 });
  type AnyClient = Pick<Redis, 'xreadgroup' | 'xpending'>;
  const read = (client: AnyClient, count: number): Promise<unknown> =>
    client.xreadgroup('GROUP', 'group', 'reader', 'COUNT', count, 'STREAMS', 'stream', '>');
  const pending = async (client: AnyClient): Promise<unknown> => (await client.xpending('stream', 'group'))[0];
  await fleet.onServer(0, async (client) => {
    await client.xgroup('CREATE', 'stream', 'group', '$', 'MKSTREAM');
    for (let i = 0; i < 10; i++) await client.xadd('stream', '*', 'n', String(i));
  });
  await fleet.copy();
  // No invalidation reports what changes a group.
  await fleet.onServer(0, (client) => read(client, 4));
  await fleet.run('switch');
  expect(await fleet.cluster.withClient(pending)).toBe(4);
  await fleet.cluster.withClient((client) => read(client, 2));
  await fleet.run('return');
  expect(await fleet.onServer(0, pending)).toBe(6);
});

longTest('keys with a hash tag are on the server of its slot', async () => {
  const fleet = await LabReshardCluster.create(lab, { shards: 2, masters: 3 });
  const keys = Array.from({ length: 50 }, (_, i) => `{cart}:${i}`);
  await fleet.eachOwner(keys, 'a', async (client, own) => {
    for (const key of own) await client.set(key, key);
  });
  await fleet.copy();
  await fleet.run('switch');
  expect(await fleet.cluster.withClient((client) => client.mget(keys))).toEqual(keys);
  const port = await fleet.cluster.masterOf(slotOf(Buffer.from('cart')));
  expect(await fleet.cluster.onNode(port, (client) => client.dbsize())).toBe(keys.length);
});

describe('the checks of the load find', () => {
  /** Changes to the cluster in this process, and returns what the checks find. */
  async function findingsWith(plant: () => void, isFenced = true): Promise<number> {
    const fleet = await loaded(NO_REPLICAS);
    const access = { user: USER, password: PASSWORD };
    const servers = await Fleet.connect(fleet.plan, access);
    await servers.prepare();
    const mover = await Mover.start(servers, new Rings(fleet.plan, servers.slots), 'a', access);
    try {
      await mover.copyUntil(() => mover.isCopied);
      plant();
      let isEnough = false;
      const copying = mover.copyUntil(() => isEnough);
      await moreWrites();
      isEnough = true;
      await copying;
      await mover.changeOver(10_000);
      await (isFenced ? refused() : moreWrites());
      load?.routeToCluster(fleet.cluster.ports);
      await moreWrites();
    } finally {
      mover.close();
      servers.close();
    }
    const report = await load?.stop();
    load = undefined;
    return (report?.violations.length ?? 0) + (report?.lost.length ?? 0);
  }

  longTest('nothing without a fault', async () => {
    expect(await findingsWith(() => undefined)).toBe(0);
  });

  longTest('a log that drops all changes of every third key', async () => {
    expect(await findingsWith(dropChanges)).toBeGreaterThan(0);
  });

  longTest('a fence that takes no keys away', async () => {
    const found = await findingsWith(() => {
      jest.spyOn(FleetServer.prototype, 'fence').mockResolvedValue({ isMaster: true, isConnected: false });
      jest.spyOn(FleetServer.prototype, 'open').mockImplementation(async function (this: FleetServer) {
        await this.redis.call('ACL', 'SETUSER', 'default', '~*');
      });
    }, false);
    expect(found).toBeGreaterThan(0);
  });
});

async function runAnyway(fleet: LabReshardCluster, command: string): Promise<Program> {
  const program = fleet.start(command);
  await program.exit();
  return program;
}
