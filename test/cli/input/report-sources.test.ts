// The plans and statuses of a report: how they are read, matched to pools, and refused.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { check } from '../../../cli/commands/check';
import { Input } from '../../../cli/input/pools';
import { reportData } from '../../../cli/commands/report';
import { type ReportData } from '../../../cli/input/report-data';
import { Lab } from '../../lab/lab';
import { pool, servers } from '../configurations';
import { inputOf, ROOT, UNIT_1 } from '../program';

const lab = new Lab();
afterAll(() => lab.close());

const LIVE = path.join(ROOT, UNIT_1);
const DIST = path.join(ROOT, 'dist');
const PLAN = path.join(DIST, 'unit-1-45-plan.k8s.yaml');
const SERVERS = 3;
const alpha = lab.write('alpha.yml', pool('alpha', servers(SERVERS)));

interface Given {
  readonly plan?: string[];
  readonly status?: string[];
  readonly failoverStatus?: string[];
  readonly capacity?: string[];
}

async function dataOf(
  file: string,
  { plan = [], status = [], failoverStatus = [], capacity = [] }: Given,
  input = new Input(() => process.stdin),
): Promise<ReportData> {
  const verdict = await check(file, input);
  if (verdict.config === undefined) throw new Error(`${file} is refused`);
  return reportData(verdict, verdict.config, { plan, status, failoverStatus, capacity }, input);
}

const manifest = fs.readFileSync(PLAN, 'utf8');
const [planObject] = parseAllDocuments(manifest);
const planJson = (planObject.toJS() as { data: Record<string, string> }).data['plan.json'];

describe('a plan', () => {
  const NEW_ADDRESS = 'unit-1-shard-107.unit-1.svc.cluster.local.:6379';

  test('is found in the directory of a synth, with pods and file names', async () => {
    const { plan } = (await dataOf(LIVE, { plan: [DIST] })).pools[0];
    expect(plan?.plan.shards[107].new).toBe(NEW_ADDRESS);
    expect(plan?.namespace).toBe('unit-1');
    // Both servers of each shard, and the Sentinels.
    expect(plan?.pods.size).toBe(2 * 108 + 3);
    expect(plan?.pods.get('unit-1-shard-107')).toBe('unit-1-redis-107');
    expect(plan?.manifests).toEqual(fs.readdirSync(DIST).filter((name) => name.endsWith('.yaml')));
  });

  test.each([
    ['the manifest of its ConfigMap', manifest],
    ['plan.json', planJson],
    ['what kubectl lists', JSON.stringify({ kind: 'List', items: [configMap(planJson)] })],
  ])('is read from %s, which may be standard input', async (_, text) => {
    const { plan } = (await dataOf(LIVE, { plan: ['-'] }, inputOf(text))).pools[0];
    expect(plan?.plan.shards[107].new).toBe(NEW_ADDRESS);
    expect(plan?.pods.size).toBe(0);
  });

  test('belongs to the pool with its servers', async () => {
    const both = lab.write('both.yml', fs.readFileSync(LIVE, 'utf8') + fs.readFileSync(alpha, 'utf8'));
    const { pools } = await dataOf(both, { plan: [DIST] });
    expect(pools.map(({ plan }) => plan?.plan.fleet)).toEqual(['unit-1', undefined]);
  });

  const changed = (from: string, to: string): string => {
    expect(manifest).toContain(from);
    return manifest.replace(from, to);
  };
  test.each([
    ['without a plan', 'kind: ConfigMap\n', 'stdin: it has no plan; give plan.json, '],
    ['invalid YAML', 'data:\n  plan.json: "{\n', 'stdin:3: it is not YAML: '],
    ['invalid JSON', '{"shards": ', 'stdin: it is not JSON: '],
    [
      'another ring',
      changed('"fnv1a_64"', '"murmur"'),
      'pool "unit1": hash is "murmur" in the plan, and "fnv1a_64" in the file; give the plan that was synthesized from this file',
    ],
    [
      'another name',
      changed('"ringName": "redis-01.unit-1.example.net:6380"', '"ringName": "b"'),
      'shard 1 has the ring name "b", which the pool does not have',
    ],
    [
      'another address',
      changed('"old": "redis-01.unit-1.example.net:6380"', '"old": "b:1"'),
      'the old server of shard 1 is "b:1", but "redis-01.unit-1.example.net:6380" in the file',
    ],
    [
      'another version',
      changed('"version": 2', '"version": 1'),
      'plan.json: version is 1, but this program reads 2; use the version',
    ],
  ])('is refused with its location and the remedy: %s', async (_, text, message) => {
    await expect(dataOf(LIVE, { plan: ['-'] }, inputOf(text))).rejects.toThrow(message);
  });

  test('is refused for a pool with other servers, and if a directory has none', async () => {
    await expect(dataOf(alpha, { plan: [DIST] })).rejects.toThrow('the pools of the plan are "unit1"; ');
    const empty = path.dirname(lab.write('empty/x.yaml', 'kind: Pod\n'));
    await expect(dataOf(alpha, { plan: [empty] })).rejects.toThrow(`${empty}: no manifest in it has a plan; `);
    await expect(dataOf(alpha, { plan: ['no/such'] })).rejects.toThrow('no/such: there is no such file; ');
  });
});

