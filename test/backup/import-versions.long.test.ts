// Files that other versions of Redis have left behind (versions/record.ts) are imported, and every key is compared with what was
// written.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { spawnSync } from 'node:child_process';
import { Backups, type Ran } from '../lab/backups';
import { PASSWORD } from '../lab/clients';
import { Lab } from '../lab/lab';
import { OldFiles, planOfDirectories } from '../lab/old-files';
import { Replicated } from '../lab/replicated';
import { entriesOf, expectedOf, repliesOf, send } from './versions/contents';

const DATA = path.join(__dirname, 'versions/data');
const DIRECTORIES = fs
  .readdirSync(DATA)
  .flatMap((version) => fs.readdirSync(path.join(DATA, version)).map((kind) => `${version}/${kind}`));

/** RDB files of 7.2, in an AOF also, cannot be read by older servers. */
const isNewer = (directory: string): boolean => /^7\.2.*\/(rdb|preamble)$/.test(directory);
const version = /v=([\d.]+)/.exec(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? '';
const readsAll = Number(version.split('.').slice(0, 2).join('.')) >= 7.2;

let lab: Lab;
let fleet: Replicated;
let backups: Backups;
let old: OldFiles;
beforeAll(async () => {
  lab = new Lab();
  [fleet, old] = await Promise.all([Replicated.start(lab, { shards: 1 }), OldFiles.write(lab, 2)]);
  backups = new Backups(lab, fleet, PASSWORD);
});
afterAll(async () => {
  await fleet.close();
  await lab.close();
});

async function imported(
  directories: readonly string[],
  change: (tree: string) => void = () => undefined,
): Promise<Ran> {
  const tree = fs.mkdtempSync(path.join(lab.dir, 'tree-'));
  for (const it of directories) fs.cpSync(path.join(DATA, it), path.join(tree, it), { recursive: true });
  change(tree);
  const program = await old.start(backups, ['--files', tree], {}, planOfDirectories(backups.plan, directories));
  return { code: await program.exit(), output: program.output };
}

test('the files of every version are imported, with every key, type, expiry, group and function', async () => {
  const directories = DIRECTORIES.filter((it) => readsAll || !isNewer(it));
  const { code, output } = await imported(directories);
  expect([code, output]).toEqual([0, expect.stringContaining(`is complete: ${directories.length} shards`)]);
  const [name] = backups.complete;
  for (const [shard, directory] of directories.entries()) {
    const client = await backups.loaded(name, shard);
    const entries = entriesOf(directory.split('/')[0]);
    const keys = entries.filter(({ isLibrary }) => isLibrary !== true).map(({ key }) => key);
    const found = (await send(client, ['KEYS', '*'])) as string[];
    expect([directory, found.sort()]).toEqual([directory, keys.sort()]);
    expect([directory, await repliesOf(client, entries)]).toEqual([directory, expectedOf(entries)]);
    client.disconnect();
  }
});

/** The last file of an AOF. */
function lastLog(directory: string): string {
  const inside = path.join(directory, 'appendonlydir');
  if (!fs.existsSync(inside)) return path.join(directory, 'appendonly.aof');
  return path.join(inside, fs.readdirSync(inside).find((name) => name.endsWith('.incr.aof')) ?? '');
}

test('a torn AOF of every version is refused', async () => {
  const directories = DIRECTORIES.filter((it) => !it.endsWith('/rdb') && (readsAll || !isNewer(it)));
  const { code, output } = await imported(directories, (tree) => {
    for (const it of directories) {
      const log = lastLog(path.join(tree, it));
      fs.truncateSync(log, fs.statSync(log).size - 7);
    }
  });
  expect(code).toBe(3);
  for (const [shard, directory] of directories.entries()) {
    expect(output).toMatch(
      new RegExp(`shard ${shard}: skipped: ${directory}/append.* cannot be loaded: its end is torn`),
    );
  }
});

if (!readsAll) {
  test('RDB files of a newer Redis are refused, with the version that is needed', async () => {
    const directories = DIRECTORIES.filter(isNewer);
    const { code, output } = await imported(directories);
    expect(code).toBe(3);
    for (const [shard, directory] of directories.entries()) {
      expect(output).toMatch(
        new RegExp(
          `shard ${shard}: skipped: ${directory}/.* cannot be loaded: it has version 11 of the RDB format, of Redis 7.2 or later, and the import runs ${version}: set redisImage`,
        ),
      );
    }
  });
}
