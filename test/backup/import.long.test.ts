// Imports that are interrupted: the program, its server, and their container.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Backups } from '../lab/backups';
import { PASSWORD } from '../lab/clients';
import { Lab, type Program, until } from '../lab/lab';
import { OldFiles, planOfDirectories } from '../lab/old-files';
import { Replicated } from '../lab/replicated';
import { ROOT } from '../lab/synthesized';

let lab: Lab;
let fleet: Replicated;
let backups: Backups;
let old: OldFiles;
beforeAll(async () => {
  lab = new Lab();
  fleet = await Replicated.start(lab, { shards: 2 });
  old = await OldFiles.write(lab, 110);
  backups = new Backups(lab, fleet, PASSWORD);
});
afterAll(async () => {
  await fleet.close();
  await lab.close();
});

const STEPS = ['import.loaded', 'import.checked', 'backup.complete'];

test.each(STEPS)('an import that is killed at %s does not count, and its Job continues it', async (step) => {
  const env = { JOB_NAME: `unit-1-import-${step}` };
  const before = backups.complete;
  const dying = await old.start(backups, [], { ...env, CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGKILL` });
  expect([step, await dying.exit()]).toEqual([step, null]);
  expect(backups.complete).toEqual(before);
  const { code, output } = await old.run(backups, [], env);
  expect([code, output]).toEqual([0, expect.stringContaining('is complete: 2 shards')]);
  const isContinued = step === 'backup.complete';
  expect(output.includes('by an earlier try')).toBe(isContinued);
});

test('a backup of the servers does not continue an import', async () => {
  const env = { JOB_NAME: 'unit-1-import', CDK8S_TWEMPROXY_SIGNAL_AT: 'backup.recorded SIGKILL' };
  await (await old.start(backups, [], env)).exit();
  const args = ['backup', '--resume', '--keep', '100'];
  expect((await backups.run(args, {}, old.planOf(backups.plan))).code).toBe(0);
  expect(backups.manifest(backups.complete.at(-1) ?? '').shards[0].role).toBe('replica');
});

test('a file that was copied again is imported again, and the first one is removed', async () => {
  const env = { JOB_NAME: 'unit-1-import-again' };
  const dying = await old.start(backups, [], { ...env, CDK8S_TWEMPROXY_SIGNAL_AT: 'backup.complete SIGKILL' });
  await dying.exit();
  const changed = old.path('redis-a:6379/dump.rdb');
  fs.utimesSync(changed, new Date(), new Date());
  const { code, output } = await old.run(backups, [], env);
  expect(code).toBe(0);
  expect(output).toMatch(/shard 0: done: .*dump\.rdb\n/);
  expect(output).toMatch(/shard 1: done: .*, by an earlier try/);
  const name = backups.complete.at(-1) ?? '';
  expect(backups.files(name).filter((file) => file.endsWith('.rdb'))).toHaveLength(2);
  old.reset();
});

test('a server that is killed, as by the kernel, is said to need more memory', async () => {
  const running = await old.start(backups, [], { CDK8S_TWEMPROXY_SIGNAL_AT: 'import.loaded SIGSTOP' });
  await until('it has loaded', () => running.isStopped);
  const slot = path.join(lab.dir, 'scratch/0');
  const [run] = fs
    .readdirSync(slot)
    .filter((name) => name.startsWith('run-') && fs.existsSync(path.join(slot, name, 'log')));
  const pid = /^(\d+):/m.exec(fs.readFileSync(path.join(slot, run, 'log'), 'utf8'))?.[1];
  process.kill(Number(pid), 'SIGKILL');
  await until('the script has seen it', () => fs.existsSync(path.join(slot, run, 'exit')));
  running.child.kill('SIGCONT');
  expect(await running.exit()).toBe(3);
  expect(running.output).toContain('the server that loads it was killed, probably since it needs more memory');
});

/** Files of Redis 2.4 to 3.2, and how many keys they have, in Debian's package of a parser (scripts/install-programs.sh). */
const REAL = '/usr/share/gocode/src/github.com/cupcake/rdb/fixtures';
const KEYS: Record<string, number> = {
  dictionary: 1,
  integer_keys: 6,
  intset_64: 1,
  keys_with_expiry: 0,
  keys_with_mixed_expiry: 4,
  rdb_v7_list_quicklist: 1,
  rdb_version_5_with_checksum: 6,
  regular_sorted_set: 1,
  ziplist_with_integers: 1,
  zipmap_with_big_values: 1,
};

test('files that old versions have written are imported', async () => {
  const names = Object.keys(KEYS);
  const real = path.join(lab.dir, 'real');
  for (const name of names) {
    fs.mkdirSync(path.join(real, name), { recursive: true });
    fs.copyFileSync(path.join(REAL, `${name}.rdb`), path.join(real, name, 'dump.rdb'));
  }
  const running = await old.start(backups, ['--files', real], {}, planOfDirectories(backups.plan, names));
  expect([await running.exit(), running.output]).toEqual([0, expect.stringContaining(`${names.length} shards`)]);
  const imported = backups.manifest(backups.complete.at(-1) ?? '').shards;
  expect(Object.fromEntries(imported.map(({ keys }, shard) => [names[shard], keys]))).toEqual(KEYS);
});

describe.each(['sh', 'busybox'])('the script of the server, run by %s', (shell) => {
  let slot: string;
  beforeEach(() => {
    slot = fs.mkdtempSync(path.join(lab.dir, 'slot-'));
  });
  const script = (): Program => {
    const file = path.join(ROOT, 'lib/scripts/scratch.sh');
    return lab.start(shell, [...(shell === 'busybox' ? ['sh'] : []), file, slot]);
  };

  test('ends when the program stands still, or is done, and says how its server has ended', async () => {
    const waiting = script();
    fs.writeFileSync(path.join(slot, 'alive'), '');
    const run = path.join(slot, 'run');
    fs.mkdirSync(run);
    fs.writeFileSync(path.join(run, 'redis.conf'), 'no such setting\n');
    fs.writeFileSync(path.join(slot, 'start'), run);
    await until('the server has exited', () => fs.existsSync(path.join(run, 'exit')));
    expect(fs.readFileSync(path.join(run, 'exit'), 'utf8')).toBe('1\n');
    expect(fs.readFileSync(path.join(run, 'log'), 'utf8')).toContain('Bad directive');
    const past = new Date(Date.now() - 600_000);
    fs.utimesSync(path.join(slot, 'alive'), past, past);
    expect([await waiting.exit(), waiting.output]).toEqual([1, 'the program has stood still for two minutes\n']);
    fs.writeFileSync(path.join(slot, 'end'), '');
    const other = script();
    expect(await other.exit()).toBe(0);
  });
});
