// RUNBOOK.md: the real kubectl takes every command, as far as it goes without a cluster.

import * as fs from 'node:fs';
import * as path from 'node:path';
import pLimit from 'p-limit';
import { freePort, Lab } from './lab/lab';
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

/** What kubectl prints where no cluster answers, which it asks only when it has understood everything else. */
async function say(line: string, server: string): Promise<string> {
  const kubectl = lab.start('bash', ['-c', line], {
    cwd: DIST,
    env: { PATH: process.env.PATH, HOME: lab.dir, KUBECONFIG: server },
  });
  await kubectl.exit();
  return kubectl.output;
}

function kubeconfig(port: number): string {
  const clusters = [{ name: 'none', cluster: { server: `http://127.0.0.1:${port}` } }];
  const contexts = [{ name: 'none', context: { cluster: 'none', user: 'none' } }];
  const users = [{ name: 'none', user: {} }];
  const config = { apiVersion: 'v1', kind: 'Config', clusters, contexts, users, 'current-context': 'none' };
  return lab.write('kubeconfig', JSON.stringify(config));
}

test('kubectl takes every command, and then asks the cluster', async () => {
  const runbook = fs.readFileSync(path.join(DIST, 'unit-1.RUNBOOK.md'), 'utf8');
  const password = lab.write('password', 'secret');
  const lines = commands(runbook.replaceAll('PATH-OF-A-FILE-WITH-THE-PASSWORD', password));
  expect(lines.length).toBeGreaterThan(20);
  const server = kubeconfig(await freePort());
  const limit = pLimit(AT_ONCE);
  const said = await Promise.all(lines.map((line) => limit(async () => [line, await say(line, server)] as const)));
  expect(said.filter(([, output]) => !/connection refused|was refused/.test(output))).toEqual([]);
});

test('a command with a mistake is not taken', async () => {
  expect(await say('kubectl replace --forced -f unit-1-80-cutover.k8s.yaml', kubeconfig(await freePort()))).toContain(
    'unknown flag: --forced',
  );
});
