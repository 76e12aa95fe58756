// The cost of the probes of a shard inside its container: npx tsx bench/probes.ts (after npm run build). The cost of kubelet to
// start them in the container is not included; it can be measured only in a cluster.

import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { accepts, freePort, type Lab } from '../test/lab/lab';
import { runParts } from './parts';
import { heading, row } from './table';

const ROUNDS = 200;
const SCRIPT = path.join(__dirname, '..', 'lib', 'scripts', 'probe.sh');

async function probes(lab: Lab): Promise<void> {
  const port = await freePort();
  const server = lab.start('redis-server', ['--port', String(port), '--save', '']);
  await server.ready(() => accepts(port));
  heading('In the container, each time', 'CPU');
  for (const [what, command] of [
    ['probe.sh: sh and redis-cli', `sh ${SCRIPT} ready`],
    ['redis-cli alone', `redis-cli -p ${port} ping`],
    ['sh alone', 'sh -c :'],
    ['bash alone', 'bash -c :'],
  ]) {
    row(`  ${what}`, `${cpuOf(command, port).toFixed(1)} ms`);
  }
}

/** The CPU time of a command and its children in milliseconds, from the shell's `times`. */
function cpuOf(command: string, port: number): number {
  const loop = `n=0; while [ $n -lt ${ROUNDS} ]; do ${command} >/dev/null; n=$((n + 1)); done; times`;
  const { stdout } = spawnSync('sh', ['-c', loop], {
    encoding: 'utf8',
    env: { ...process.env, REDIS_PORT: String(port) },
  });
  const [, children] = stdout.trim().split('\n').slice(-2);
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  return (1000 * seconds.reduce((a, b) => a + b)) / ROUNDS;
}

void runParts({ probes }, process.argv.slice(2), ['redis-server -v', 'redis-cli -v']);
