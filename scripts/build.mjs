// Builds what the package ships into build/: the library with jsii, and its scripts.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';

fs.rmSync('build', { recursive: true, force: true });
execFileSync('node_modules/.bin/jsii', ['--fail-on-warnings', '--silence-warnings', 'reserved-word'], {
  stdio: 'inherit',
  env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
});
fs.cpSync('lib/scripts', 'build/lib/scripts', { recursive: true });
