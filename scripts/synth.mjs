// Synthesizes the apps in the given directories. `cdk8s synth` empties its output directory before the app runs, so this writes to
// dist.new/, which replaces dist/ only if the synth and the type check succeed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';

const CDK8S = path.resolve('node_modules/.bin/cdk8s');

// Apps run with the compiled library and the bundled migrator.
const builtAt = fs.statSync('build/lib/index.js', { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (['lib', 'migrator'].some((directory) => changedAt(directory) > builtAt)) {
  console.error('build/ is older than lib/ or migrator/; run: npm run build');
  process.exit(1);
}

/** The native compiler; if it is not installed, the JavaScript one, which takes three seconds. */
const TSC = ['typescript-7', 'typescript']
  .map((name) => path.resolve('node_modules', name, 'bin/tsc'))
  .find((file) => fs.existsSync(file));

const apps = process.argv.slice(2);
// esbuild and tsx do not check types, so tsc does, in parallel.
const projects = [...new Set(apps.flatMap(projectOf))];
const types = new Map(projects.map((project) => [project, run(process.execPath, [TSC, '-p', project])]));
for (const app of apps) {
  const [staged, dist] = ['dist.new', 'dist'].map((directory) => path.join(app, directory));
  const synth = run(CDK8S, ['synth', '--output', 'dist.new'], {
    cwd: app,
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
  });
  const [project] = projectOf(app);
  const done = await Promise.all([synth, types.get(project) ?? true]);
  if (done.includes(false)) {
    fs.rmSync(staged, { recursive: true, force: true });
    console.error(`${dist} is unchanged`);
    process.exit(1);
  }
  fs.rmSync(dist, { recursive: true, force: true });
  fs.renameSync(staged, dist);
  console.log(`${dist} written`);
}

/** The tsconfig.json of an app; none for an app in JavaScript. */
function projectOf(app) {
  if (!fs.existsSync(path.join(app, 'main.ts'))) return [];
  const own = path.join(app, 'tsconfig.json');
  return [app !== '.' && fs.existsSync(own) ? own : 'tsconfig.synth.json'];
}

/** Runs a program; whether its exit code is 0. */
async function run(command, args, options = {}) {
  const [status] = await once(spawn(command, args, { stdio: 'inherit', ...options }), 'close');
  return status === 0;
}

function changedAt(directory) {
  const files = fs.readdirSync(directory, { recursive: true });
  return Math.max(...files.map((file) => fs.statSync(path.join(directory, file)).mtimeMs));
}
