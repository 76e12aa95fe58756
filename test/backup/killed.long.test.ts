// Backups and restores that are killed at every step.

import { BACKUP_STEPS } from '../../backup/shard/fault-steps';
import { Backups } from '../lab/backups';
import { PASSWORD } from '../lab/clients';
import { keysWhere, readDataset, writeDataset } from '../lab/dataset';
import { freePort, Lab, until } from '../lab/lab';
import { Replicated } from '../lab/replicated';

const KEYS = keysWhere(() => true, 110);
const stepsOf = (command: string): string[] => BACKUP_STEPS.filter((step) => step.startsWith(`${command}.`));

let lab: Lab;
let fleet: Replicated;
let backups: Backups;
beforeAll(async () => {
  lab = new Lab();
  fleet = await Replicated.start(lab, { shards: 2 });
  for (const shard of fleet.shards) {
    await writeDataset(shard.servers.a.client, KEYS);
    await shard.replicated();
  }
  backups = new Backups(lab, fleet, PASSWORD);
});
afterAll(async () => {
  await fleet.close();
  await lab.close();
});

async function dies(step: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const program = backups.start(args, { ...env, CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGKILL` });
  expect([step, await program.exit()]).toEqual([step, null]);
}

test.each(stepsOf('backup'))('a backup that is killed at %s does not count, and its Job continues it', async (step) => {
  const env = { JOB_NAME: `unit-1-backup-${step}` };
  const before = backups.complete;
  await dies(step, ['backup', '--keep', '100'], env);
  const isComplete = step === 'backup.pruning';
  expect(backups.complete.filter((name) => !before.includes(name))).toHaveLength(isComplete ? 1 : 0);
  const { code, output } = await backups.run(['backup', '--keep', '100'], env);
  expect([code, output]).toEqual([0, expect.stringContaining('is complete: 2 shards')]);
  expect(backups.names).toEqual(backups.complete);
  expect(backups.complete).toHaveLength(before.length + (isComplete ? 2 : 1));
  const name = backups.complete[backups.complete.length - 1];
  expect(backups.files(name).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  for (const { file } of backups.manifest(name).shards) expect(backups.files(name)).toContain(file);
});

test.each(stepsOf('restore'))('a restore that is killed at %s is finished by the next one', async (step) => {
  const [{ servers }] = fleet.shards;
  const { client } = servers.a;
  const wanted = await readDataset(client, KEYS);
  await client.flushall();
  const isDiscarded = step === 'restore.discarded';
  if (isDiscarded) await client.set('other', '1');
  await fleet.shards[0].replicated();
  const port = ['--host', '127.0.0.1', '--port', String(await freePort())];
  const args = ['restore', '--shards', '0', ...port, ...(isDiscarded ? ['--discard-data'] : [])];
  await dies(step, args);
  const { code, output } = await backups.run(args);
  expect([code, output]).toEqual([0, expect.stringContaining('1 of 1 shards are restored')]);
  expect(await fleet.shards[0].roles()).toEqual(fleet.shards[0].rolesWith('a'));
  expect(await readDataset(client, KEYS)).toEqual(wanted);
  await until(
    'b has the same',
    async () => (await servers.b.client.dbsize().catch(() => 0)) === (await client.dbsize()),
  );
});
