// A fleet whose redis.conf renames commands, from init to the end of the cutover, with the files of init and the Secret of
// its README.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { AppendFsync, RedisConfig } from '../../lib';
import { start } from '../cli/commands/init/starting';
import { pool } from '../cli/configurations';
import { Lab } from '../lab/lab';
import { moved, Moving } from './moving';

let lab: Lab;
let moving: Moving | undefined;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  await moving?.close();
  await lab.close();
});

const LINES = [
  ...['requirepass s3cret', 'appendonly yes', 'save 900 1', 'maxmemory 100mb'],
  ...['rename-command CONFIG hidden-config-8f2', 'rename-command FLUSHALL ""'],
];

test('it migrates with the files and commands of init', async () => {
  const redisConf = lab.write('redis.conf', `${LINES.join('\n')}\n`);
  const directory = path.join(lab.dir, 'repo');
  const { lines: printed } = await start(pool('shop', ['127.0.0.1:7101:1 a', '127.0.0.1:7102:1 b']), {
    directory,
    redisConf,
  });
  const [, command] = /^ *(grep .*redis\.conf) \| kubectl .*create secret/m.exec(printed.join('\n')) ?? [];
  const renamedCommands = execFileSync('sh', ['-c', command], { cwd: lab.dir, encoding: 'utf8' });
  const inRepository = path.join(directory, 'fleets/shop/redis.conf');
  expect(fs.readFileSync(inRepository, 'utf8')).not.toContain('hidden-');

  const config = RedisConfig.fromFile(inRepository, { appendfsync: AppendFsync.ALWAYS });
  moving = await Moving.of(lab, {
    directives: () => [['rename-command', 'CONFIG', 'hidden-config-8f2']],
    renamedCommands,
    fleet: { redis: { config }, migration: { renamedCommands: { name: 'shop-renamed-commands' } } },
  });
  const { move } = moving;
  for (const step of ['preflight', 'sync', 'verify', 'cutover']) {
    expect(await move.run(step)).not.toContain('hidden-');
  }
  expect(await move.roles()).toEqual(moved(move));
  await moving.judge();
});
