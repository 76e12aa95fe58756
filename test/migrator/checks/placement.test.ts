// preflight finds keys that are not where the ring of the plan looks for them.

import { createHash } from 'node:crypto';
import { HashRing, HashType, NutcrackerPool } from '../../../lib';
import { preflight } from '../../../migrator/commands/preflight';
import { type MovePlan } from '../../../lib/migration/plan';
import { Lab } from '../../lab/lab';
import { find, started } from '../findings';
import { Pairs } from '../pairs';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  Pairs.disconnectAll();
  await lab.close();
});

async function filled(): Promise<Pairs> {
  const pairs = await started(lab, { servers: 4 });
  await pairs.oldFleet.fill(110);
  return pairs;
}

test('reports swapped servers', async () => {
  const pairs = await filled();
  const { shards } = pairs.plan;
  const places = [1, 0, 2, 3].map((i) => shards[i].servers);
  const swapped = shards.map((shard, i) => ({ ...shard, servers: places[i] }));
  const { findings, exits } = await find(pairs, { shards: swapped });
  expect(findings.map(({ severity, code, shard }) => [severity, code, shard])).toEqual([
    ['error', 'placement', 0],
    ['error', 'placement', 1],
    ['error', 'order', undefined],
  ]);
  expect(findings[0].message).toMatch(
    /of \d+ sampled keys on .*, \d+ \(100 %\) belong elsewhere, as ".*" to shard 1 \(/,
  );
  expect(findings[2].message).toContain('the keys of shard 0 belong to shard 1, the keys of shard 1 belong to shard 0');
  expect(exits).toEqual([3, 3, 0, 0]);
});

test('reports misplaced keys if the hash is different', async () => {
  const pairs = await filled();
  const { codes } = await find(pairs, { pools: [{ ...pairs.plan.pools[0], hash: 'md5' }] });
  expect(codes).toEqual(Array(4).fill('error placement'));
});

test('warns about a few misplaced keys, which may be left from an older ring', async () => {
  const pairs = await filled();
  const stray = Buffer.from([0xff, 0xfe, 0x00]);
  const strays = await Promise.all(pairs.oldFleet.ordinals.map((ordinal) => pairs.old(ordinal).set(stray, 'x')));
  expect(strays).toEqual(['OK', 'OK', 'OK', 'OK']);
  pairs.disconnect();
  const { findings, exits } = await preflight(pairs.contextOf(), {
    sampleKeys: 3000,
    acceptVolatileFence: false,
  }).then(({ findings: all, outcomes }) => ({ findings: all, exits: outcomes.map(({ code }) => code) }));
  expect(findings).toHaveLength(3);
  for (const { severity, code, message } of findings) {
    expect([severity, code]).toEqual(['warning', 'leftovers']);
    expect(message).toContain('as "\\xff\\xfe\\x00" to shard');
  }
  expect(exits).toEqual([0, 0, 0, 0]);
});

test('checks the new servers of shards that have moved', async () => {
  const pairs = await filled();
  await pairs.sync();
  await pairs.move(0);
  const about = 'already moved: only the new server was checked';
  expect((await find(pairs)).messages).toEqual([about, ...Array<string>(3).fill('nothing prevents the migration')]);
  const { codes, findings } = await find(pairs, { pools: [{ ...pairs.plan.pools[0], hash: 'md5' }] });
  expect(codes).toHaveLength(4);
  expect(findings[0].message).toContain(`sampled keys on ${pairs.plan.shards[0].new}`);
});

describe('pools that share servers', () => {
  /** A second pool on the same servers, with a different hash and as many keys. */
  async function withJobs(pairs: Pairs, database: number): Promise<Partial<MovePlan>> {
    const jobs = new NutcrackerPool({ ...pairs.oldFleet.pool.settings, name: 'jobs', hash: HashType.MD5 });
    const ring = HashRing.of(jobs);
    const clients = pairs.oldFleet.ordinals.map((ordinal) => pairs.old(ordinal));
    await Promise.all(clients.map((client) => client.select(database)));
    // FNV-1a sends similar short keys to few servers.
    const keys = Array.from({ length: 400 }, (_, i) => createHash('sha1').update(`job:${i}`).digest('hex'));
    await Promise.all(keys.map((key) => clients[jobs.servers.indexOf(ring.serverFor(key))].set(key, 'x')));
    pairs.disconnect();
    const { pools, shards } = pairs.plan;
    return {
      pools: [...pools, { ...pools[0], name: 'jobs', hash: 'md5', database }],
      shards: shards.map((shard) => ({ ...shard, servers: [...shard.servers, { ...shard.servers[0], pool: 'jobs' }] })),
    };
  }

  test('are each checked in their own database', async () => {
    const pairs = await filled();
    const plan = await withJobs(pairs, 3);
    expect((await find(pairs, plan)).codes).toEqual([]);
    const [web, jobs] = plan.pools ?? [];
    const { codes, findings } = await find(pairs, { ...plan, pools: [web, { ...jobs, hash: 'fnv1a_64' }] });
    expect(codes).toEqual(Array(4).fill('error placement'));
    expect(findings[0].message).toMatch(/sampled keys on 127.0.0.1:\d+, database 3, \d+ \(/);
  });

  test('may share a database, in which a key of neither pool is reported', async () => {
    const pairs = await filled();
    const plan = await withJobs(pairs, 0);
    expect((await find(pairs, plan)).codes).toEqual([]);
    const [web] = plan.pools ?? [];
    expect((await find(pairs, { ...plan, pools: [web, { ...web, name: 'jobs' }] })).codes).toContain('error placement');
  });

  test('must use the same address for a server', async () => {
    const pairs = await started(lab, { servers: 2 });
    const { shards } = pairs.plan;
    const { codes, findings } = await find(pairs, {
      shards: [shards[0], { ...shards[1], old: shards[0].old.replace('127.0.0.1', 'localhost') }],
    });
    expect(codes).toEqual(['error same-server']);
    expect(findings[0].message).toContain('is the old server of shard ');
  });
});
