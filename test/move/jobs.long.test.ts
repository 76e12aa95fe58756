// The Jobs of a migration as Kubernetes runs them: what they do by themselves, and what only an operator starts.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathOfDyingNode } from '../lab/dying-node';
import { Lab, until } from '../lab/lab';
import { type LabPod } from '../lab/pod';
import { FINAL_EXIT_CODES } from '../../lib/jobs/step';
import { moved, Moving, untouched } from './moving';

let lab: Lab;
let moving: Moving | undefined;
beforeEach(() => {
  lab = new Lab();
  moving = undefined;
});
afterEach(async () => {
  await moving?.close();
  await lab.close();
});

/** Runs the pod to its end, and returns its exit code and output. */
async function ended(pod: LabPod): Promise<{ code: number | null; output: string }> {
  const program = await pod.start();
  return { code: await program.exit(), output: program.output };
}

test.each([[['--canary', '--watch', '1']], [[]]])(
  'a refused cutover %j is not retried, and does not change the refused shards',
  async (stepArguments: string[]) => {
    const migration = { stepArguments: { cutover: stepArguments } };
    moving = await Moving.of(lab, { servers: 3, fleet: { migration } });
    const { move } = moving;
    await move.run('sync');
    const client = await move.unexpectedClient(0);
    const { code, output } = await ended(move.fleet.jobPod('cutover'));
    expect(FINAL_EXIT_CODES).toContain(code);
    expect(output).toContain('shard 0 was skipped: unexpected clients are connected');
    client.destroy();
    const after = await move.roles();
    expect(after[0]).toEqual(untouched(move)[0]);
    if (stepArguments.length > 0) expect(after).toEqual(untouched(move));
    await moving.judge();
  },
);

test('a replaced Job does nothing when Kubernetes retries it, and the new one does its work', async () => {
  moving = await Moving.of(lab);
  const { move } = moving;
  await move.run('sync');
  const old = move.fleet;
  const changed = old.with({ migration: { proxyNetworks: ['127.0.0.0/16'], syncsPerSourceHost: 8 } });
  expect(changed.jobName('cutover')).not.toBe(old.jobName('cutover'));
  // The applied plan is the new one: a retry of the old Job mounts the new ConfigMap.
  const retry = old.jobPod('cutover');
  const current = path.join(retry.directory('/etc/migration-current'), 'cutover');
  fs.writeFileSync(current, `${changed.jobName('cutover')}\n`);
  const { code, output } = await ended(retry);
  expect(FINAL_EXIT_CODES).toContain(code);
  expect(output).toContain(
    `this is the Job ${old.jobName('cutover')}, but the applied plan names ${changed.jobName('cutover')}`,
  );
  expect(await move.roles()).toEqual(untouched(move));

  expect(await ended(changed.jobPod('cutover'))).toMatchObject({ code: 0 });
  expect(await move.roles()).toEqual(moved(move));
  expect(await ended(retry)).toMatchObject({ code: 3 });
  await moving.judge();
});

test('a Job that is replaced while it runs starts no other shard', async () => {
  moving = await Moving.of(lab, { fleet: { migration: { cutoverConcurrency: 1 } } });
  const { move } = moving;
  await move.run('sync');
  const current = lab.write('current', 'this-one');
  const env = { CDK8S_TWEMPROXY_SIGNAL_AT: 'cutover.checked SIGSTOP', JOB_NAME: 'this-one' };
  const program = move.migratorWith(env, 'cutover', '--current', current);
  await until('it is stopped', () => program.isStopped);
  fs.writeFileSync(current, 'another');
  program.child.kill('SIGCONT');
  expect(await program.exit()).toBe(3);
  expect(program.output).toContain('shard 1 was skipped: not started: this is the Job this-one');
  expect(await move.roles()).toEqual([moved(move)[0], untouched(move)[1]]);
  await moving.judge();
});

test('a migrator that finds one with another plan is not retried', async () => {
  moving = await Moving.of(lab, { servers: 1 });
  const { move } = moving;
  await move.run('sync');
  const stopped = await moving.stopAt('cutover.locked');
  const plan = JSON.parse(fs.readFileSync(move.fleet.planFile(), 'utf8')) as object;
  const other = lab.write('other.json', JSON.stringify({ ...plan, keepLegacyInSync: true }));
  const second = move.migrator('cutover', '--plan', other);
  expect(await second.exit()).toBe(3);
  expect(second.output).toContain('a program with another plan is working on it');
  expect(await stopped.resume()).toBe(0);
  expect(await move.roles()).toEqual(moved(move));
  await moving.judge();
}, 60_000);

test.each(['cutover.demoted', 'cutover.promoted'] as const)(
  'a migrator that is killed at %s is restarted in its pod, and finishes',
  async (step) => {
    moving = await Moving.of(lab);
    const { move } = moving;
    await move.run('sync');
    const { code, output } = await ended(move.fleet.jobPod('cutover').with({ path: pathOfDyingNode(lab, step) }));
    expect([code, output]).toEqual([0, expect.stringContaining('exited with code 137; restarting it (try 2 of 5)')]);
    expect(await move.roles()).toEqual(moved(move));
    await moving.judge();
  },
);

test('a Job that is started for some shards does no more when it runs again', async () => {
  moving = await Moving.of(lab, { servers: 3 });
  const { move } = moving;
  await move.run('sync');
  for (let run = 0; run < 2; run++) {
    const program = move.migratorWith({ MIGRATOR_SHARDS: '34%' }, 'cutover');
    expect(await program.exit()).toBe(0);
    expect(program.output).toContain('2 of 2 shards are on their new servers');
  }
  expect(await move.roles()).toEqual([...moved(move).slice(0, 2), untouched(move)[2]]);
  const both = move.migratorWith({ MIGRATOR_SHARDS: '1' }, 'cutover', '--shards', '0-2');
  expect(await both.exit()).toBe(2);
  expect(both.output).toContain('--shards 0-2 and MIGRATOR_SHARDS=1 both select shards');
  await moving.judge();
});
