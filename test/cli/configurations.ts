// Small nutcracker.yml files for tests.

import { ConfigFile } from '../../cli/input/pools';
import { paintFor } from '../../cli/output/text';

export const plain = paintFor({}, {});

/** A pool with these lines and servers; the port is derived from the name. */
export function pool(name: string, servers: readonly string[], ...lines: readonly string[]): string {
  const port = 20_000 + Buffer.from(name).reduce((sum, byte) => sum + byte, 0);
  return [
    `${name}:`,
    `  listen: 127.0.0.1:${port}`,
    '  redis: true',
    '  timeout: 400',
    ...lines.map((line) => `  ${line}`),
    '  servers:',
    ...servers.map((server) => `    - ${server}`),
    '',
  ].join('\n');
}

/** `count` servers such as `10.0.0.0:6379:1 server0`. */
export function servers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `10.0.0.${i}:6379:1 server${i}`);
}

export function configFile(name: string, ...pools: readonly string[]): ConfigFile {
  return ConfigFile.of({ name, bytes: Buffer.from(pools.join('')) });
}
