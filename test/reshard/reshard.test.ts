// A fleet changes its ring under load, and back: no write is lost, and no old value is read.

import { type Redis } from 'ioredis';
import { RESHARD_STEPS } from '../../migrator/shard/fault-points';
import { everyNth, IS_LONG, longTest } from '../lab/cases';
import { Lab, type Program, until } from '../lab/lab';
import { type Load } from '../lab/load';
import { expectNothingLost, untilMoreWrites } from '../lab/load-checks';
import { WAIT_KEY } from '../../lib/reshard/reshard-plan';
import { LabReshard, type LabReshardProps } from '../lab/reshard';

let lab: Lab;
let load: Load | undefined;
beforeEach(() => {
  lab = new Lab();
  load = undefined;
});
afterEach(async () => {
  await load?.end();
  await lab.close();
});

/** More rounds with other random rings: RESHARD_ROUNDS=50 LONG=1 npx jest test/reshard/reshard.test.ts */
const ROUNDS = Number(process.env.RESHARD_ROUNDS ?? 1);

const ONE_MORE = { a: [1, 1, 1], b: [1, 1, 1, 1] };

async function loaded(props: LabReshardProps): Promise<LabReshard> {
  const fleet = await LabReshard.of(lab, props);
  await fleet.startProxy();
  await fleet.startProxy();
  load = await fleet.load({ operationsPerSecond: 3000 });
  return fleet;
}

/** Waits until the load has written so much more. */
const moreWrites = (count?: number): Promise<void> => untilMoreWrites(load, count);

async function judge(): Promise<void> {
  const stopped = load;
  load = undefined;
  await expectNothingLost(stopped);
}

async function stopped(copy: Program): Promise<void> {
  await copy.stop('SIGTERM');
  expect([await copy.exit(), copy.output]).toEqual([4, expect.stringContaining('stopped; ring')]);
}

/** Weights of three to six servers, of which each ring has at least two. */
function randomWeights(): LabReshardProps {
  const count = 3 + Math.floor(Math.random() * 4);
  const ring = (): number[] => {
    const weights = Array.from({ length: count }, () => Math.floor(Math.random() * 4));
    return weights.filter((weight) => weight > 0).length < 2 ? ring() : weights;
  };
  return { a: ring(), b: ring() };
}

describe('forth and back under load', () => {
  test.each(everyNth(1 + ROUNDS, [ONE_MORE, ...Array.from({ length: ROUNDS }, randomWeights)]))('%j', async (props) => {
    const fleet = await loaded(props);
    const keys = await fleet.fill(600);
    const contents = await fleet.contents(keys, 'a');
    expect(await fleet.run('preflight')).toMatch(/\d+ keys with .* would move, in about/);
    const copy = await fleet.copy();
    expect(await fleet.run('verify')).toMatch(/^\d+ moving keys are the same on both rings/m);
    await moreWrites();

    expect(await fleet.run('switch')).toContain('ring B serves');
    await moreWrites();
    expect(await fleet.contents(keys, 'b')).toEqual(contents);
    expect(await fleet.run('status')).toContain('serves B: ring B serves');

    expect(await fleet.run('return')).toContain('ring A serves');
    await moreWrites();
    expect(await fleet.contents(keys, 'a')).toEqual(contents);

    await fleet.run('switch');
    await moreWrites();
    await stopped(copy);
    await fleet.run('purge');
    expect(await fleet.foreignKeys('b')).toEqual([]);
    expect(await fleet.contents(keys, 'b')).toEqual(contents);

    if (IS_LONG) {
      // The next change has the users the other way round.
      fleet.exchangeRings();
      await fleet.copy();
      await fleet.run('switch');
      await moreWrites();
      expect(await fleet.contents(keys, 'b')).toEqual(contents);
    }
    await judge();
  });
});

