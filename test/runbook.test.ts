// RUNBOOK.md: every name in it is the name of a written file or object.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { App } from 'cdk8s';
import { FleetCharts, type FleetChartsProps, MigrationPhase, type PhasedMigration, type RedisOptions } from '../lib';
import { needsOf } from '../lib/migration/runbook/cluster-requirements';
import { MEANING } from '../migrator/shard/shard-state';
import { LIVE, NFS } from './lab/fleet-charts';
import { Lab } from './lab/lab';
import { type Manifest, manifests } from './lab/synth';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

function written(
  migration: PhasedMigration,
  namespace?: string,
  redis: RedisOptions = {},
  source?: string,
): { text: string; objects: Manifest[] } {
  const app = new App({ outdir: path.join(lab.dir, 'dist') });
  const proxies = { image: 'twemproxy:0.5.0' };
  const charts = new FleetCharts(app, 'unit-1', { pool: LIVE, storage: NFS, proxies, redis, namespace, migration });
  app.synth();
  charts.writeRunbook(source);
  return { text: fs.readFileSync(path.join(lab.dir, 'dist', 'unit-1.RUNBOOK.md'), 'utf8'), objects: manifests(app) };
}

/** The text without the hashes of what the programs contain. */
function withoutHashes(text: string): string {
  return text.replace(/(unit-1-(?:move|failover)-\w+)-\w{8}/g, '$1-HASH').replace(/`[0-9a-f]{64}`/g, '`SHA256`');
}

const PHASES = [MigrationPhase.MOVING, MigrationPhase.MOVED];

test.each(PHASES)('is written as in the snapshot while a fleet is %s', (phase) => {
  expect(withoutHashes(written({ phase }, 'unit-1').text)).toMatchSnapshot();
});

test.each(PHASES)('names the file of the fleet while it is %s', (phase) => {
  const file = 'fleets/unit-1/fleet.ts';
  const words = (source?: string): string => written({ phase }, 'unit-1', {}, source).text.replace(/\s+/g, ' ');
  expect(words()).toContain('`main.ts`');
  expect(words(file)).toBe(words().replaceAll('`main.ts`', `\`${file}\``));
});

test.each(PHASES)('has the steps of a fleet with replicas while it is %s', (phase) => {
  const text = withoutHashes(written({ phase }, 'unit-1', { replicas: 1 }).text);
  const without = withoutHashes(written({ phase }, 'unit-1').text).split('\n');
  expect(text.split('\n').filter((line) => !without.includes(line))).toMatchSnapshot();
});

