// The failover bridge between real servers and real Sentinels, with everything that stalls longer than a failover takes.

import { Lab, until } from './lab/lab';
import { ReplicatedShard, RouteHistory } from './lab/replicated-shard';

let lab: Lab;
let shard: ReplicatedShard | undefined;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  shard?.close();
  await lab.close();
});

test('a master that stalls until it was replaced gets no client when it continues, also after a restart of the bridge', async () => {
  shard = await ReplicatedShard.start(lab, { password: 'secret' });
  const it = shard;
  const bridge = await it.bridge();
  const observer = new RouteHistory(it, bridge);
  await until('a gets clients', () => observer.last === 'a');
  expect(await bridge.status('/ready')).toBe(200);
  // The checks of b's role, and of b's lease, which a would have to confirm.
  for (const name of ['a', 'b'] as const)
    await until(`a check waits in ${name}`, async () => /blocked_clients:[1-9]/.test(await it.info(name, 'clients')));

  it.server('a').child.kill('SIGSTOP');
  await until('b gets clients', () => observer.last === 'b');
  it.server('a').child.kill('SIGCONT');
  await bridge.checked(10);
  await bridge.start();
  await until('b gets clients of the restarted bridge', () => observer.last === 'b');
  await until('a is a replica', async () => (await it.info('a')).includes('role:slave'));
  const routes = await observer.stop();
  expect(routes.filter((route) => route !== 'unavailable').join()).toMatch(/^a(,b)+$/);
});

test('a master and a bridge that stalled together serve an old connection for a few checks at most', async () => {
  shard = await ReplicatedShard.start(lab);
  const it = shard;
  const bridge = await it.bridge();
  await until('a gets clients', async () => (await it.routed(bridge)) === 'a');
  const [master, haproxy] = [it.server('a').child, bridge.process.child];
  const client = bridge.connection(0);
  await until('the client is served', async () => (await client.ask('CONFIG GET port')) !== undefined);
  for (const child of [master, haproxy]) child.kill('SIGSTOP');
  await until('b was promoted', async () => (await it.info('b')).includes('role:master'));
  await until('the Sentinels name it', async () =>
    (await Promise.all([0, 1, 2].map((i) => it.named(i)))).every((name) => name === 'b'),
  );
  for (const child of [master, haproxy]) child.kill('SIGCONT');
  const woken = performance.now();
  while ((await client.ask('CONFIG GET port')) !== undefined);
  // The check that was due passes at once, with votes from before the stall; the next ones fail. A busy machine adds the rest.
  expect(performance.now() - woken).toBeLessThan(5000);
  await until('b gets clients', async () => (await it.routed(bridge)) === 'b');
});