describe('copy is killed, and run again', () => {
  const STEPS = ['reshard.fenced', ...RESHARD_STEPS.filter((step) => step !== 'reshard.fenced')];
  // With replicas, every other step; all of them with MATRIX.
  const CASES = [false, true].flatMap((hasReplicas) =>
    STEPS.filter((_, i) => !hasReplicas || Boolean(process.env.MATRIX) || i % 2 === 0).map(
      (step) => [step, hasReplicas] as const,
    ),
  );
  test.each(everyNth(CASES.length, CASES))('at %s, with replicas: %s', async (step, hasReplicas) => {
    const fleet = await loaded({ ...ONE_MORE, hasReplicas });
    const keys = await fleet.fill(200);
    const contents = await fleet.contents(keys, 'a');
    const copy = await fleet.copy({ CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGKILL` });
    const asked = fleet.start('switch');
    expect(await copy.exit()).toBeNull();
    expect([await asked.exit(), asked.output]).toEqual([4, expect.stringContaining('copy is not running')]);

    const wasOpen = step === 'reshard.opened';
    const again = await fleet.copy();
    if (step !== 'reshard.copied') expect(again.output).toContain('a change was interrupted');
    expect((await fleet.run('status')).includes(wasOpen ? 'serves B: ' : 'serves A: ')).toBe(true);
    await moreWrites();
    await fleet.run(wasOpen ? 'return' : 'switch');
    await moreWrites();
    expect(await fleet.contents(keys, wasOpen ? 'a' : 'b')).toEqual(contents);
    await judge();
  });
});

describe('something else fails', () => {
  for (const [victim, ordinal] of [
    ['a server', 2],
    ['the first server', 0],
  ] as const) {
    longTest(`${victim} is killed while copy follows`, async () => {
      const fleet = await loaded(ONE_MORE);
      const copy = await fleet.copy();
      await fleet.killServer(ordinal);
      expect([await copy.exit(), copy.output]).toEqual([4, expect.stringContaining('127.0.0.1:')]);
      await fleet.startServer(ordinal);
      await fleet.copy();
      await fleet.run('switch');
      await moreWrites();
      await judge();
    });
  }

  longTest('a server is killed while it is fenced', async () => {
    const fleet = await loaded(ONE_MORE);
    const copy = await fleet.copy({ CDK8S_TWEMPROXY_SIGNAL_AT: 'reshard.fenced SIGSTOP' });
    const asked = fleet.start('switch');
    await until('copy is stopped', () => copy.isStopped);
    await fleet.killServer(1);
    copy.child.kill('SIGCONT');
    expect([await copy.exit(), await asked.exit()]).toEqual([4, 4]);
    await fleet.startServer(1);
    await fleet.copy();
    expect(await fleet.run('status')).toContain('serves A: ');
    await moreWrites();
    await fleet.run('switch');
    await moreWrites();
    await judge();
  });

  longTest('a proxy is stopped across the change, and its clients get no old value', async () => {
    const fleet = await loaded(ONE_MORE);
    const late = await fleet.startProxy();
    load?.routeTo(fleet.proxyPorts);
    await fleet.copy();
    for (const program of [late.a, late.haproxy]) program.child.kill('SIGSTOP');
    await fleet.run('switch');
    await moreWrites();
    for (const program of [late.a, late.haproxy]) program.child.kill('SIGCONT');
    await moreWrites();
    await judge();
  });

  longTest('a server is flushed: its copies are deleted as well', async () => {
    const fleet = await LabReshard.of(lab, ONE_MORE);
    await fleet.fill(200);
    const copy = await fleet.copy();
    await fleet.onServer(0, (client) => client.flushall());
    expect([await copy.exit(), copy.output]).toEqual([4, expect.stringContaining('was flushed')]);
    await fleet.copy();
    await fleet.run('verify');
  });
});

describe('with replicas', () => {
  const REPLICATED = { ...ONE_MORE, hasReplicas: true };

  longTest('forth and back, and both servers of each shard change', async () => {
    const fleet = await loaded(REPLICATED);
    const keys = await fleet.fill(300);
    const contents = await fleet.contents(keys, 'a');
    await fleet.copy();
    await fleet.run('switch');
    await moreWrites();
    expect((await fleet.run('status')).match(/serves B, (master|replica) with/g)).toHaveLength(8);
    await fleet.run('return');
    await moreWrites();
    expect(await fleet.contents(keys, 'a')).toEqual(contents);
    await judge();
  });

  const FAILOVERS = [
    ['a source', 1, 'reshard.fenced'],
    ['a target', 3, 'reshard.fenced'],
    ['the first server', 0, 'reshard.fenced'],
    ['a source', 1, 'reshard.drained'],
    ['a target', 3, 'reshard.drained'],
  ] as const;
  // The first and the last of them; all with MATRIX.
  for (const [what, ordinal, step] of FAILOVERS.filter((_, i) => Boolean(process.env.MATRIX) || i % 4 === 0)) {
    longTest(`${what} fails over at ${step}`, async () => {
      const fleet = await loaded(REPLICATED);
      const keys = await fleet.fill(300);
      const contents = await fleet.contents(keys, 'a');
      const copy = await fleet.copy({ CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGSTOP` });
      const asked = fleet.start('switch');
      await until('copy is stopped', () => copy.isStopped);
      await fleet.killServer(ordinal);
      await fleet.failedOver(ordinal);
      copy.child.kill('SIGCONT');
      expect(await copy.exit()).toBe(4);
      await asked.exit();
      await fleet.startServer(ordinal);
      await fleet.replicated();
      await fleet.copy();
      await moreWrites();
      const state = await fleet.run('status');
      await fleet.run(state.includes('serves A: ') ? 'switch' : 'return');
      await moreWrites();
      expect(await fleet.contents(keys, state.includes('serves A: ') ? 'b' : 'a')).toEqual(contents);
      await judge();
    });
  }

  longTest('copy is killed while servers are fenced, and a replica is gone', async () => {
    const fleet = await loaded(REPLICATED);
    const copy = await fleet.copy({ CDK8S_TWEMPROXY_SIGNAL_AT: 'reshard.fenced SIGKILL' });
    const asked = fleet.start('switch');
    expect(await copy.exit()).toBeNull();
    await asked.exit();
    await fleet.killServer(2, 'b');
    // It gives the others back, and cannot go on.
    const again = fleet.start('copy');
    expect([await again.exit(), again.output]).toEqual([4, expect.stringContaining('a change was interrupted')]);
    await moreWrites();
    await fleet.startServer(2, 'b');
    await fleet.replicated();
    await fleet.copy();
    await fleet.run('switch');
    await moreWrites();
    await judge();
  });

  test('a replica that does not follow prevents a change', async () => {
    const fleet = await LabReshard.of(lab, REPLICATED);
    await fleet.killServer(1, 'b');
    const copy = fleet.start('copy');
    expect([await copy.exit(), copy.output]).toEqual([4, expect.stringContaining('127.0.0.1:')]);
  });
});