function configMap(plan: string): object {
  return { kind: 'ConfigMap', metadata: { name: 'plan' }, data: { 'plan.json': plan } };
}

const TIME = '2026-05-05T05:05:05.000Z';
const line = (kind: string, fields: object): string => `${JSON.stringify({ time: TIME, kind, ...fields })}\n`;

describe('a status', () => {
  const shard = (n: number, fields: object = {}): Record<string, unknown> => {
    const address = `10.0.0.${n}:6379`;
    return {
      shard: n,
      servers: [{ pool: 'alpha', ringName: `server${n}` }],
      old: address,
      new: `new-${n}:6379`,
      state: 'waiting',
      isHeld: false,
      ...fields,
    };
  };
  const summary = (...shards: unknown[]): string => line('summary', { exitCode: 0, shards });

  // report-page.long.test.ts has the output of a real migrator.
  test('has the shards of the summary, and the skipped ones', async () => {
    const text =
      line('progress', { shard: 2, state: 'skipped', detail: '10.0.0.2:6379: WRONGPASS' }) +
      summary(shard(0, { state: 'in sync', lag: 7, keys: 9 }));
    const { status } = (await dataOf(alpha, { status: ['-'] }, inputOf(text))).pools[0];
    expect(status?.time).toBe(TIME);
    expect([...(status?.shards ?? [])]).toEqual([
      [0, expect.objectContaining({ state: 'in sync', lag: 7, keys: 9 })],
      [2, { isHeld: false, silence: '10.0.0.2:6379: WRONGPASS' }],
    ]);
  });

  test('is the last one if there are several', async () => {
    const text = summary(shard(0)) + summary(shard(0, { state: 'moved' }));
    const { status } = (await dataOf(alpha, { status: ['-'] }, inputOf(text))).pools[0];
    expect(status?.shards.get(0)?.state).toBe('moved');
  });

  test.each([
    [
      'the output without --json',
      'shard    0  waiting\n',
      'stdin:1: shard    0  waiting is not JSON; give the output of `migrator.mjs status',
    ],
    ['JSON that is not an object', `${summary(shard(0))}7\n`, 'stdin:2: 7 is not a JSON object; give the output'],
    ['an empty file', '', 'stdin: it has no summary, the last line'],
    [
      'the output of another command',
      line('summary', { outcomes: [] }),
      'stdin:1: the summary has no shards; it is from another command',
    ],
    [
      'an unknown state',
      `\n${summary(shard(0, { state: 'lost' }))}`,
      'stdin:2: shards[0].state is "lost", not a valid value; give',
    ],
    [
      'a missing field',
      summary(shard(0), shard(1, { isHeld: undefined })),
      'stdin:1: shards[1].isHeld is missing, not a valid value',
    ],
    [
      'the status of the failover program',
      line('summary', { fleet: 'unit-1', shardsInFleet: 1, shards: [{ shard: 0, a: 'a:1', b: 'b:1' }] }),
      'stdin:1: it is the status of the failover program; give it with --failover-status',
    ],
    ['no time', `${JSON.stringify({ kind: 'summary', shards: [] })}\n`, 'stdin:1: time is missing, not a valid time'],
    ['more shards than servers', summary(shard(SERVERS)), 'stdin:1: it is not the status of a migration of '],
    [
      'the reason',
      summary(shard(SERVERS)),
      'pool "alpha": shard 3 has the ring name "server3", which the pool does not have; give the status',
    ],
    [
      'other servers',
      summary(shard(0, { servers: [{ pool: 'alpha', ringName: 'other' }] })),
      'shard 0 has the ring name "other", which the pool does not have; give the status',
    ],
  ])('is refused with its line and the remedy: %s', async (_, text, message) => {
    await expect(dataOf(alpha, { status: ['-'] }, inputOf(text))).rejects.toThrow(message);
  });

  test('is refused if it is from another plan', async () => {
    const shards = servers(SERVERS).map((_, n) => ({
      ...shard(n),
      servers: [{ pool: 'alpha', ringName: `server${n}`, weight: 1 }],
      new: `elsewhere-${n}:6379`,
    }));
    const plan = lab.write(
      'other-plan.json',
      JSON.stringify({
        ...JSON.parse(planJson),
        pools: [{ name: 'alpha', hash: 'fnv1a_64', distribution: 'ketama', database: 0 }],
        shards,
      }),
    );
    const status = lab.write('status.jsonl', summary(shard(0)));
    await expect(dataOf(alpha, { plan: [plan], status: [status] })).rejects.toThrow(
      'status.jsonl:1: it is not the status of a migration of',
    );
    await expect(dataOf(alpha, { plan: [plan], status: [status] })).rejects.toThrow(
      'shard 0 moves to "new-0:6379", but to "elsewhere-0:6379" in the plan',
    );
  });
});

