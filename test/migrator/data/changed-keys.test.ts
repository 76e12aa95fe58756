// The keys that a rollback would lose are counted exactly, and no client reads the fenced server meanwhile.

import { type Redis } from 'ioredis';
import { senderThroughFence } from '../../../migrator/redis/command-sender';
import { changedKeys, type CountMethod } from '../../../migrator/data/changed-keys';
import { Pair, versionOf } from '../../../migrator/shard/pair';
import { RedisServer } from '../../../migrator/redis/server';
import { longTest } from '../../lab/cases';
import { connect } from '../../lab/clients';
import { Lab } from '../../lab/lab';
import { Pairs } from '../pairs';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  Pairs.disconnectAll();
  await lab.close();
});

async function moved(keys: number): Promise<Pairs> {
  const pairs = await Pairs.start(lab, { servers: 1 });
  await pairs.oldFleet.fill(keys);
  await pairs.old(0).multi().select(2).set('there', 'x').select(0).exec();
  await pairs.sync();
  await pairs.move(0);
  return pairs;
}

async function count(pairs: Pairs, method?: CountMethod): Promise<string> {
  const { shards, access } = pairs.contextOf();
  const pair = await Pair.connect(shards[0], access);
  try {
    return await changedKeys(pair, await pair.observe(), method);
  } finally {
    pair.close();
  }
}

const read = (client: Redis): Promise<string> => client.get('string:0').then(String, (error: unknown) => String(error));

test('without writes no key has changed', async () => {
  const pairs = await moved(550);
  expect(await count(pairs)).toBe('0 keys');
});

test('every key that was written, added, deleted or given a different expiry counts once', async () => {
  const pairs = await moved(550);
  const client = pairs.new(0);
  const names = Array.from({ length: 1200 }, (_, i) => `added ${i}`);
  await client.mset(Object.fromEntries(names.map((name) => [name, '1'])));
  expect(await count(pairs)).toBe('1,200 keys');
  await client.append('string:0', 'x');
  await client.del('big:2');
  await client.expire('added 0', 1000);
  await client.multi().select(2).set('there', 'other').select(0).exec();
  expect(await count(pairs)).toBe('1,203 keys');
  await client.del(...names);
  expect(await count(pairs)).toBe('3 keys');
  await pairs.new(0).config('SET', 'replica-serve-stale-data', 'no');
  await pairs.new(0).replicaof('127.0.0.1', 1);
  expect(await count(pairs)).toBe('3 keys');
  expect(await read(pairs.old(0))).toMatch(/MASTERDOWN/);
  expect(await read(pairs.new(0))).toMatch(/MASTERDOWN/);
});

test('an old server that is a master again is read directly', async () => {
  const pairs = await moved(110);
  await pairs.old(0).slaveof('NO', 'ONE');
  await pairs.old(0).set('one', '1');
  expect(await count(pairs)).toBe('1 key');
});

longTest('many keys are sampled, unless all are to be counted', async () => {
  const pairs = await Pairs.start(lab, { servers: 1 });
  const numbered = Array.from({ length: 22_000 }, (_, i) => i);
  const write = (client: Redis, numbers: readonly number[], value: string): Promise<unknown> =>
    client.mset(numbers.flatMap((i) => [`key ${i}`, value]));
  await write(pairs.old(0), numbered, 'before');
  await pairs.sync();
  await pairs.move(0);
  expect(await count(pairs)).toMatch(/^no more than about 3\d of 22,000 keys$/);
  await write(pairs.new(0), numbered.slice(0, 6600), 'after');
  await write(
    pairs.new(0),
    Array.from({ length: 2200 }, (_, i) => -1 - i),
    'added',
  );
  const guess = await count(pairs);
  expect(guess).toMatch(/^about [\d,]+ of [\d,]+ keys$/);
  const [changed, all] = guess.replaceAll(',', '').match(/\d+/g)?.map(Number) ?? [];
  // More than the random error of 2,000 draws.
  expect(Math.abs(changed - 8800)).toBeLessThan(1600);
  expect(Math.abs(all - 24_200)).toBeLessThan(1600);
  expect(await count(pairs, 'all')).toBe('8,800 keys');
  expect(await count(pairs, 'none')).toBe('an unknown number of keys');
});

test('a server that also lacks the right to read is read, and stays closed', async () => {
  const pairs = await moved(550);
  const knowsUsers = await pairs
    .old(0)
    .call('ACL', 'SETUSER', 'default', '-@read')
    .then(Boolean, () => false);
  await pairs.new(0).append('string:0', 'x');
  expect(await count(pairs)).toBe('1 key');
  expect(await read(pairs.old(0))).toMatch(knowsUsers ? /NOPERM/ : /MASTERDOWN/);
});

test('no other client can read while the old server is read', async () => {
  const pairs = await moved(550);
  const { oldFleet } = pairs;
  const readers = Array.from({ length: 4 }, () => connect(oldFleet.portOf(0), oldFleet.password));
  let isOver = false;
  const results = Promise.all(
    readers.map(async (client) => {
      const seen = new Map<string, number>();
      while (!isOver) {
        const result = (await read(client)).replace(/ .*/, '');
        seen.set(result, (seen.get(result) ?? 0) + 1);
      }
      client.disconnect();
      return seen;
    }),
  );
  for (let i = 0; i < 3; i++) expect(await count(pairs)).toBe('0 keys');
  isOver = true;
  for (const seen of await results) expect([...seen.keys()]).toEqual(['ReplyError:']);
});

test('commands that exceed a packet are sent in parts, in order', async () => {
  const pairs = await moved(110);
  const { shards, access } = pairs.contextOf();
  const server = await RedisServer.connect(shards[0].old, access);
  const pair = await Pair.connect(shards[0], access);
  const send = senderThroughFence(server, versionOf((await pair.observe()).old));
  const key = Buffer.alloc(5000, 'k');
  const commands = [
    ['EXISTS', key] as const,
    ...Array.from({ length: 500 }, (_, i) => ['EXISTS', i % 2 ? 'string:0' : 'x'] as const),
  ];
  expect(await send(commands)).toEqual([0, ...Array.from({ length: 500 }, (_, i) => i % 2)]);
  expect(await send([])).toEqual([]);
  server.close();
  pair.close();
});