longTest('consumer groups move with their streams, and back', async () => {
  const fleet = await LabReshard.of(lab, { a: [1, 0], b: [0, 1] });
  const read = (client: Redis, count: number): Promise<unknown> =>
    client.xreadgroup('GROUP', 'group', 'reader', 'COUNT', count, 'STREAMS', 'stream', '>');
  const pending = async (client: Redis): Promise<unknown> => (await client.xpending('stream', 'group'))[0];
  await fleet.onServer(0, async (client) => {
    await client.xgroup('CREATE', 'stream', 'group', '$', 'MKSTREAM');
    for (let i = 0; i < 10; i++) await client.xadd('stream', '*', 'n', String(i));
  });
  await fleet.copy();
  // No invalidation reports what changes a group.
  await fleet.onServer(0, (client) => read(client, 4));
  await fleet.run('switch');
  expect(await fleet.onServer(1, pending)).toBe(4);
  await fleet.onServer(1, (client) => read(client, 2));
  await fleet.run('return');
  expect(await fleet.onServer(0, pending)).toBe(6);
  await fleet.onServer(0, (client) => read(client, 1));
  await fleet.run('switch');
  expect(await fleet.onServer(1, pending)).toBe(7);
});

test('a plan of another fleet deletes nothing', async () => {
  const fleet = await LabReshard.of(lab, ONE_MORE);
  const keys = await fleet.fill(300);
  const contents = await fleet.contents(keys, 'a');
  fleet.exchangeRings(true);
  for (const command of ['copy', 'purge']) {
    const program = fleet.start(command);
    expect([await program.exit(), program.output]).toEqual([
      3,
      expect.stringContaining('correct the rings in the plan'),
    ]);
  }
  fleet.exchangeRings(true);
  expect(await fleet.contents(keys, 'a')).toEqual(contents);
});