test.each(PHASES.flatMap((phase) => [0, 1].map((replicas) => [phase, replicas] as const)))(
  'names only files and objects that exist, in the namespace, while a fleet is %s, with %i replicas',
  (phase, replicas) => {
    for (const namespace of ['unit-1', undefined]) {
      const { text, objects } = written({ phase }, namespace, { replicas });
      const names = objects.map(({ kind, metadata }) => `${(kind as string).toLowerCase()}/${metadata.name as string}`);
      for (const [, name] of text.matchAll(/((?:job|deployment|statefulset)\/[-\w]+)/g)) expect(names).toContain(name);
      for (const [file] of text.matchAll(/[-\w]+\.k8s\.yaml/g))
        expect(fs.readdirSync(path.join(lab.dir, 'dist'))).toContain(file);
      const commands = text.match(/^(until )?kubectl (?!apply|replace|delete -f|patch pv|taint).*$/gm) ?? [];
      for (const command of commands) expect(command.includes('kubectl -n unit-1 ')).toBe(namespace !== undefined);
      expect(text).not.toMatch(/undefined|\[object/);
    }
  },
);

test('names every written file', () => {
  const { text } = written({ phase: MigrationPhase.MOVING }, 'unit-1', { replicas: 1 });
  const files = fs.readdirSync(path.join(lab.dir, 'dist')).filter((name) => name.endsWith('.yaml'));
  expect(files.filter((name) => !text.includes(name))).toEqual([]);
});

test('lists every state of a shard', () => {
  const { text } = written({ phase: MigrationPhase.MOVING });
  const table = text.match(/^\| `.*$/gm) ?? [];
  const states = table.flatMap((row) => [...row.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, state]) => state));
  expect(states.sort()).toEqual(Object.keys(MEANING).sort());
});

test('deletes the Jobs that go forward, by their labels, before a rollback', () => {
  const { text, objects } = written({ phase: MigrationPhase.MOVING });
  const [, rollback] = text.split('\n## Rollback');
  const [, instance, components] =
    /delete jobs -l 'app.kubernetes.io\/instance=(\S+),\S+component in \((.*)\)'/.exec(rollback) ?? [];
  expect(rollback.indexOf('delete jobs')).toBeLessThan(rollback.indexOf('90-rollback'));
  const jobs = objects.filter(({ kind, metadata }) => {
    const { labels } = metadata as { labels: Record<string, string> };
    const component = labels['app.kubernetes.io/component'];
    return (
      kind === 'Job' && labels['app.kubernetes.io/instance'] === instance && components.split(',').includes(component)
    );
  });
  expect(jobs.map(({ metadata }) => (metadata.name as string).split('-')[3])).toEqual(['sync', 'verify', 'cutover']);
});

test('promises a rollback without loss only if the old servers follow', () => {
  const phase = MigrationPhase.MOVING;
  expect(written({ phase }).text).toContain("rollback: ['--accept-loss']");
  const { text } = written({ phase, keepLegacyInSync: true });
  expect(text).not.toContain('--accept-loss');
  expect(text.replaceAll(/\s+/g, ' ')).toContain('nothing is lost: the old servers followed');
});

test('is removed when no step of a migration or of a change of the ring is left', () => {
  const write = (more: Partial<FleetChartsProps>): string[] => {
    const app = new App({ outdir: lab.dir });
    const proxies = { image: 'twemproxy:0.5.0' };
    const charts = new FleetCharts(app, 'unit-1', { pool: LIVE, storage: NFS, proxies, ...more });
    charts.writeRunbook();
    return fs.readdirSync(lab.dir).filter((file) => file.endsWith('.md'));
  };
  expect(write({ migration: { phase: MigrationPhase.MOVED } })).toEqual(['unit-1.RUNBOOK.md']);
  expect(write({})).toEqual([]);
});

test('sums up what the fleet requires of the cluster', () => {
  const { text, objects } = written({ phase: MigrationPhase.MOVING }, 'unit-1');
  const services = objects.filter(({ kind }) => kind === 'Service').length;
  const images = objects.flatMap(({ spec }) => [...JSON.stringify(spec ?? {}).matchAll(/"image":"([^"]+)"/g)]);
  expect(text).toContain('| long-running pods | 6: 4 shards and 2 proxies;');
  expect(text).toContain(`| Services | ${services} |`);
  // Two proxies check each server ten times a second, on both sides of four shards.
  expect(text).toContain('20 per second to each old server and to each shard, 160 in all');
  for (const [, image] of images) expect(text).toContain(`\`${image}\``);
});

test('counts requests as the scheduler does', () => {
  const requests = (cpu: string, memory: string): object => ({ image: 'i', resources: { requests: { cpu, memory } } });
  const pod = {
    containers: [requests('250m', '1Gi'), requests('1', '128Mi')],
    initContainers: [requests('2', '64Mi'), requests('10m', '16Mi')],
  };
  const template = { spec: pod };
  const component = (name: string): object => ({ 'app.kubernetes.io/component': name });
  const claim = { spec: { resources: { requests: { storage: '10Gi' } } } };
  const needs = needsOf([
    { kind: 'StatefulSet', metadata: { name: 's' }, spec: { replicas: 3, template, volumeClaimTemplates: [claim] } },
    { kind: 'Deployment', metadata: { name: 'd', labels: component('proxy') }, spec: { template } },
    { kind: 'Deployment', metadata: { name: 'm', labels: component('metrics') }, spec: {} },
    {
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: { maxReplicas: 5, scaleTargetRef: { name: 'd' } },
    },
    { kind: 'Job', metadata: { name: 'j' }, spec: { template } },
  ]);
  expect(needs).toMatchObject({ pods: 9, proxies: 5, exporters: 1, cpu: 16, memory: 8 * 1152 * 2 ** 20, claims: 3 });
  expect(needs.storage).toBe(30 * 2 ** 30);
});
