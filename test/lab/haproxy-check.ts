// Asks HAProxy whether it would start with the synthesized files of a bridge.

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** What HAProxy says; it contains "valid" if it would. @param authority the certificates in ca.crt */
export function haproxySays(files: Record<string, string>, authority = ''): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bridge-'));
  fs.writeFileSync(path.join(directory, 'ca.crt'), authority);
  for (const [name, text] of Object.entries(files)) {
    const local = text
      .replaceAll('/etc/bridge', directory)
      .replaceAll('/run/tls/ca', directory)
      // Without names, which would be resolved.
      .replace(/unit-1-(shard|sentinel)-[\w-]+:/g, '127.0.0.1:');
    fs.writeFileSync(path.join(directory, name), local);
  }
  const env = { ...process.env, REDIS_PASSWORD: 'secret', HEALTH_PORT: '8404' };
  const configs = ['haproxy.cfg', 'next.cfg'].filter((name) => name in files);
  const args = configs.flatMap((name) => ['-f', path.join(directory, name)]);
  const { stdout, stderr } = spawnSync('haproxy', ['-c', '-V', ...args], { env, encoding: 'utf8' });
  fs.rmSync(directory, { recursive: true });
  return stdout + stderr;
}
