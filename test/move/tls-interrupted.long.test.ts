// The migrator dies at each of its steps, and so does a shard there, which follows an old server without TLS although it has TLS: another run
// finishes, and the shard follows as its master has it, also after the restart.

import { TlsPhase } from '../../lib';
import { STEPS } from '../../migrator/shard/fault-points';
import { inMatrix } from '../lab/cases';
import { Authority } from '../lab/certificates';
import { Lab } from '../lab/lab';
import { VICTIMS } from './killing';
import { Moving } from './moving';

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

async function started(): Promise<Moving> {
  const shards = new Authority(lab, 'new authority').issue(['fleet-shard-0', 'fleet-shard-1']);
  moving = await Moving.of(lab, {
    fleet: {
      tls: { phase: TlsPhase.USED, secretName: 'shards' },
      certificates: { shards },
      migration: { keepLegacyInSync: true },
    },
  });
  return moving;
}

/** Lets the migrator die at a step, and the first shard as well. */
async function dieAt(step: (typeof STEPS)[number], { move }: Moving): Promise<void> {
  const [command] = step.split('.');
  const dying = move.migratorWith({ CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGKILL` }, command);
  expect(await dying.exit()).toBeNull();
  await VICTIMS['new Redis'](move);
}

/** Whether the shards follow, or would follow, by TLS. */
async function byTls({ move: { fleet, ordinals } }: Moving): Promise<(string | undefined)[]> {
  return Promise.all(
    ordinals.map(async (ordinal) => {
      const client = fleet.shardClient(ordinal);
      const [, value] = (await client.config('GET', 'tls-replication')) as string[];
      client.disconnect();
      return value;
    }),
  );
}

const ofCommand = (...commands: string[]): (typeof STEPS)[number][] =>
  STEPS.filter((step) => commands.includes(step.split('.')[0]));

test.each(inMatrix(3, ofCommand('sync', 'cutover')))('at %s, in the first move', async (step) => {
  const running = await started();
  const isCutover = step.startsWith('cutover');
  if (isCutover) await running.move.run('sync');
  await dieAt(step, running);
  if (!isCutover) await running.finish('sync');
  await running.finish('cutover');
  expect(await running.move.run('status')).toContain('2 following');
  expect(await byTls(running)).toEqual(['yes', 'yes']);
  await running.judge();
});

// It detaches only before a cutover.
test.each(
  inMatrix(
    3,
    ofCommand('rollback').filter((step) => step !== 'rollback.detached'),
  ),
)('at %s, in the rollback, and the next move', async (step) => {
  const running = await started();
  await running.move.run('sync');
  await running.move.run('cutover');
  await dieAt(step, running);
  await running.finish('rollback');
  await running.finish('sync');
  expect(await byTls(running)).toEqual(['no', 'no']);
  await running.finish('cutover');
  expect(await running.move.run('status')).toContain('2 following');
  await running.judge();
});
