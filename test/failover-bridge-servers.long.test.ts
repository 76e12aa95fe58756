// The failover bridge between real servers and real Sentinels.

import { Lab, until } from './lab/lab';
import { ReplicatedShard, RouteHistory } from './lab/replicated-shard';

let lab: Lab;
let shard: ReplicatedShard | undefined;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  shard?.close();
  await lab.close();
});

test('a shard is available by its lease or by votes, and unavailable without both', async () => {
  shard = await ReplicatedShard.start(lab);
  const it = shard;
  const bridge = await it.bridge();
  const routesTo = async (server: 'a' | undefined): Promise<void> => {
    await until(`clients reach ${server ?? 'nothing'}`, async () => (await it.routed(bridge)) === server);
  };
  await routesTo('a');
  // Votes only.
  await it.server('b').stop('SIGKILL');
  await until('the lease has ended', async () => (await bridge.states('shard-0-a-lease')).b === 'DOWN');
  await bridge.checked(5);
  expect(await it.routed(bridge)).toBe('a');
  await bridge.start();
  await routesTo('a');
  // Neither.
  await it.sentinel(0).stop('SIGKILL');
  await it.sentinel(2).stop('SIGKILL');
  await routesTo(undefined);
  expect(await bridge.status('/ready')).toBe(503);
  await bridge.start();
  await bridge.checked(5);
  await routesTo(undefined);
  // The lease only.
  await it.startServer('b', 'a');
  await routesTo('a');
  await bridge.start();
  await routesTo('a');
  await until('the only vote is that of the Sentinel that runs', async () => {
    const { s0, s1, s2 } = await bridge.states('shard-0-a-votes');
    return s0 === 'DOWN' && s1 === 'UP' && s2 === 'DOWN';
  });
});

test('after a master has died, clients reach the one that Sentinel has promoted', async () => {
  shard = await ReplicatedShard.start(lab, { downAfterMs: 1000 });
  const it = shard;
  const bridge = await it.bridge();
  const observer = new RouteHistory(it, bridge);
  await until('a gets clients', () => observer.last === 'a');
  await it.server('a').stop('SIGKILL');
  await until('b gets clients', () => observer.last === 'b');
  expect(await observer.stop()).toEqual(expect.arrayContaining(['a', 'unavailable', 'b']));
  expect(await it.named(0)).toBe('b');
});

test('clients follow a hand-over to the replica, there and back, without Sentinels', async () => {
  shard = await ReplicatedShard.start(lab);
  const it = shard;
  for (const i of [0, 1, 2]) await it.sentinel(i).stop('SIGKILL');
  const bridge = await it.bridge();
  const observer = new RouteHistory(it, bridge);
  await until('a gets clients', () => observer.last === 'a');
  for (const [from, to] of HAND_OVERS) {
    await it.call(from, 'REPLICAOF', '127.0.0.1', '1');
    await it.call(to, 'REPLICAOF', 'NO', 'ONE');
    await it.follow(from, to);
    await until(`${to} gets clients`, () => observer.last === to);
  }
  // A server that is a replica answers CONFIG, too.
  expect((await observer.stop()).filter((route) => route !== 'unavailable').join()).toBe(
    ['a', ...HAND_OVERS.map(([, to]) => to)].join(),
  );
});

const HAND_OVERS: readonly ['a' | 'b', 'a' | 'b'][] = [
  ['a', 'b'],
  ['b', 'a'],
];
