// Runs the real redis-server on a configuration.

import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { Redis } from 'ioredis';
import { accepts, type Lab } from '../lab/lab';

let servers = 0;

/** Runs a function with a client of a server on the configuration. Throws the output of a server that does not start. */
export async function withServer<T>(lab: Lab, configuration: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const name = `server-${++servers}`;
  const socket = path.join(lab.dir, `${name}.sock`);
  // The last line wins: the server must not listen or write anywhere else.
  const own = `dir ${lab.dir}\nport 0\nunixsocket ${socket}\nappenddirname ${name}\ndaemonize no\nlogfile ""\npidfile ""\n`;
  const file = lab.write(`${name}.conf`, `${configuration}\n${own}`);
  const server = lab.start('redis-server', [file]);
  await server.ready(() => accepts(socket));
  const client = new Redis({ path: socket });
  try {
    return await use(client);
  } finally {
    client.disconnect();
    await server.stop('SIGKILL');
  }
}

/** All of CONFIG GET. */
export async function configOf(lab: Lab, configuration: string): Promise<Record<string, string>> {
  return withServer(lab, configuration, async (client) => pairs((await client.config('GET', '*')) as string[]));
}

/**
 * Which of the lines redis-server accepts, each by itself. It never starts: a line that no version has follows. One shell
 * runs them all, because each start of a program from a process of Jest's size takes 20 times as long.
 */
export function whichAreAccepted(lines: readonly string[]): boolean[] {
  const script = 'while IFS= read -r line; do printf "%s\\nno-such-directive\\n" "$line" | redis-server - 2>&1; done';
  const input = lines.map((line) => `${line}\n`).join('');
  const { stdout } = spawnSync('sh', ['-c', script], { input, encoding: 'utf8', maxBuffer: Infinity });
  const verdicts = [...stdout.matchAll(/at line (\d+)/g)].map(([, line]) => line === '2');
  if (verdicts.length !== lines.length) throw new Error(`redis-server printed: ${stdout}`);
  return verdicts;
}

function pairs(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]]] : [])));
}
