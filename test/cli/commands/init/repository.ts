// Input for repositories that the packed program creates, and commands to run in them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Lab } from '../../../lab/lab';
import { ROOT } from '../../../lab/synthesized';
import { pool } from '../../configurations';

export const PROXY = ['--proxy-image', 'registry.example.net/twemproxy:0.5.0', '--proxy-networks', '10.20.64.0/20'];
export const NFS = ['--nfs-server', 'nfs.example.net', '--nfs-path', '/export/unit-1'];

/** The arguments of init for the fleet of this repository. */
export const UNIT_1 = [
  ...[path.join(ROOT, 'fleets/unit-1/nutcracker.yml'), '--redis-conf', path.join(ROOT, 'fleets/unit-1/redis.conf')],
  ...['--fleet', 'unit-1', ...NFS, ...PROXY],
];

/** One server with modula, a proxy on a socket, a second pool, and names with special characters. */
export function oddFleet(lab: Lab): string[] {
  const odd = [`"it's \\"1\\" \${of} them":`, '  listen: /run/nutcracker.sock 660', '  redis: true'];
  const lines = [
    '  redis_auth: "{s3cret}"',
    '  distribution: modula',
    '  hash: hsieh',
    '  hash_tag: "\'\'"',
    '  servers:',
  ];
  const text = [...odd, ...lines, `    - "[::1:2]:06379:7 it's\\"\\\\"`, pool('beta', ['b:1:1'])].join('\n');
  const name = `it's "1" \${of} them`;
  return [lab.write('odd.yml', text), '--pool', name, '--storage-class', 'fast', '--proxy-image', 'proxy:1'];
}

/** Close to the maximum number of servers of a bridge, most of them unnamed. */
export function largeFleet(lab: Lab): string[] {
  const servers = Array.from(
    { length: 650 },
    (_, i) => `redis-${i}.example.net:6379:${1 + (i % 5)}${i % 3 ? '' : ` s${i}`}`,
  );
  return [lab.write('large.yml', pool('0_Large', servers, 'hash: murmur')), ...NFS, ...PROXY];
}

/** Git sets these for its hooks. They would point to this repository instead of that of the test. */
const NO_HOOK = {
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_OBJECT_DIRECTORY: undefined,
};

/** Runs a command in a repository; returns its exit code and output. */
export async function runIn(directory: string, command: string, env: Record<string, string> = {}) {
  const all = { ...process.env, ...NO_HOOK, ...env, CI: 'true' };
  const child = spawn('sh', ['-ec', command], { cwd: directory, env: all });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** Replaces text in a file; throws if the file does not have it. */
export function edit(directory: string, file: string, before: string, after: string): void {
  const name = path.join(directory, file);
  const text = fs.readFileSync(name, 'utf8');
  if (!text.includes(before)) throw new Error(`${file} has no ${before}`);
  fs.writeFileSync(name, text.replace(before, after));
}
