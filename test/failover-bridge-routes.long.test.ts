// Which server of a shard the failover bridge routes to, with servers and Sentinels that reply anything.

import { LabFailoverBridge } from './lab/failover-bridge';
import { DOWN, FakeShards, fakePorts, type FakePorts, type FakeShard, master, replica, vote } from './lab/fake-shards';
import { Lab, until } from './lab/lab';

let lab: Lab;
let ports: FakePorts;
let fakes: FakeShards | undefined;
beforeEach(async () => {
  lab = new Lab();
  ports = await fakePorts();
});
afterEach(async () => {
  fakes?.close();
  await lab.close();
});

type Case = [what: string, server: 'a' | 'b' | undefined, shard: FakeShard];

/** Starts a bridge for the shards, and waits until each routes as expected for more than a few checks. */
async function expectRoutes(cases: readonly Case[], password = ''): Promise<LabFailoverBridge> {
  fakes = await FakeShards.start(
    cases.map(([, , shard]) => shard),
    ports,
    password,
  );
  const bridge = await LabFailoverBridge.write(
    lab,
    { shards: fakes.addresses, sentinels: fakes.sentinels },
    { password },
  );
  await bridge.start();
  for (const [n, [what, server]] of cases.entries()) {
    if (server === undefined) continue;
    await until(`${what}: ${server} gets clients`, async () => (await bridge.ask(n, 'GET who')) === server);
  }
  await bridge.checked(10);
  await until('every shard that has a server has it still', async () => {
    const routes = await Promise.all(cases.map((_, n) => bridge.ask(n, 'GET who')));
    const wrong = cases.filter(([, server], n) => routes[n] !== undefined && routes[n] !== server);
    expect(wrong.map(([what]) => what)).toEqual([]);
    // On a busy machine, a check may fail, or a reply be late.
    return cases.every(([, server], n) => routes[n] === server);
  });
  return bridge;
}

function votes(...names: ('a' | 'b' | 'none')[]): [string, string, string] {
  const replies = { a: vote('10.0.0.1', ports.a), b: vote('10.0.0.2', ports.b), none: '*-1\r\n' };
  return [replies[names[0]], replies[names[1]], replies[names[2]]];
}

test('a server gets clients if it is a master and has two votes, or is followed by its partner', async () => {
  const following = (port: number): { info: string } => ({ info: replica(port) });
  const aMaster = { info: master() };
  const none = votes('none', 'none', 'none');
  await expectRoutes([
    ['a, three votes, followed', 'a', { a: aMaster, b: following(ports.a), votes: votes('a', 'a', 'a') }],
    ['a, two votes, alone', 'a', { a: aMaster, b: DOWN, votes: votes('a', 'none', 'a') }],
    ['a, one vote, alone', undefined, { a: aMaster, b: DOWN, votes: votes('a', 'none', 'b') }],
    ['a, no vote, followed', 'a', { a: aMaster, b: following(ports.a), votes: none }],
    ['a, no vote, alone', undefined, { a: aMaster, b: DOWN, votes: none }],
    ['a is a replica, three votes', undefined, { a: following(ports.b), b: DOWN, votes: votes('a', 'a', 'a') }],
    ['a is down, three votes for it', undefined, { a: DOWN, b: aMaster, votes: votes('a', 'a', 'a') }],
    ['b, three votes, followed', 'b', { a: following(ports.b), b: aMaster, votes: votes('b', 'b', 'b') }],
    ['b, two votes, a down', 'b', { a: DOWN, b: aMaster, votes: votes('b', 'b', 'none') }],
    ['b, followed, votes still for a', 'b', { a: following(ports.b), b: aMaster, votes: votes('a', 'a', 'a') }],
    ['both masters, votes for a', 'a', { a: aMaster, b: aMaster, votes: votes('a', 'a', 'b') }],
    ['both masters, votes for b', 'b', { a: aMaster, b: aMaster, votes: votes('b', 'a', 'b') }],
    ['both masters, no votes', undefined, { a: aMaster, b: aMaster, votes: none }],
    ['both replicas', undefined, { a: following(ports.b), b: following(ports.a), votes: votes('a', 'a', 'a') }],
  ]);
});

test('no other reply counts as a vote or as a partner that follows', async () => {
  const none = votes('none', 'none', 'none');
  const all = (reply: string): [string, string, string] => [reply, reply, reply];
  const partner = (info: string): FakeShard => ({ a: { info: master() }, b: { info }, votes: none });
  const named = (reply: string): FakeShard => ({ a: { info: master() }, b: DOWN, votes: all(reply) });
  const { a, b } = ports;
  await expectRoutes([
    ['a partner that follows a longer port', undefined, partner(replica(`${a}0`))],
    ['a partner that follows a port with a digit before', undefined, partner(replica(`1${a}`))],
    ['a partner that follows its own port', undefined, partner(replica(b))],
    ['a partner that follows a legacy server', undefined, partner(replica(6379))],
    ['a partner whose link is down', undefined, partner(replica(a, { link: 'down' }))],
    ['a partner that was promoted', undefined, partner(replica(a, { role: 'master' }))],
    ['a partner that is loading', undefined, partner('-LOADING Redis is loading the dataset in memory')],
    ['a partner that follows a name', 'a', partner(replica(a, { host: 'unit-1-shard-0.unit-1.svc' }))],
    ['a partner that follows an IPv6 address', 'a', partner(replica(a, { host: 'fd00::1' }))],
    ['three votes for a longer port', undefined, named(vote('10.0.0.1', `${a}0`))],
    ['three votes for an address that contains the port', undefined, named(vote(`redis-${a}`, 6379))],
    ['Sentinels that do not know the shard', undefined, named('*-1\r\n')],
    ['Sentinels that have forgotten it', undefined, named('-IDONTKNOW I have not enough information\r\n')],
    ['Sentinels that are loading', undefined, named('-LOADING Redis is loading the dataset in memory\r\n')],
    ['Sentinels with host names', 'a', named(vote('unit-1-shard-0.unit-1.svc.cluster.local', a))],
  ]);
});

test('a password is sent to servers and Sentinels', async () => {
  const shard = { a: { info: master() }, b: DOWN, votes: votes('a', 'a', 'a') };
  await expectRoutes([['a, three votes', 'a', shard]], 'secret');
});

test('of two masters that are both confirmed, only the one with clients keeps them', async () => {
  const shard: FakeShard = { a: { info: replica(ports.b) }, b: { info: master() }, votes: votes('b', 'b', 'b') };
  const bridge = await expectRoutes([['b, three votes', 'b', shard]]);
  const route = (): Promise<string | undefined> => bridge.ask(0, 'GET who');
  // No server says both. It stands for a bridge that sees a lease and votes of different moments.
  const both = (followed: number): string => `${replica(followed)}role:master\r\n`;
  shard.a.info = master();
  shard.b.info = both(ports.a);
  await until('a has its lease', async () => (await bridge.states('shard-0-a-lease')).b === 'UP');
  await bridge.checked(10);
  expect([await route(), await bridge.states('shard-0')]).toEqual(['b', { a: 'DOWN', b: 'UP' }]);

  shard.b.info = replica(ports.a);
  await until('a gets clients', async () => (await route()) === 'a');
  shard.b.info = both(ports.a);
  await until('b is up, too', async () => (await bridge.states('shard-0')).b === 'UP');
  await bridge.checked(10);
  expect([await route(), await bridge.states('shard-0')]).toEqual(['a', { a: 'UP', b: 'UP' }]);
});
