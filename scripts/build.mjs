// Builds the package into build/: the library with jsii, the description of its props, its scripts, and bundles of the command
// line, of its report page, and of the programs of pods, and the dashboard, which the library reads at synth.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { bundleCli, bundlePrograms, writeDashboard } from './bundle.mjs';
import { describeProps } from './describe-props.mjs';

fs.rmSync('build', { recursive: true, force: true });
await bundlePrograms();
await writeDashboard('build/dashboards');
// Two names are reserved words in other languages. jsii renames them there: `from_` in Python, `Namespace` in C#.
execFileSync('node_modules/.bin/jsii', ['--fail-on-warnings', '--silence-warnings', 'reserved-word'], {
  stdio: 'inherit',
  env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
});
describeProps('build/lib/props.json');
fs.cpSync('lib/scripts', 'build/lib/scripts', { recursive: true });
await bundleCli('build/cli/main.js');
