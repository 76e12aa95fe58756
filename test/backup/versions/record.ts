// Writes the files that a version of Redis leaves behind, for import-versions.long.test.ts: OLD_REDIS_SERVER=/path/to/redis-server npx tsx
// test/backup/versions/record.ts. They are committed, since no package has these versions.

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { connect } from '../../lab/clients';
import { freePort, Lab, until } from '../../lab/lab';
import { EXPIRED, entriesOf, LIMITS, send } from './contents';

const PROGRAM = process.env.OLD_REDIS_SERVER ?? 'redis-server';

/** The settings with which a server leaves each kind of file. */
const KINDS: Readonly<Record<string, { readonly appendonly: string; readonly preamble: string }>> = {
  rdb: { appendonly: 'no', preamble: 'no' },
  aof: { appendonly: 'yes', preamble: 'no' },
  preamble: { appendonly: 'yes', preamble: 'yes' },
};

async function record(lab: Lab, version: string, kind: string): Promise<void> {
  const directory = path.join(lab.dir, kind);
  fs.mkdirSync(directory);
  const port = await freePort();
  const program = lab.start(PROGRAM, ['--port', String(port), '--dir', directory, '--save', '']);
  const client = connect(port, '');
  await program.ready(() => client.ping().then(Boolean, () => false));
  const known = async (name: string, value: string): Promise<boolean> =>
    client.config('SET', name, value).then(
      () => true,
      () => false,
    );
  for (const limit of LIMITS) await known(...limit);
  const { appendonly, preamble } = KINDS[kind];
  const hasPreambles = await known('aof-use-rdb-preamble', preamble);
  await client.config('SET', 'appendonly', appendonly);
  const entries = entriesOf(version);
  // Streams are in the base of one kind, and in the later commands of the other one.
  if (kind === 'preamble') entries.reverse();
  const write = async (from: number, to: number): Promise<void> => {
    for (const command of entries.slice(from, to).flatMap((it) => it.write)) await send(client, command);
  };
  await write(0, entries.length / 2);
  if (appendonly === 'yes') {
    const done = /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/;
    await info('the AOF is begun', done);
    await client.bgrewriteaof();
    await info('the AOF is rewritten', done);
  }
  await write(entries.length / 2, entries.length);
  await send(client, EXPIRED);
  // Redis 2.8 does not write its buffer when it shuts down while the disk is busy.
  if (appendonly === 'yes') await info('the AOF is written', /aof_buffer_length:0\r/);
  await client.call('SHUTDOWN', appendonly === 'yes' ? 'NOSAVE' : 'SAVE').catch(() => undefined);
  client.disconnect();
  await program.exit();
  if (!hasPreambles && kind === 'preamble') return;
  const target = path.join(__dirname, 'data', version, kind);
  fs.rmSync(target, { recursive: true, force: true });
  fs.cpSync(directory, target, { recursive: true });

  async function info(what: string, pattern: RegExp): Promise<void> {
    await until(what, async () => pattern.test(await client.info()));
  }
}

async function main(): Promise<void> {
  const { stdout } = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' });
  const version = /v=([\d.]+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`${PROGRAM} says no version: ${stdout}`);
  const lab = new Lab();
  try {
    for (const kind of Object.keys(KINDS)) await record(lab, version, kind);
  } finally {
    await lab.close();
  }
}

void main();