describe('a status of the failover program', () => {
  const shard = (n: number, fields: object = {}): Record<string, unknown> => ({
    shard: n,
    a: `unit-1-shard-${n}.unit-1.svc.cluster.local.:6379`,
    b: `unit-1-shard-${n}-b.unit-1.svc.cluster.local.:6380`,
    state: 'ready',
    master: 'a',
    successor: 'b',
    keys: 5,
    lag: 0,
    votes: [0, 1, 2].map((i) => ({ sentinel: `s-${i}:26379`, names: 'a' })),
    problems: [],
    ...fields,
  });
  const summary = (fields: object, ...shards: unknown[]): string =>
    line('summary', { exitCode: 0, fleet: 'unit-1', shardsInFleet: SERVERS, shards, ...fields });
  const ofUnit1 = (fields: object, ...shards: unknown[]): string =>
    summary({ shardsInFleet: 108, ...fields }, ...shards);

  // failover/status.test.ts has the output of the real program.
  test('has the shards of the summary, and the skipped ones', async () => {
    const text =
      line('progress', { shard: 1, state: 'skipped', detail: 'master lost: wait' }) +
      line('progress', { shard: 2, state: 'skipped', detail: '10.0.0.2:6379: WRONGPASS' }) +
      summary({}, shard(0), shard(1, { state: 'master lost', master: undefined, problems: ['wait'] }));
    const { failover } = (await dataOf(alpha, { failoverStatus: ['-'] }, inputOf(text))).pools[0];
    expect(failover?.time).toBe(TIME);
    expect([...(failover?.shards ?? [])]).toEqual([
      [0, expect.objectContaining({ state: 'ready', successor: 'b' })],
      [1, expect.objectContaining({ state: 'master lost', problems: ['wait'] })],
      [2, { votes: [], problems: ['10.0.0.2:6379: WRONGPASS'] }],
    ]);
  });

  test('belongs to all pools of its fleet, which a plan tells from fleets of the same size', async () => {
    const text = ofUnit1({}, shard(0));
    const twin = fs.readFileSync(LIVE, 'utf8').replaceAll('example.net', 'example.org').replace('unit1:', 'twin:');
    const both = lab.write(
      'twins.yml',
      fs.readFileSync(LIVE, 'utf8') + twin.replace(/listen: .*/, 'listen: 0.0.0.0:1'),
    );
    const failoverStatus = ['-'];
    await expect(dataOf(both, { failoverStatus }, inputOf(text))).rejects.toThrow(
      'stdin:1: it fits the fleets of the pools "unit1" and "twin", which have as many shards; give their plans',
    );
    const { pools } = await dataOf(both, { plan: [DIST], failoverStatus }, inputOf(text));
    expect(pools.map(({ failover }) => failover?.shards.size)).toEqual([1, undefined]);
  });

  const [first] = summary({}, shard(0)).split('"shards":');
  test.each<[string, string, string]>([
    [
      'the output without --json',
      'shard    0  ready\n',
      'stdin:1: shard    0  ready is not JSON; give the output of `failover.mjs',
    ],
    ['truncated JSON', first, 'is not JSON; give the output of `failover.mjs status --plan replicas.json --json`'],
    ['no summary', line('progress', { shard: 0, state: 'done' }), 'stdin: it has no summary, the last line'],
    [
      'another command',
      line('summary', { exitCode: 0 }),
      'stdin:1: the summary has no shards; it is from another command',
    ],
    [
      'the status of the migrator',
      line('summary', { shards: [] }),
      'stdin:1: it is the status of the migrator; give it with --status',
    ],
    ['no size', summary({ shardsInFleet: -1 }), 'stdin:1: shardsInFleet is -1, not a number of shards; give'],
    ['no name', summary({ fleet: 7 }), 'stdin:1: fleet is 7, not the name of a fleet; give'],
    ['an unknown state', summary({}, shard(0, { state: 'lost' })), 'shards[0].state is "lost", not a valid value'],
    ['an unknown server', summary({}, shard(0, { master: 'c' })), 'shards[0].master is "c", not a valid value'],
    ['a vote', summary({}, shard(0, { votes: [{}] })), 'shards[0].votes is [{}], not a valid value'],
    [
      'another number of shards',
      ofUnit1({}, shard(0)),
      'it is not the status of a fleet of ' +
        alpha +
        ': pool "alpha": the fleet has 108 shards in the status, and 3 in the file; give the status',
    ],
    ['a shard too many', summary({}, shard(SERVERS)), 'it has a shard 3, and the fleet has 3 shards; give the status'],
  ])('is refused with its line and the remedy: %s', async (_, text, message) => {
    await expect(dataOf(alpha, { failoverStatus: ['-'] }, inputOf(text))).rejects.toThrow(message);
  });

  test.each<[string, string, string]>([
    [
      'the fleet',
      ofUnit1({ fleet: 'unit-2' }, shard(0)),
      'pool "unit1": the fleet is "unit-2" in the status, and "unit-1" in the plan; give the status of the fleet in this file',
    ],
    [
      'the address',
      ofUnit1({}, shard(0, { a: 'b:1' })),
      'server a of shard 0 is "b:1", but "unit-1-shard-0.unit-1.svc.cluster.local.:6379" in the plan; give the status',
    ],
  ])('is refused if the plan has another one: %s', async (_, text, message) => {
    await expect(dataOf(LIVE, { plan: [DIST], failoverStatus: ['-'] }, inputOf(text))).rejects.toThrow(message);
  });
});

