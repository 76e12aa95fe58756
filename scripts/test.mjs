// Runs Jest with the arguments. In CI, a file that failed runs three times more, alone, and must pass each time: real programs on a busy
// machine make a test fail now and then. It is named at the end. A lost write or a stale read gets no second try.

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const AGAIN = 3;

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'jest-'));
const report = path.join(directory, 'report.json');
const code = jest('--json', '--outputFile', report, ...process.argv.slice(2));
const results = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')).testResults : [];
fs.rmSync(directory, { recursive: true });
if (code === 0 || !process.env.CI) process.exit(code);

const failed = results.filter(({ status }) => status === 'failed');
if (failed.length === 0) process.exit(code);
const lost = failed.filter(({ message }) => isLoss(message)).map(({ name }) => path.relative('.', name));
if (lost.length > 0) {
  console.error(`\nnot run again, since it is about lost writes or stale reads: ${lost.join(', ')}`);
  process.exit(code);
}

const files = failed.map(({ name }) => path.relative('.', name));
for (let n = 1; n <= AGAIN; n++) {
  console.error(`\nagain (${n} of ${AGAIN}): ${files.join(', ')}`);
  // Without workers, Jest may wait for pipes of programs that have ended.
  const again = jest('--runInBand', '--forceExit', '--runTestsByPath', ...files);
  if (again !== 0) process.exit(again);
}
console.error(`\nUNRELIABLE, to be fixed: ${files.join(', ')} failed once, and then passed ${AGAIN} times`);

function jest(...args) {
  const { status } = spawnSync('npx', ['jest', ...args], { stdio: 'inherit' });
  return status ?? 1;
}

/** Whether the expectation that failed, or the difference that it found, is about lost writes or stale reads. */
function isLoss(message) {
  return stripVTControlCharacters(message)
    .split('\n')
    .some((line) => /^\s*[>+-]/.test(line) && /\b(lost|stale|violations?)\b/i.test(line));
}
