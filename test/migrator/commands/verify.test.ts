// verify finds all differences between the servers of a shard, and nothing else, under any write load.

import { type Redis } from 'ioredis';
import { ExitCode } from '../../../migrator/program/outcome';
import {
  type DifferingKey,
  differenceLines,
  type ShardComparison,
  verify,
  type VerifyOptions,
} from '../../../migrator/commands/verify';
import { longTest } from '../../lab/cases';
import { Lab, until } from '../../lab/lab';
import { Pairs, type PairsProps } from '../pairs';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  Pairs.disconnectAll();
  await lab.close();
});

const FULL: VerifyOptions = { concurrency: 4, sampleKeys: 100, full: true, keysPerSecond: Infinity };
const SAMPLED: VerifyOptions = { ...FULL, full: false };

async function synced(keys: number, props: Partial<PairsProps> = {}): Promise<Pairs> {
  const pairs = await Pairs.start(lab, { servers: 1, ...props });
  await pairs.oldFleet.fill(keys);
  await pairs.sync();
  return pairs;
}

/** Verifies the only shard. */
async function verifyOne(pairs: Pairs, options = FULL): Promise<ShardComparison & { code: ExitCode; message: string }> {
  const { results, outcomes } = await verify(pairs.contextOf(), options);
  return { ...results[0], ...outcomes[0] };
}

test('data of every type is the same on both sides', async () => {
  const pairs = await synced(550, { servers: 2 });
  const { results, outcomes } = await verify(pairs.contextOf(), FULL);
  expect(outcomes.map(({ message }) => message)).toEqual(Array(2).fill(expect.stringContaining('the same')));
  expect(outcomes.map(({ code }) => code)).toEqual([ExitCode.DONE, ExitCode.DONE]);
  for (const result of results) {
    expect(result).toMatchObject({ isFull: true, different: 0, changing: 0, notCompared: 0, late: 0, keys: [] });
    // Only the short-lived keys may be gone.
    expect(result.compared).toBeGreaterThanOrEqual(450);
    expect(differenceLines(result)).toEqual([]);
  }
  const sampled = await verify(pairs.contextOf(), SAMPLED);
  expect(sampled.outcomes.map(({ code }) => code)).toEqual([ExitCode.DONE, ExitCode.DONE]);
  expect(sampled.results[0].compared).toBeLessThanOrEqual(100);
  expect(sampled.results[0].compared).toBeGreaterThan(60);
});

const BINARY = Buffer.from([0x00, 0xff, 0xfe, 0x22, 0x61]);

/** 1 January 2100. */
const FAR = 4_102_444_800_000;

/** A change on the new server only, and what verify reports. */
const TAMPERING: readonly (readonly [string, (client: Redis) => Promise<unknown>, DifferingKey])[] = [
  ['a string', (client) => client.set('text', 'other'), { database: 0, key: '"text"', difference: 'value' }],
  [
    'a byte of a long string',
    (client) => client.setrange('long', 70_000, 'y'),
    { database: 0, key: '"long"', difference: 'value' },
  ],
  [
    'one field of a big hash',
    (client) => client.hset('hash', 'field 4711', 'other'),
    { database: 0, key: '"hash"', difference: 'value' },
  ],
  [
    'a score',
    (client) => client.zincrby('zset', 0.5, 'member 4711'),
    { database: 0, key: '"zset"', difference: 'value' },
  ],
  [
    'the order of a list',
    (client) => client.rpoplpush('list', 'list'),
    { database: 0, key: '"list"', difference: 'value' },
  ],
  [
    'the type',
    (client) => client.multi().del('text').lpush('text', 'a').exec(),
    { database: 0, key: '"text"', difference: 'type' },
  ],
  ['a deleted key', (client) => client.del('list'), { database: 0, key: '"list"', difference: 'missing' }],
  ['an extra key', (client) => client.set('intruder', 'x'), { database: 0, key: '"intruder"', difference: 'extra' }],
  [
    'an expiry that is gone',
    (client) => client.persist('expiring'),
    { database: 0, key: '"expiring"', difference: 'expiry' },
  ],
  ['an extra expiry', (client) => client.expire('text', 1000), { database: 0, key: '"text"', difference: 'expiry' }],
  [
    'an earlier expiry',
    (client) => client.pexpireat('expiring', FAR - 10_000),
    { database: 0, key: '"expiring"', difference: 'expiry' },
  ],
  [
    'a key that is no text',
    (client) => client.append(BINARY, 'x'),
    { database: 0, key: '"\\x00\\xff\\xfe\\"a"', difference: 'value' },
  ],
  [
    'another database',
    (client) => client.multi().select(3).set('there', 'other').select(0).exec(),
    { database: 3, key: '"there"', difference: 'value' },
  ],
];

