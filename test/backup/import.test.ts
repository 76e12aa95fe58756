// An import writes a backup from the files of old servers, by the built program, and a restore loads it into the shards.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Backups, type Ran } from '../lab/backups';
import { everyNth } from '../lab/cases';
import { connect, PASSWORD } from '../lab/clients';
import { readDataset } from '../lab/dataset';
import { freePort, Lab } from '../lab/lab';
import { DIRECTORIES, OldFiles } from '../lab/old-files';
import { Replicated } from '../lab/replicated';

let lab: Lab;
let fleet: Replicated;
let backups: Backups;
let old: OldFiles;
beforeAll(async () => {
  lab = new Lab();
  [fleet, old] = await Promise.all([Replicated.start(lab, { shards: 2 }), OldFiles.write(lab, 220)]);
  backups = new Backups(lab, fleet, PASSWORD);
});
afterAll(async () => {
  await fleet.close();
  await lab.close();
});

const [RDB, AOF] = DIRECTORIES;

/** The imported files: their bytes and times. */
function contents(): string {
  const files = fs.readdirSync(old.tree, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
  const read = files
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .map((file) => [file, fs.statSync(file).mtimeMs, fs.readFileSync(file, 'base64')]);
  return JSON.stringify(read);
}

/** What the old server of a shard would return. */
async function served(shard: number): Promise<Record<string, unknown>> {
  const port = await freePort();
  const directory = fs.mkdtempSync(path.join(lab.dir, 'served-'));
  fs.cpSync(old.path(DIRECTORIES[shard]), directory, { recursive: true });
  const program = lab.start('redis-server', [
    '--port',
    String(port),
    '--dir',
    directory,
    '--appendonly',
    shard === 1 ? 'yes' : 'no',
  ]);
  const client = connect(port, '');
  await program.ready(() => client.ping().then(Boolean, () => false));
  const data = await readDataset(client, old.keys[shard]);
  client.disconnect();
  await program.stop('SIGKILL');
  return data;
}

test('the files of old servers become a backup, which empty shards are restored from; the files do not change', async () => {
  const before = contents();
  const shown = await old.run(backups, ['--check']);
  expect([shown.code, shown.output]).toEqual([0, expect.stringContaining('2 of 2 shards are found')]);
  expect(shown.output).toMatch(/Z shard 0 from redis-a:6379\/dump\.rdb: RDB, [\d.]+ KiB, written 2/m);
  expect(shown.output).toMatch(/Z shard 1 from redis-b\/6379\/append.*: AOF, [\d.]+ MiB, written 2/m);
  expect(backups.names).toEqual([]);
  const { code, output } = await old.run(backups);
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/is complete: 2 shards, .*\nrestore it to the empty shards/),
  ]);
  expect(await old.scriptEnded()).toBe(0);
  expect(contents()).toBe(before);
  const [name] = backups.complete;
  const { shards } = backups.manifest(name);
  expect(shards.map(({ server, role }) => [server, role])).toEqual([
    [`${RDB}/dump.rdb`, 'file'],
    [expect.stringContaining(`${AOF}/append`), 'file'],
  ]);
  const restored = ['restore', '--from', name, '--host', '127.0.0.1', '--port', String(await freePort())];
  const plan = old.planOf(backups.plan);
  expect(await backups.run([...restored, '--concurrency', '1'], {}, plan)).toMatchObject({ code: 0 });
  for (const shard of [0, 1]) {
    const data = await readDataset(fleet.shards[shard].servers.a.client, old.keys[shard]);
    expect(data).toEqual(await served(shard));
  }
  expect(await fleet.shards[0].roles()).toEqual(fleet.shards[0].rolesWith('a'));
});

/** Nothing may be restored from it. */
async function refused(): Promise<Ran> {
  const before = backups.complete;
  const ran = await old.run(backups);
  expect(backups.complete).toEqual(before);
  old.reset();
  return ran;
}

/** Files of which it is clear before a server is started that they cannot be imported. */
const UNCLEAR: Record<string, [change: () => void, message: string | RegExp]> = {
  'a directory that is missing': [
    () => {
      fs.rmSync(old.path(RDB), { recursive: true });
    },
    /shard 0 \(p\/redis-a\): has no directory in .*; copy the files of its server to redis-a:6379 or redis-a\/6379/,
  ],
  'a directory of no shard': [
    () => {
      fs.cpSync(old.path(RDB), old.path('dc-1/redis-z/6379'), { recursive: true });
    },
    'dc-1/redis-z/6379 has files of a Redis server, but no shard has this directory',
  ],
  'two directories of a shard': [
    () => {
      fs.cpSync(old.path(RDB), old.path('redis-a/6379'), { recursive: true });
    },
    'has several directories: redis-a/6379, redis-a:6379; leave only one',
  ],
  'an RDB file and an AOF': [
    () => {
      fs.copyFileSync(old.path(RDB, 'dump.rdb'), old.path(AOF, 'dump.rdb'));
    },
    /redis-b\/6379 has dump\.rdb and append\w+(\.aof)?, and nothing says which of them the server used/,
  ],
  'no AOF, although it was on': [
    () => {
      fs.writeFileSync(old.path(RDB, 'redis.conf'), 'appendonly yes\n');
    },
    'redis-a:6379 has no appendonlydir and no appendonly.aof; copy it, or put the redis.conf',
  ],
  'a redis.conf that includes another': [
    () => {
      fs.writeFileSync(old.path(RDB, '6379.conf'), '\ninclude /etc/redis/common.conf\n');
    },
    'redis-a:6379/6379.conf:2 includes another file; write its settings into this one',
  ],
};

