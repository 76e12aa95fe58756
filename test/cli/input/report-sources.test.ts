// What stands beside the configuration: plans and statuses, which pools they are about, and what is refused.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { check } from '../../../cli/commands/check';
import { Input } from '../../../cli/input/pools';
import { gather } from '../../../cli/commands/report';
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
}

async function detailsOf(
  file: string,
  { plan = [], status = [] }: Given,
  input = new Input(() => process.stdin),
): Promise<ReportData> {
  const verdict = await check(file, input);
  if (verdict.config === undefined) throw new Error(`${file} is refused`);
  return gather(verdict, verdict.config, { plan, status }, input);
}

const manifest = fs.readFileSync(PLAN, 'utf8');
const [planObject] = parseAllDocuments(manifest);
const planJson = (planObject.toJS() as { data: Record<string, string> }).data['plan.json'];

describe('a plan', () => {
  const GOAL = 'unit-1-shard-107.unit-1.svc.cluster.local.:6379';

  test('is found in the directory of a synth, with the pods and the files there', async () => {
    const { plan } = (await detailsOf(LIVE, { plan: [DIST] })).pools[0];
    expect(plan?.plan.shards[107].new).toBe(GOAL);
    expect(plan?.namespace).toBe('unit-1');
    expect(plan?.pods.size).toBe(108);
    expect(plan?.pods.get('unit-1-shard-107')).toBe('unit-1-redis-107');
    expect(plan?.manifests).toEqual(fs.readdirSync(DIST).filter((name) => name.endsWith('.yaml')));
  });

  test.each([
    ['the manifest of its ConfigMap', manifest],
    ['plan.json', planJson],
    ['what kubectl lists', JSON.stringify({ kind: 'List', items: [configMap(planJson)] })],
  ])('is read from %s, which may be standard input', async (_, text) => {
    const { plan } = (await detailsOf(LIVE, { plan: ['-'] }, inputOf(text))).pools[0];
    expect(plan?.plan.shards[107].new).toBe(GOAL);
    expect(plan?.pods.size).toBe(0);
  });

  test('belongs to the pool with its servers', async () => {
    const both = lab.write('both.yml', fs.readFileSync(LIVE, 'utf8') + fs.readFileSync(alpha, 'utf8'));
    const { pools } = await detailsOf(both, { plan: [DIST] });
    expect(pools.map(({ plan }) => plan?.plan.fleet)).toEqual(['unit-1', undefined]);
  });

  const changed = (from: string, to: string): string => {
    expect(manifest).toContain(from);
    return manifest.replace(from, to);
  };
  test.each([
    ['nothing of the kind', 'kind: ConfigMap\n', 'stdin: there is no plan in it; give plan.json, '],
    ['what is not YAML', 'data:\n  plan.json: "{\n', 'stdin:3: it is not YAML: '],
    ['what is not JSON', '{"shards": ', 'stdin: it is not JSON: '],
    [
      'another ring',
      changed('"fnv1a_64"', '"murmur"'),
      'pool "unit1": the plan\'s hash is "murmur", and the pool\'s "fnv1a_64"; give the plan that was synthesized from this file',
    ],
    [
      'another name',
      changed('"ringName": "redis-01.unit-1.example.net:6380"', '"ringName": "b"'),
      'shard 1 has the ring name "b", and the pool no server of that name',
    ],
    [
      'another address',
      changed('"old": "redis-01.unit-1.example.net:6380"', '"old": "b:1"'),
      'shard 1 was at "b:1", and the pool\'s server is at "redis-01.unit-1.example.net:6380"',
    ],
    [
      'another version',
      changed('"version": 2', '"version": 1'),
      'plan.json: version is 1, and this program knows 2; run the migrator of the version',
    ],
  ])('is refused with its place and the remedy: %s', async (_, text, says) => {
    await expect(detailsOf(LIVE, { plan: ['-'] }, inputOf(text))).rejects.toThrow(says);
  });

  test('is refused for a pool with other servers, and as a directory without one', async () => {
    await expect(detailsOf(alpha, { plan: [DIST] })).rejects.toThrow('the plan has the pools "unit1"; ');
    const empty = path.dirname(lab.write('empty/x.yaml', 'kind: Pod\n'));
    await expect(detailsOf(alpha, { plan: [empty] })).rejects.toThrow(
      `${empty}: no manifest in it has the plan of a move; `,
    );
    await expect(detailsOf(alpha, { plan: ['no/such'] })).rejects.toThrow('no/such: there is no such file; ');
  });
});

