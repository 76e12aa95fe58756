// Asks HAProxy whether it would start with the synthesized files of a bridge, and for its metrics.

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

/** The handshakes with servers in the last second that began a session. */
export const FULL_HANDSHAKES = 'haproxy_process_current_backend_ssl_key_rate';

/** The value of a metric of a HAProxy whose health endpoint is at this port. */
export async function haproxyMetric(healthPort: number, name: string): Promise<string | undefined> {
  const text = await fetch(`http://127.0.0.1:${healthPort}/metrics`).then((it) => it.text());
  const line = text.split('\n').find((it) => it.startsWith(`${name} `));
  return line?.slice(name.length + 1);
}
