import * as fs from 'node:fs';
import * as path from 'node:path';
import { Redis } from 'ioredis';
import { serversIn } from '../../cli/input/info-file';
import { HashRing, NutcrackerConfig } from '../../lib/nutcracker';
import { accepts, Lab } from '../lab/lab';
import { type Example, examplesOf, shell, UPDATE, withExamples } from '../docs/console';
import { ARTICLE, installInto, ROOT } from './program';

const lab = new Lab();
afterAll(() => lab.close());

const DOCS = path.join(ROOT, 'docs/cli.md');

/** The server behind `redis-cli -h stateful-redis-N`: server1 of the article, with a key of another shard. */
async function startShard(): Promise<string> {
  const socket = path.join(lab.dir, 'redis.sock');
  const server = lab.start('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', lab.dir]);
  await server.ready(() => accepts(socket));
  const ring = HashRing.of(NutcrackerConfig.fromFile(path.join(ROOT, ARTICLE)).pool());
  const keys = Array.from({ length: 3000 }, (_, i) => `user:${i}`);
  const own = keys.filter((key) => ring.serverFor(key).ringName === 'server1');
  const client = new Redis({ path: socket });
  await client.mset([...own, 'user:1'].flatMap((key) => [key, 'value']));
  client.disconnect();
  return socket;
}

test('every example prints the output in docs/cli.md (UPDATE_DOCS=1 writes it)', async () => {
  // The next steps of init depend on how the package was installed.
  const bin = installInto(lab);
  const socket = await startShard();
  const ownPath = process.env.PATH ?? '';
  const redisCli = [
    '#!/bin/sh',
    'case "$1 $2" in "-h stateful-redis-"[0-3]) shift 2 ;; *) exit 9 ;; esac',
    '[ "$1 $2" != "-p 6379" ] || shift 2',
    `PATH='${ownPath}' exec redis-cli -s ${socket} "$@"`,
  ];
  fs.writeFileSync(path.join(bin, 'redis-cli'), redisCli.join('\n'), { mode: 0o755 });
  const env = { ...process.env, PATH: `${bin}:${ownPath}` };

  // init writes to the current directory, so the examples run in a copy of the project.
  for (const name of ['examples', 'fleets']) fs.symlinkSync(path.join(ROOT, name), path.join(lab.dir, name));

  const text = fs.readFileSync(DOCS, 'utf8');
  const examples: Example[] = [];
  for (const { command } of examplesOf(text)) examples.push({ command, printed: await shell(command, env, lab.dir) });
  // What the command for --info has written. All of it is from one server.
  const infos = serversIn(fs.readFileSync(path.join(lab.dir, 'info.txt'), 'utf8'), 'info.txt');
  expect(infos.map(({ name }) => name)).toEqual([0, 1, 2, 3].map((n) => `stateful-redis-${n}:6379`));
  expect(infos[3].setting('client-output-buffer-limit')).toContain('slave 268435456');
  const written = withExamples(text, examples);
  if (UPDATE) fs.writeFileSync(DOCS, written);
  expect(examples.length).toBeGreaterThan(5);
  expect(text).toBe(written);
});
