// images/migrator: the files that it copies exist, and are those that the Jobs start.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { App } from 'cdk8s';
import { FleetCharts, MigrationPhase } from '../lib';
import { DEFAULT_JOB_IMAGE } from '../lib/jobs/job-options';
import { LIVE, NFS } from './lab/fleet-charts';
import { Lab } from './lab/lab';
import { type Manifest, ofKind } from './lab/synth';
import { ROOT } from './lab/synthesized';

const DOCKERFILE = fs.readFileSync(path.join(ROOT, 'images/migrator/Dockerfile'), 'utf8');
const IMAGE = 'registry.example.net/migrator:0.1.0';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

test('an image with the program replaces its ConfigMap', () => {
  const app = new App({ outdir: path.join(lab.dir, 'dist') });
  const migration = { phase: MigrationPhase.MOVING, image: IMAGE, programInImage: true };
  const proxies = { image: 'twemproxy:0.5.0' };
  const charts = new FleetCharts(app, 'unit-1', { pool: LIVE, storage: NFS, proxies, migration });
  app.synth();
  charts.writeRunbook();
  const files = fs.readdirSync(path.join(lab.dir, 'dist'));
  expect(files.filter((name) => name.includes('migrator'))).toEqual([]);
  const runbook = fs.readFileSync(path.join(lab.dir, 'dist', 'unit-1.RUNBOOK.md'), 'utf8');
  expect(runbook).not.toMatch(/46-migrator|undefined/);

  const [, sources, target] = /^COPY (.*) (\S+)$/m.exec(DOCKERFILE) ?? [];
  const copied = sources.split(' ').map((source) => {
    expect([source, fs.existsSync(path.join(ROOT, 'build', source))]).toEqual([source, true]);
    return target + path.basename(source);
  });
  for (const { spec } of ofKind(app, 'Job')) {
    const [{ image, command, volumeMounts }] = spec.template.spec.containers as Manifest[];
    expect(image).toBe(IMAGE);
    expect((volumeMounts as Manifest[]).map(({ name }) => name as string)).toEqual(['plan', 'current']);
    const started = (command as string[]).filter((word) => word.startsWith('/opt/'));
    expect(copied).toEqual(expect.arrayContaining(started));
    expect(started).toContain('/opt/migrator/migrator.mjs');
  }
});

test('it is built from the default image of the Jobs, with an unprivileged user', () => {
  expect(DOCKERFILE).toContain(`\nFROM ${DEFAULT_JOB_IMAGE}\n`);
  expect(DOCKERFILE).toMatch(/^USER \d+:\d+$/m);
});
