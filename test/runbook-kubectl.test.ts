// RUNBOOK.md: the real kubectl takes every command, as far as it goes without a cluster.

import * as fs from 'node:fs';
import * as path from 'node:path';
import pLimit from 'p-limit';
import { isUnderstood, Kubectl } from './lab/kubectl';
import { Lab } from './lab/lab';
import { ROOT } from './lab/synthesized';

const DIST = path.join(ROOT, 'dist');
const AT_ONCE = 2;

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

/** What is to be typed at a shell, without what waits for its outcome. */
function commands(runbook: string): string[] {
  const lines = [...runbook.matchAll(/^(?:until )?(kubectl [^;&#]*?) *(?:[;&#].*)?$/gm)].map(([, line]) => line);
  return [...new Set(lines)];
}

test('kubectl takes every command, and then asks the cluster', async () => {
  const runbook = fs.readFileSync(path.join(DIST, 'unit-1.RUNBOOK.md'), 'utf8');
  const password = lab.write('password', 'secret');
  const lines = commands(runbook.replaceAll('PATH-OF-A-FILE-WITH-THE-PASSWORD', password));
  expect(lines.length).toBeGreaterThan(20);
  const kubectl = await Kubectl.of(lab);
  const limit = pLimit(AT_ONCE);
  const said = await Promise.all(
    lines.map((line) => limit(async () => [line, await kubectl.say(line, DIST)] as const)),
  );
  expect(said.filter(([, output]) => !isUnderstood(output))).toEqual([]);
});

test('a command with a mistake is not taken', async () => {
  const kubectl = await Kubectl.of(lab);
  const said = await kubectl.say('kubectl replace --forced -f unit-1-80-cutover.k8s.yaml', DIST);
  expect(said).toContain('unknown flag: --forced');
  expect(isUnderstood(said)).toBe(false);
});