describe('differences on the new server', () => {
  const numbered = Array.from({ length: 6000 }, (_, i) => i);

  async function prepared(keys = 220): Promise<Pairs> {
    const pairs = await synced(keys);
    const client = pairs.old(0);
    await client.set('text', 'text');
    await client.set('long', 'x'.repeat(100_000));
    await client.multi().set('expiring', 'text').pexpireat('expiring', FAR).exec();
    await client.set(BINARY, 'x');
    await client.hmset('hash', ...numbered.flatMap((i) => [`field ${i}`, `${i}`]));
    await client.zadd('zset', ...numbered.flatMap((i) => [i, `member ${i}`]));
    await client.rpush('list', ...numbered);
    await client.multi().select(3).set('there', 'text').select(0).exec();
    const fresh = pairs.new(0);
    await fresh.config('SET', 'replica-serve-stale-data', 'yes');
    await until(
      'all has arrived',
      async () => (await fresh.multi().select(3).exists('there').select(0).exec())?.[1][1] === 1,
    );
    await fresh.config('SET', 'replica-read-only', 'no');
    return pairs;
  }

  test('are all found, and nothing else is', async () => {
    const pairs = await prepared();
    const client = pairs.new(0);
    const dumps = await Promise.all(
      ['text', 'long', 'hash', 'zset', 'list'].map(async (key) => [key, await client.dumpBuffer(key)] as const),
    );
    for (const [what, tamper, expected] of TAMPERING) {
      await tamper(client);
      const { keys, code, message } = await verifyOne(pairs);
      expect([what, keys, code]).toEqual([what, [expected], ExitCode.REFUSED]);
      expect(message).toContain('1 key differs');
      for (const [key, dump] of dumps) await client.multi().del(key).restore(key, 0, dump).exec();
      await client
        .multi()
        .set(BINARY, 'x')
        .pexpireat('expiring', FAR)
        .del('intruder')
        .select(3)
        .set('there', 'text')
        .select(0)
        .exec();
    }
    expect((await verifyOne(pairs)).keys).toEqual([]);
  });

  test('a sample finds different key counts', async () => {
    // No key that expires meanwhile: each count could see it in transit.
    const pairs = await prepared(0);
    await pairs.old(0).mset(Object.fromEntries(numbered.slice(0, 200).map((i) => [`lasting ${i}`, '1'])));
    await pairs.new(0).mset({ one: '1', two: '2' });
    const { databases, code, message } = await verifyOne(pairs, SAMPLED);
    expect(databases).toContainEqual(expect.objectContaining({ database: 0, isDifferent: true }));
    expect(code).toBe(ExitCode.REFUSED);
    expect(message).toMatch(
      /the numbers of keys differ, as database 0 has \d+ keys on the old server, \d+ on the new one/,
    );
  });

  test('a thousand keys are in the JSON, and twenty in the text', async () => {
    const pairs = await prepared();
    await pairs.new(0).mset(Object.fromEntries(numbered.slice(0, 1234).map((i) => [`intruder ${i}`, '1'])));
    const result = await verifyOne(pairs);
    expect(result.different).toBe(1234);
    expect(result.keys).toHaveLength(1000);
    const lines = differenceLines(result);
    expect(lines).toHaveLength(1 + 20 + 1);
    expect(lines[21]).toBe('shard 0: and 1,214 more keys');
  });
});

/** Writes keys of every type, keys that expire, and keys that change all the time, until the returned function is called. */
async function load(client: Redis, isOver: () => boolean): Promise<number> {
  let writes = 0;
  for (; !isOver() && client.status !== 'end'; writes++) {
    const n = writes % 500;
    await Promise.all([
      client.set(`string:${n}`, String(writes)),
      client.set(`soon:${n}`, 'x', 'PX', 1 + (writes % 300)),
      client.set(`lock:${writes % 3}`, 'taken'),
      client.del(`lock:${(writes + 1) % 3}`),
      client.incr('counter'),
      client.hset('hash', `field ${writes % 3000}`, writes),
      client.lpush('queue', writes),
      client.ltrim('queue', 0, 300),
      client.sadd(`set:${n}`, writes),
      client.zadd('zset', Math.sin(writes), `member ${writes % 1000}`),
      client.expire(`string:${n}`, 1 + (writes % 5)),
      client.del(`set:${(n + 250) % 500}`),
    ]);
  }
  return writes;
}

longTest('under load, with keys that expire or change all the time, only real differences are found', async () => {
  const pairs = await synced(1100);
  let isOver = false;
  const loads = Promise.allSettled([pairs.old(0), pairs.old(0)].map((client) => load(client, () => isOver)));
  await until('there is load', async () => (await pairs.old(0).exists('string:499')) === 1);
  for (const options of [SAMPLED, FULL, FULL]) {
    const result = await verifyOne(pairs, options);
    expect(result).toMatchObject({ code: ExitCode.DONE, different: 0, keys: [] });
  }
  const client = pairs.new(0);
  await client.config('SET', 'replica-read-only', 'no');
  await client.append('big:2', 'x');
  await client.hset('hash', 'intruder', 'x');
  const { keys } = await verifyOne(pairs);
  isOver = true;
  for (const writes of await loads) expect(writes).toEqual({ status: 'fulfilled', value: expect.any(Number) });
  expect(keys).toContainEqual({ database: 0, key: '"big:2"', difference: 'value' });
  // The hash is written thousands of times a second: it may be `changing`.
  expect(keys.filter(({ key }) => key !== '"big:2"' && key !== '"hash"')).toEqual([]);
  const afterwards = await verifyOne(pairs);
  expect(afterwards.keys.map(({ key }) => key).sort()).toEqual(['"big:2"', '"hash"']);
});

longTest('the read rate is not exceeded', async () => {
  const pairs = await synced(1100);
  const start = performance.now();
  await verifyOne(pairs, { ...FULL, keysPerSecond: 2000 });
  expect(performance.now() - start).toBeGreaterThanOrEqual(900);
});

test('shards that are not in sync are not compared', async () => {
  const pairs = await Pairs.start(lab, { servers: 3 });
  await pairs.move(1);
  await pairs.fence(pairs.old(2));
  const client = pairs.new(2);
  await client.replicaof('127.0.0.1', pairs.oldFleet.portOf(2));
  pairs.disconnect();
  const { outcomes, results } = await verify(pairs.contextOf(), FULL);
  expect(results).toEqual([]);
  expect(outcomes).toEqual([
    { shard: 0, code: ExitCode.REFUSED, message: expect.stringContaining('run sync') },
    { shard: 1, code: ExitCode.DONE, message: 'moved: not compared' },
    { shard: 2, code: ExitCode.REFUSED, message: expect.stringContaining('run cutover or rollback') },
  ]);
});
