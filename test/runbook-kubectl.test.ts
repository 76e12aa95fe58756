// RUNBOOK.md: the real kubectl accepts every command, as far as this can be checked without a cluster.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Chart } from 'cdk8s';
import pLimit from 'p-limit';
import { parse } from 'yaml';
import { FleetCharts, NutcrackerServer, RedisCluster, ReshardPhase, TlsPhase } from '../lib';
import { longTest } from './lab/cases';
import { ApiServer, type ApiServerProps } from './lab/api-server';
import { changed, LIVE, NFS } from './lab/fleet-charts';
import { isUnderstood, Kubectl } from './lab/kubectl';
import { Lab } from './lab/lab';
import { type Manifest } from './lab/synth';
import { ROOT } from './lab/synthesized';

const DIST = path.join(ROOT, 'dist');
const AT_ONCE = 2;
const JOINS = new NutcrackerServer({ address: 'new:6379' });

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

/** The kubectl commands of a runbook, without what the shell does with their output. */
function commands(runbook: string): string[] {
  const lines = [...runbook.matchAll(/^(?:until )?(kubectl [^;&#]*?) *(?:(?:2>|[;&#]).*)?$/gm)].map(([, line]) => line);
  return [...new Set(lines)];
}

/** The commands that kubectl does not accept, with what it says. */
async function refused(lines: readonly string[], directory: string): Promise<(readonly [string, string])[]> {
  const kubectl = await Kubectl.of(lab);
  const limit = pLimit(AT_ONCE);
  const said = await Promise.all(
    lines.map((line) => limit(async () => [line, await kubectl.say(line, directory)] as const)),
  );
  return said.filter(([, output]) => !isUnderstood(output));
}

test('kubectl accepts every command, and only then connects to the cluster', async () => {
  const runbook = fs.readFileSync(path.join(DIST, 'unit-1.RUNBOOK.md'), 'utf8');
  const password = lab.write('password', 'secret');
  const lines = commands(runbook.replaceAll('PATH-OF-A-FILE-WITH-THE-PASSWORD', password));
  expect(lines.length).toBeGreaterThan(20);
  expect(await refused(lines, DIST)).toEqual([]);
});

longTest('kubectl accepts every command of a change of the ring', async () => {
  const lines: string[] = [];
  for (const phase of Object.values(ReshardPhase)) {
    const outdir = path.join(lab.dir, phase);
    const app = new App({ outdir });
    const charts = new FleetCharts(app, 'unit-1', {
      namespace: 'unit-1',
      pool: LIVE,
      // With a shard that joins, whose names the certificate needs.
      reshard: { pools: [changed({ servers: [...LIVE.servers.slice(1), JOINS] })], phase },
      tls: { phase: TlsPhase.REQUIRED, secretName: 'shards' },
      redis: { replicas: 1 },
      storage: NFS,
      proxies: { image: 'twemproxy:0.5.0' },
    });
    app.synth();
    charts.writeRunbook();
    const found = commands(fs.readFileSync(path.join(outdir, 'unit-1.RUNBOOK.md'), 'utf8'));
    expect(await refused(found, outdir)).toEqual([]);
    lines.push(...found);
  }
  expect(lines.length).toBeGreaterThan(20);
});

longTest('kubectl accepts every command of a move to a Redis Cluster', async () => {
  for (const phase of [ReshardPhase.RESHARDING, ReshardPhase.RESHARDED]) {
    const outdir = path.join(lab.dir, phase);
    const app = new App({ outdir });
    const cluster = new RedisCluster(new Chart(app, 'cluster', { namespace: 'unit-1' }), 'cluster', {
      name: 'cluster',
      masters: 3,
      storage: NFS,
      password: { name: 'unit-1-redis' },
      startClosed: true,
    });
    const charts = new FleetCharts(app, 'unit-1', {
      namespace: 'unit-1',
      pool: LIVE,
      reshard: { cluster, phase },
      storage: NFS,
      proxies: { image: 'twemproxy:0.5.0' },
    });
    app.synth();
    charts.writeRunbook();
    const found = commands(fs.readFileSync(path.join(outdir, 'unit-1.RUNBOOK.md'), 'utf8'));
    expect(found.length).toBeGreaterThan(10);
    expect(await refused(found, outdir)).toEqual([]);
  }
});

test('kubectl rejects a command with a mistake', async () => {
  const kubectl = await Kubectl.of(lab);
  const said = await kubectl.say('kubectl replace --forced -f unit-1-80-cutover.k8s.yaml', DIST);
  expect(said).toContain('unknown flag: --forced');
  expect(isUnderstood(said)).toBe(false);
});

const RUNBOOK = fs.readFileSync(path.join(DIST, 'unit-1.RUNBOOK.md'), 'utf8');
const [, JOB] = /job\/(unit-1-move-sync-\w+)/.exec(RUNBOOK) ?? [];
const COMPLETE = { type: 'Complete', status: 'True' } as const;
const RESUMED = { type: 'Suspended', status: 'False' } as const;
const KILLED = '2026 shard 0: moving\n';
const DONE = '2026 shard 0: in sync\n2026 shard 0: done: in sync\n1 of 1 shards are in sync, or have moved\n';

/** What the commands that wait for a Job print if it goes through these moments. */
async function outputFor(moments: ApiServerProps['moments']): Promise<string[]> {
  const server = await ApiServer.start({ namespace: 'unit-1', job: JOB, moments });
  try {
    const kubectl = await Kubectl.of(lab, server.address);
    const [block] = /^until kubectl[^`]*?grep -wE .*$/m.exec(RUNBOOK.slice(RUNBOOK.indexOf('## 5. Sync'))) ?? [''];
    return (await kubectl.say(block, DIST)).split('\n').filter(Boolean);
  } finally {
    await server.close();
  }
}

const prefixed = (pod: string, log: string): string[] =>
  log
    .split('\n')
    .filter(Boolean)
    .map((line) => `[pod/${pod}/migrator] ${line}`);

longTest('the commands wait for the condition of a Job, however long after its log it appears', async () => {
  const first = '2026 shard 0: waiting\n';
  const printed = await outputFor([
    { pods: {} },
    { pods: { 'job-a': undefined } }, // its container is being created: there is no log yet
    { pods: { 'job-a': first } },
    { pods: { 'job-a': first + DONE } }, // its log is complete, but the Job has no condition yet
    { pods: { 'job-a': first + DONE }, conditions: [RESUMED, COMPLETE] },
  ]);
  const whole = prefixed('job-a', first + DONE);
  expect(printed).toEqual([whole[0], whole[whole.length - 1], ...whole, 'Complete ']);
});

longTest('the logs of all pods are printed if one was killed and a second one ran', async () => {
  const printed = await outputFor([
    { pods: { 'job-9': KILLED } },
    { pods: { 'job-9': KILLED } }, // during the back-off, only the dead pod has a log
    { pods: { 'job-9': KILLED, 'job-1': undefined } },
    { pods: { 'job-9': KILLED, 'job-1': DONE }, conditions: [{ type: 'SuccessCriteriaMet', status: 'True' }] },
    { pods: { 'job-9': KILLED, 'job-1': DONE }, conditions: [COMPLETE] },
  ]);
  expect(printed.slice(-5)).toEqual([...prefixed('job-9', KILLED), ...prefixed('job-1', DONE), 'Complete ']);
  expect(printed.join()).not.toMatch(/Found 2 pods|BadRequest/);
});

longTest('the reason is printed if a Job fails', async () => {
  const message = `Container migrator for pod unit-1/job-a failed with exit code 3 matching FailJob rule at index 0`;
  const refused = 'shard 0 was skipped: refused\n';
  const printed = await outputFor([
    { pods: { 'job-a': refused }, conditions: [RESUMED, { type: 'FailureTarget', status: 'True', message }] },
    { pods: { 'job-a': refused }, conditions: [RESUMED, { type: 'Failed', status: 'True', message }] },
  ]);
  expect(printed.slice(-2)).toEqual([...prefixed('job-a', refused), `Failed ${message}`]);
});

test('a portion of a Job differs from the whole Job only in its shards, and is created suspended', async () => {
  const portions = [...RUNBOOK.matchAll(/^(sed '.*"(.*)".*' (\S+)) \| kubectl replace --force -f -$/gm)];
  expect(portions.map(([, , portion]) => portion)).toEqual(expect.arrayContaining(['0', '10%']));
  for (const [, line, portion, file] of portions) {
    const program = lab.start('sh', ['-c', line], { cwd: DIST });
    await program.exit();
    const [whole, part] = [fs.readFileSync(path.join(DIST, file), 'utf8'), program.output].map(
      (text) => parse(text) as Manifest,
    );
    expect(shardsOf(part)).toEqual(portion);
    expect(part.spec.suspend).toBe(true);
    shardsOf(part, 'all');
    expect(part).toEqual(whole);
  }
});

/** The value of `MIGRATOR_SHARDS`; sets it first if a value is given. */
function shardsOf({ spec }: Manifest, value?: string): unknown {
  const { env } = spec.template.spec.containers[0] as { env: { name: string; value: unknown }[] };
  const variable = env.find(({ name }) => name === 'MIGRATOR_SHARDS');
  if (variable && value !== undefined) variable.value = value;
  return variable?.value;
}