test.each(everyNth(2, Object.keys(UNCLEAR)))('%s is refused, and nothing is written', async (name) => {
  const [change, message] = UNCLEAR[name];
  change();
  const names = backups.names;
  const { code, output } = await refused();
  expect([code, output]).toEqual([3, expect.stringMatching(message)]);
  expect(output).toContain('nothing was imported');
  expect(backups.names).toEqual(names);
});

test('a redis.conf says which files were used, and under which names', async () => {
  fs.renameSync(old.path(RDB, 'dump.rdb'), old.path(RDB, 'a.rdb'));
  fs.writeFileSync(old.path(RDB, 'a.conf'), 'dbfilename "a.rdb"\nappendonly no\n');
  fs.writeFileSync(old.path(RDB, 'appendonly.aof'), 'of an earlier time');
  fs.copyFileSync(old.path(RDB, 'a.rdb'), old.path(AOF, 'dump.rdb'));
  fs.writeFileSync(old.path(AOF, 'b.conf'), 'appendonly no\nappendonly yes\n');
  const { output } = await old.run(backups, ['--check']);
  old.reset();
  expect(output).toMatch(/Z shard 0 from redis-a:6379\/a\.rdb: RDB/m);
  expect(output).toMatch(/Z shard 1 from redis-b\/6379\/append.*: AOF/m);
});

/** Changes a byte, from the end. */
function damage(file: string, at: number, byte = 0x5a): void {
  const bytes = fs.readFileSync(file);
  bytes[bytes.length - at] ^= byte;
  fs.writeFileSync(file, bytes);
}

/** A server loads the RDB file of shard 0, and the AOF of shard 1, and they are refused. */
const DAMAGED: Record<string, [change: () => void, rdb: string | RegExp, aof: string | RegExp]> = {
  'a damaged RDB file and a torn AOF': [
    () => {
      damage(old.path(RDB, 'dump.rdb'), 4);
      fs.truncateSync(old.lastLog, fs.statSync(old.lastLog).size - 5);
    },
    /redis-a:6379\/dump\.rdb cannot be loaded: it is damaged, or no RDB file: redis-check-rdb .* shows where; copy it again.*CRC/i,
    /redis-b\/6379\/append.* cannot be loaded: its end is torn, as after a crash: redis-check-aof .*Unexpected end of file/,
  ],
  'an RDB file of a later version and a damaged AOF': [
    () => {
      fs.writeFileSync(old.path(RDB, 'dump.rdb'), 'REDIS0099');
      fs.appendFileSync(old.lastLog, 'SET without a length\r\n');
    },
    /it has version 99 of the RDB format, of a newer release, and the import runs 7\S*: set redisImage.*Can't handle RDB format version 99/,
    /cannot be loaded: it is damaged: redis-check-aof .* shows where.*Bad file format/,
  ],
  'half an RDB file and an AOF with a renamed command': [
    () => {
      fs.truncateSync(old.path(RDB, 'dump.rdb'), 5000);
      fs.appendFileSync(old.lastLog, '*1\r\n$7\r\nsecret1\r\n');
    },
    /it is damaged, or no RDB file: redis-check-rdb redis-a:6379\/dump\.rdb shows where.*RDB/,
    /a command that the old server had renamed.*put the redis\.conf.*Unknown command 'secret1'/,
  ],
  'files of each other': [
    () => {
      fs.renameSync(old.path(RDB), old.path('x'));
      fs.renameSync(old.path(AOF), old.path(RDB));
      fs.renameSync(old.path('x'), old.path(AOF));
    },
    /redis-a:6379\/append.* holds keys of shard 1 \(p\/redis-b\): \d+ of its \d+ keys belong there/,
    /redis-b\/6379\/dump\.rdb holds keys of shard 0 \(p\/redis-a\): \d+ of its \d+ keys belong there/,
  ],
};

test.each(everyNth(3, Object.keys(DAMAGED)))('%s are refused', async (name) => {
  const [change, rdb, aof] = DAMAGED[name];
  change();
  const { code, output } = await refused();
  expect(code).toBe(3);
  const [first, second] = [0, 1].map((shard) => new RegExp(`^.*shard ${shard}: skipped: .*$`, 'm').exec(output)?.[0]);
  expect(first).toMatch(rdb);
  expect(second).toMatch(aof);
});

test('keys in a database that no pool uses are refused', async () => {
  const port = await freePort();
  const program = lab.start('redis-server', [
    '--port',
    String(port),
    '--dir',
    old.path(RDB),
    '--save',
    '',
    '--databases',
    '64',
  ]);
  const client = connect(port, '', { db: 40 });
  await program.ready(() => client.set('elsewhere', '1').then(Boolean, () => false));
  await client.call('SHUTDOWN', 'SAVE').catch(() => undefined);
  client.disconnect();
  await program.exit();
  const { code, output } = await refused();
  expect([code, output]).toEqual([
    3,
    expect.stringContaining('redis-a:6379/dump.rdb has 1 key in database 40, and the pools use database 0'),
  ]);
});

test('a renamed command is known from redis.conf', async () => {
  fs.appendFileSync(old.lastLog, '*1\r\n$7\r\nsecret1\r\n');
  fs.writeFileSync(
    old.path(AOF, 'redis.conf'),
    'appendonly yes\nrename-command FLUSHALL secret1\nrename-command INFO x\n',
  );
  const { code, output } = await old.run(backups);
  old.reset();
  expect([code, output]).toEqual([0, expect.stringMatching(/shard 1: done: .*, 0 keys of redis-b/)]);
});
