// The migrator dies, or stops, at each of its steps under load: each shard is then served by one server or by none, and
// another run finishes.

import { STEPS } from '../../migrator/shard/fault-points';
import { everyNth, IS_LONG, longTest } from '../lab/cases';
import { describe as inWords } from '../lab/history';
import { Lab, until } from '../lab/lab';
import { LabMove, type LabMoveProps } from '../lab/move';
import { SplitBrainObserver } from '../lab/split-brain-observer';

let lab: Lab;
let move: LabMove;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  await move.close();
  await lab.close();
});

const PROPS: LabMoveProps = { servers: 2, directives: () => [['repl-diskless-sync-delay', '0']] };

const LOAD = { clients: 8, operationsPerSecond: 2000 };

const HOLDS = ['pause', 'fence'];

/** In the quick tests, only the step between the demotion and the promotion. */
const ON_THE_WAY = STEPS.filter((step) => (IS_LONG ? !step.startsWith('rollback') : step === 'cutover.demoted'));

describe.each(ON_THE_WAY)('a migrator that dies at %s', (step) => {
  test.each(step.startsWith('cutover') ? everyNth(2, HOLDS) : ['auto'])(
    'does no harm, with writes held by %s',
    async (hold) => {
      move = await LabMove.of(lab, { ...PROPS, fleet: { migration: { keepLegacyInSync: true } } });
      await move.start();
      const observer = new SplitBrainObserver(move);
      const load = await move.load(LOAD);
      const [command] = step.split('.');
      if (command === 'cutover') await move.run('sync');
      const args = command === 'cutover' ? ['--hold', hold] : [];

      const dying = move.migratorWith({ CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGKILL` }, command, ...args);
      expect(await dying.exit()).toBeNull();
      await move.run(command, ...args);
      await move.run('sync');
      await move.run('cutover', '--hold', hold);

      const ports = move.ordinals.map((ordinal) => move.fleet.portOf(ordinal));
      expect(await move.roles()).toEqual(ports.map((port) => ({ old: `slave of 127.0.0.1:${port}`, new: 'master' })));
      const { violations, lost } = await load.stop();
      expect(violations.map(inWords)).toEqual([]);
      expect(lost).toEqual([]);
      expect(await observer.end()).toEqual([]);
    },
  );
});

const AFTER_CUTOVER = everyNth(
  5,
  STEPS.filter((step) => step.startsWith('rollback') && step !== 'rollback.detached').reverse(),
);

test.each(AFTER_CUTOVER)('a rollback that dies at %s after the cutover does no harm', async (step) => {
  move = await LabMove.of(lab, { ...PROPS, fleet: { migration: { keepLegacyInSync: true } } });
  await move.start();
  const observer = new SplitBrainObserver(move);
  const load = await move.load(LOAD);
  await move.run('sync');
  await move.run('cutover');

  const dying = move.migratorWith({ CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGKILL` }, 'rollback');
  expect(await dying.exit()).toBeNull();
  await move.run('rollback');

  expect(await move.roles()).toEqual(move.ordinals.map(() => ({ old: 'master', new: 'slave of 127.0.0.1:1' })));
  const { violations, lost } = await load.stop();
  expect(violations.map(inWords)).toEqual([]);
  expect(lost).toEqual([]);
  expect(await observer.end()).toEqual([]);
});

longTest('a rollback before the cutover that dies after detaching leaves the old fleet unchanged', async () => {
  move = await LabMove.of(lab, PROPS);
  await move.start();
  await move.run('sync');

  const dying = move.migratorWith({ CDK8S_TWEMPROXY_SIGNAL_AT: 'rollback.detached SIGKILL' }, 'rollback');
  expect(await dying.exit()).toBeNull();
  await move.run('rollback');

  expect(await move.roles()).toEqual(move.ordinals.map(() => ({ old: 'master', new: 'slave of 127.0.0.1:1' })));
});

test.each(everyNth(2, ['cutover.equal', 'cutover.held']))(
  'a migrator that is stopped at %s until the pause ends does not lose later writes',
  async (step) => {
    move = await LabMove.of(lab, { ...PROPS, servers: 1 });
    await move.start();
    await move.run('sync');
    const load = await move.load(LOAD);

    const stopped = move.migratorWith({ CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGSTOP` }, 'cutover', '--deadline', '300');
    await until('the migrator is stopped', () => stopped.isStopped);
    const writer = move.old.serverClient(0);
    await writer.set('written', 'after the pause');
    writer.disconnect();
    stopped.child.kill('SIGCONT');
    expect(await stopped.exit()).toBe(0);

    expect(await move.roles()).toEqual([{ old: 'slave of 127.0.0.1:1', new: 'master' }]);
    const { violations, lost } = await load.stop();
    expect(violations.map(inWords)).toEqual([]);
    expect(lost).toEqual([]);
  },
);