function configMap(plan: string): object {
  return { kind: 'ConfigMap', metadata: { name: 'plan' }, data: { 'plan.json': plan } };
}

describe('a status', () => {
  const TIME = '2026-05-05T05:05:05.000Z';
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
  const line = (kind: string, fields: object): string => `${JSON.stringify({ time: TIME, kind, ...fields })}\n`;
  const summary = (...shards: unknown[]): string => line('summary', { exitCode: 0, shards });

  // What a real migrator prints is in report-page.test.ts.
  test('says which shards it has, and which could not be asked', async () => {
    const text =
      line('progress', { shard: 2, state: 'skipped', detail: '10.0.0.2:6379: WRONGPASS' }) +
      summary(shard(0, { state: 'in sync', lag: 7, keys: 9 }));
    const { status } = (await detailsOf(alpha, { status: ['-'] }, inputOf(text))).pools[0];
    expect(status?.time).toBe(TIME);
    expect([...(status?.shards ?? [])]).toEqual([
      [0, expect.objectContaining({ state: 'in sync', lag: 7, keys: 9 })],
      [2, { isHeld: false, silence: '10.0.0.2:6379: WRONGPASS' }],
    ]);
  });

  test('is the last one, if there are several', async () => {
    const text = summary(shard(0)) + summary(shard(0, { state: 'moved' }));
    const { status } = (await detailsOf(alpha, { status: ['-'] }, inputOf(text))).pools[0];
    expect(status?.shards.get(0)?.state).toBe('moved');
  });

  test.each([
    [
      'the log for people',
      'shard    0  waiting\n',
      'stdin:1: shard    0  waiting is not JSON; give what `migrator.mjs status',
    ],
    ['JSON that is no object', `${summary(shard(0))}7\n`, 'stdin:2: 7 is no JSON object; give what'],
    ['nothing', '', 'stdin: it has no summary, which is the last line'],
    [
      'another command',
      line('summary', { outcomes: [] }),
      'stdin:1: the summary has no shards: it is that of another command',
    ],
    [
      'an unknown state',
      `\n${summary(shard(0, { state: 'lost' }))}`,
      'stdin:2: shards[0].state is "lost", which no status says; give',
    ],
    [
      'a missing field',
      summary(shard(0), shard(1, { isHeld: undefined })),
      'stdin:1: shards[1].isHeld is missing, which no status says',
    ],
    ['no time', `${JSON.stringify({ kind: 'summary', shards: [] })}\n`, 'stdin:1: time is missing, and no time'],
    ['more shards than servers', summary(shard(SERVERS)), 'stdin:1: it is not the status of a move of '],
    [
      'the reason',
      summary(shard(SERVERS)),
      'pool "alpha": shard 3 has the ring name "server3", and the pool no server of that name; give the status',
    ],
    [
      'other servers',
      summary(shard(0, { servers: [{ pool: 'alpha', ringName: 'other' }] })),
      'shard 0 has the ring name "other", and the pool no server of that name; give the status',
    ],
  ])('is refused with its line and the remedy: %s', async (_, text, says) => {
    await expect(detailsOf(alpha, { status: ['-'] }, inputOf(text))).rejects.toThrow(says);
  });

  test('is refused if it is that of another plan', async () => {
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
    await expect(detailsOf(alpha, { plan: [plan], status: [status] })).rejects.toThrow(
      'status.jsonl:1: it is not the status of a move of',
    );
    await expect(detailsOf(alpha, { plan: [plan], status: [status] })).rejects.toThrow(
      'shard 0 goes to "new-0:6379", and in the plan to "elsewhere-0:6379"',
    );
  });
});
