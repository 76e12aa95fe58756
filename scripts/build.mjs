// Builds what the package ships into build/: the library with jsii, what its props are, its scripts, and in one file each the command line, the
// page that it draws, and the migrator, which the library reads at synth.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { bundleCli, bundleMigrator } from './bundle.mjs';
import { describeProps } from './describe-props.mjs';

fs.rmSync('build', { recursive: true, force: true });
await bundleMigrator();
// Two names are words of another language, and jsii gives each a form there: `from_` in Python, `Namespace` in C#.
execFileSync('node_modules/.bin/jsii', ['--fail-on-warnings', '--silence-warnings', 'reserved-word'], {
  stdio: 'inherit',
  env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
});
describeProps('build/lib/props.json');
fs.cpSync('lib/scripts', 'build/lib/scripts', { recursive: true });
await bundleCli('build/cli/main.js');