describe('preflight', () => {
  const TWO = { a: [1, 0], b: [0, 1] };

  async function refusal(fleet: LabReshard, ...args: string[]): Promise<string> {
    const program = fleet.start('preflight', {}, ...args);
    expect([await program.exit(), program.output]).toEqual([3, expect.any(String)]);
    return program.output;
  }

  test('predicts to the key, and refuses what cannot end well', async () => {
    const fleet = await LabReshard.of(lab, TWO);
    await fleet.onServer(0, async (client) => {
      for (let i = 0; i < 20; i++) await client.set(`key-${i}`, 'value');
      await client.set('large', 'x'.repeat(4_000_000));
    });
    const output = await fleet.run('preflight');
    expect(output).toMatch(/21 keys with .* would move, in about/);
    expect(output).toMatch(/"large" on .* is used: it blocks its servers for about \d+ ms/);
    expect(output).toMatch(/127.0.0.1:\d+ would receive .*, and use about .* of its machine, without maxmemory/);

    expect(await refusal(fleet, '--deadline', '20')).toMatch(
      /would be fenced for about .*"large" on .* is used, and has/,
    );
    await fleet.onServer(1, (client) => client.config('SET', 'maxmemory-policy', 'allkeys-lru'));
    expect(await refusal(fleet)).toContain('maxmemory-policy is allkeys-lru');
    await fleet.onServer(1, (client) => client.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '3mb'));
    expect(await refusal(fleet)).toMatch(/of maxmemory 3.* would be used; raise maxmemory first/);
    await fleet.onServer(1, (client) => client.config('SET', 'maxmemory', '0'));
    await fleet.onServer(0, async (client) => {
      await client.multi().select(3).set('other', 'database').select(0).exec();
    });
    expect(await refusal(fleet)).toContain('database 3 has keys');
    await fleet.onServer(0, async (client) => {
      await client.multi().select(3).flushdb().select(0).exec();
    });
    await fleet.onServer(0, (client) => client.call('ACL', 'SETUSER', 'default', 'resetkeys', '~cart:*'));
    expect(await refusal(fleet)).toContain('user default is limited to some keys (~cart:*)');
    await fleet.onServer(0, (client) => client.call('ACL', 'SETUSER', 'default', 'resetkeys', '~*', 'nopass'));
    expect(await refusal(fleet)).toContain('its clients need no password');
    const copy = fleet.start('copy');
    expect([await copy.exit(), copy.output]).toEqual([3, expect.stringContaining('its clients need no password')]);
  });

  test('refuses clients that are not proxies, blocked ones, and replicas that the plan does not have', async () => {
    const fleet = await LabReshard.of(lab, { ...TWO, hasReplicas: true });
    fleet.plan = { ...fleet.plan, proxyNetworks: ['10.8.0.0/16'] };
    await fleet.onServer(1, async (client) => {
      // As the check of a bridge.
      const waiting = client.call('XREAD', 'BLOCK', 0, 'STREAMS', WAIT_KEY, '$').catch(() => null);
      expect(await refusal(fleet)).not.toContain('is blocked');
      client.disconnect();
      await waiting;
    });
    await fleet.onServer(0, async (client) => {
      const blocked = client.blpop('queue', 0).catch(() => null);
      expect(await refusal(fleet)).toMatch(
        /a client is blocked, such as in BLPOP[^]*clients that are not proxies are connected: 127.0.0.1:/,
      );
      client.disconnect();
      await blocked;
    });
    fleet.plan = {
      ...fleet.plan,
      proxyNetworks: ['127.0.0.0/8'],
      shards: fleet.plan.shards.map(({ shard, host, port }) => ({ shard, host, port })),
    };
    expect(await refusal(fleet)).toContain('1 replicas follow it that the plan does not have');
    await fleet.onServer(0, (client) => client.call('ACL', 'SETUSER', 'migrator', 'resetpass', '>another'));
    const program = fleet.start('preflight');
    await program.exit();
    expect(program.output).toMatch(/WRONGPASS .*; create the user migrator there with the password of the fleet/);
  });
});
