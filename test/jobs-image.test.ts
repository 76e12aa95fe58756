// images/jobs: the files that it copies exist, and are those that the Jobs start.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { App } from 'cdk8s';
import { FleetCharts, type FleetChartsProps, MigrationPhase, ReshardPhase } from '../lib';
import { DEFAULT_JOB_IMAGE } from '../lib/jobs/job-options';
import { changed, LIVE, NFS } from './lab/fleet-charts';
import { Lab } from './lab/lab';
import { type Manifest, ofKind } from './lab/synth';
import { ROOT } from './lab/synthesized';

const DOCKERFILE = fs.readFileSync(path.join(ROOT, 'images/jobs/Dockerfile'), 'utf8');
const IN_IMAGE = { image: 'registry.example.net/fleet-jobs:0.1.0', programInImage: true };

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

/** The files in the image. As in docker, a target with several sources is a directory. */
function copied(): string[] {
  return [...DOCKERFILE.matchAll(/^COPY (.*) (\S+)$/gm)].flatMap(([, sources, target]) =>
    sources.split(' ').map((source) => {
      expect([source, fs.existsSync(path.join(ROOT, 'build', source))]).toEqual([source, true]);
      return target.endsWith('/') ? target + path.basename(source) : target;
    }),
  );
}

test.each<[string, string, Partial<FleetChartsProps>]>([
  ['migrator', '46-migrator', { migration: { phase: MigrationPhase.MOVING, ...IN_IMAGE } }],
  ['failover', '43-failover-program', { redis: { replicas: 1 }, failover: IN_IMAGE }],
  ['backup', '47-backup-program', { backup: { claimName: 'backups', ...IN_IMAGE } }],
  [
    'passwords',
    '48-passwords-program',
    { password: { name: 'unit-1-redis', secondKey: 'second' }, passwords: IN_IMAGE },
  ],
  [
    'reshard',
    '46-reshard-program',
    { reshard: { pools: [changed({ servers: LIVE.servers.slice(1) })], phase: ReshardPhase.RESHARDING, ...IN_IMAGE } },
  ],
])('an image with the program %s replaces its ConfigMap', (name, chart, props) => {
  const app = new App({ outdir: path.join(lab.dir, 'dist') });
  const proxies = { image: 'twemproxy:0.5.0' };
  const charts = new FleetCharts(app, 'unit-1', { pool: LIVE, storage: NFS, proxies, ...props });
  app.synth();
  expect(fs.readdirSync(path.join(lab.dir, 'dist')).filter((file) => file.includes(chart))).toEqual([]);
  const runbook = path.join(lab.dir, 'dist', 'unit-1.RUNBOOK.md');
  if (props.migration !== undefined) {
    charts.writeRunbook();
    expect(fs.readFileSync(runbook, 'utf8')).not.toMatch(/46-migrator|undefined/);
  }

  const cronJobs = ofKind(app, 'CronJob').map(({ spec }) => spec.jobTemplate as Manifest);
  const jobs = [...ofKind(app, 'Job'), ...cronJobs];
  expect(jobs).not.toEqual([]);
  for (const { spec } of jobs) {
    const [{ image, command, volumeMounts }] = spec.template.spec.containers as Manifest[];
    expect(image).toBe(IN_IMAGE.image);
    const mounted = (volumeMounts as Manifest[]).map((mount) => mount.name as string);
    expect(mounted.filter((mount) => mount !== 'backups' && mount !== 'current')).toEqual(['plan']);
    const started = (command as string[]).filter((word) => word.startsWith('/opt/'));
    expect(copied()).toEqual(expect.arrayContaining(started));
    expect(started).toContain(`/opt/${name}/${name}.mjs`);
  }
});

test('it is built from the default image of the Jobs, with an unprivileged user', () => {
  expect(DOCKERFILE).toContain(`\nFROM ${DEFAULT_JOB_IMAGE}\n`);
  expect(DOCKERFILE).toMatch(/^USER \d+:\d+$/m);
});