describe('a capacity', () => {
  const NEEDS = { maxmemory: 3, memory: 4, disk: 5 };
  const shard = (i: number, more: object = {}): object => ({
    shard: i,
    address: `10.0.0.${i}:6379`,
    used: 1,
    peak: 2,
    needs: NEEDS,
    ...more,
  });
  const proposal = { memory: 4, maxmemory: 3, maxmemoryOfShard: { 1: 2 }, tooLarge: [] };
  const fleet = { pools: ['alpha'], shards: [0, 1, 2].map((i) => shard(i)), proposal };
  const whole = { fleets: [fleet], storage: 15, options: { replicas: 0, days: 180 }, problems: [] };
  const text = (fleets: object[] = [fleet], more: object = {}): string => JSON.stringify({ ...whole, fleets, ...more });

  test('belongs to the pools with its names and servers', async () => {
    const beta = pool(
      'beta',
      servers(SERVERS).map((line) => line.replace('6379', '6380')),
    );
    const both = lab.write('with-beta.yml', fs.readFileSync(alpha, 'utf8') + beta);
    const { pools } = await dataOf(both, { capacity: ['-'] }, inputOf(text()));
    expect(pools.map(({ capacity }) => capacity?.fleet.shards.length)).toEqual([3, undefined]);
    expect(pools[0].capacity).toMatchObject({ source: 'stdin', all: { storage: 15 } });
  });

  test('may have no limit of the storage', async () => {
    const endless = { ...fleet, shards: [0, 1, 2].map((i) => shard(i, { needs: { ...NEEDS, disk: null } })) };
    const given = text([endless], { storage: null });
    const { pools } = await dataOf(alpha, { capacity: ['-'] }, inputOf(given));
    expect(pools[0].capacity?.fleet.shards[0].needs.disk).toBeNull();
  });

  test.each([
    ['that is not JSON', 'pool "alpha"', 'stdin: it is not JSON; give the output of `cdk8s-twemproxy capacity --json`'],
    ['of another command', '{"pools": []}', 'stdin: it has no fleets; it is the output of another command'],
    [
      'without the memory of a shard',
      text([{ ...fleet, shards: [shard(0, { needs: { maxmemory: 3 } })] }]),
      'stdin: fleets[0]: shards[0].needs is {"maxmemory":3}, not a valid value',
    ],
    ['without options', text([fleet], { options: undefined }), 'stdin: options is missing, not a valid value'],
    [
      'with a wrong proposal',
      text([{ ...fleet, proposal: { ...proposal, maxmemoryOfShard: { 1: 'all' } } }]),
      'stdin: fleets[0]: proposal.maxmemoryOfShard is {"1":"all"}, not a valid value',
    ],
    [
      'of another pool',
      text([{ ...fleet, pools: ['gamma'] }]),
      `stdin: it is not the capacity of ${alpha}: it has a pool "gamma"; give the capacity of the fleets in this file`,
    ],
    [
      'of fewer servers',
      text([{ ...fleet, shards: [shard(0), shard(1)] }]),
      `it is not the capacity of ${alpha}: it has no server 10.0.0.2:6379 of pool "alpha"`,
    ],
    [
      'of other servers',
      text([{ ...fleet, shards: [0, 1, 2, 7].map((i) => shard(i)) }]),
      `it is not the capacity of ${alpha}: pool "alpha" has no server 10.0.0.7:6379`,
    ],
  ])('%s is refused', async (_, given, message) => {
    await expect(dataOf(alpha, { capacity: ['-'] }, inputOf(given))).rejects.toThrow(message);
  });
});
