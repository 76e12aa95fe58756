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

/** Whether redis-server accepts the lines. It never starts: a line that no version has follows. */
export function isAccepted(lines: string): boolean {
  const { stderr } = spawnSync('redis-server', ['-'], { input: `${lines}\nno-such-directive\n`, encoding: 'utf8' });
  const line = /at line (\d+)/.exec(stderr)?.[1];
  if (!line) throw new Error(`redis-server printed: ${stderr}`);
  return Number(line) === lines.split('\n').length + 1;
}

function pairs(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]]] : [])));
}
