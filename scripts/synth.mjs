// Synthesizes the apps in the given folders. `cdk8s synth` empties its output folder before it knows whether the app
// succeeds, so it writes to another one, which takes the place of dist/ only when it is whole.

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

const CDK8S = path.resolve('node_modules/.bin/cdk8s');

// main.ts is run with the compiled library, and the migrator is bundled.
const builtAt = fs.statSync('build/lib/index.js', { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (['lib', 'migrator'].some((folder) => changedAt(folder) > builtAt)) {
  console.error('build/ is older than lib/ or migrator/; run: npm run build');
  process.exit(1);
}

for (const app of process.argv.slice(2)) {
  const [staged, dist] = ['dist.new', 'dist'].map((folder) => path.join(app, folder));
  const { status } = spawnSync(CDK8S, ['synth', '--output', 'dist.new'], {
    cwd: app,
    stdio: 'inherit',
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
  });
  if (status !== 0) {
    fs.rmSync(staged, { recursive: true, force: true });
    console.error(`${dist} is left as it was`);
    process.exit(1);
  }
  fs.rmSync(dist, { recursive: true, force: true });
  fs.renameSync(staged, dist);
  console.log(`${dist} is what was synthesized`);
}

function changedAt(folder) {
  const files = fs.readdirSync(folder, { recursive: true });
  return Math.max(...files.map((file) => fs.statSync(path.join(folder, file)).mtimeMs));
}
