// Failover by another program: Sentinel watches the servers of a migration.

import { longTest } from '../lab/cases';
import { Lab, until } from '../lab/lab';
import { LabMove, type LabMoveProps } from '../lab/move';
import { LabSentinel } from '../lab/sentinel';
import { moved, untouched } from './moving';

let lab: Lab;
let move: LabMove | undefined;
let sentinel: LabSentinel | undefined;
beforeEach(() => {
  lab = new Lab();
  move = undefined;
  sentinel = undefined;
});
afterEach(async () => {
  sentinel?.disconnect();
  await move?.close();
  await lab.close();
});

async function started(props: Partial<LabMoveProps> = {}): Promise<LabMove> {
  move = await LabMove.of(lab, { servers: 1, proxies: 0, ...props });
  await move.start();
  return move;
}

async function refused(it: LabMove, ...args: [string, ...string[]]): Promise<string> {
  const program = it.migrator(...args);
  const code = await program.exit();
  expect([args, code]).toEqual([args, 3]);
  return program.output;
}

/** Makes Sentinel monitor the old or the new server of shard 0. */
async function watch(it: LabMove, side: 'old' | 'new' = 'old'): Promise<LabSentinel> {
  const port = side === 'old' ? it.old.portOf(0) : it.fleet.portOf(0);
  sentinel = await LabSentinel.watch(lab, { name: 'shop-3', port, password: it.old.password });
  return sentinel;
}

test('no step starts while Sentinel monitors a server, whatever the options, and each reports the Sentinel and the remedy', async () => {
  const it = await started();
  const watcher = await watch(it);
  const message = `Sentinels (${watcher.address}) watch 127.0.0.1:${it.old.portOf(0)} as shop-3: `;
  expect(await refused(it, 'preflight')).toContain(`error: shard 0: sentinel: ${message}`);
  expect(await refused(it, 'sync')).toContain(message);
  await watcher.remove();
  await it.run('preflight');
  await it.run('sync');

  watcher.disconnect();
  const again = await watch(it, 'new');
  const output = await refused(it, 'cutover', '--allow-unexpected-clients', '--accept-volatile-fence');
  expect(output).toContain(`watch 127.0.0.1:${it.fleet.portOf(0)} as shop-3`);
  expect(output).toContain('run SENTINEL REMOVE shop-3 on every Sentinel');
  expect(await it.roles()).toEqual(untouched(it));
  await again.remove();
  await it.run('cutover');
  expect(await it.roles()).toEqual(moved(it));
});

longTest('Sentinel cannot promote a new server, or change its master', async () => {
  const it = await started();
  await it.run('sync');
  const watcher = await watch(it);
  // It fails over only to a replica that it has discovered.
  const isFailingOver = (): Promise<boolean> =>
    watcher.failOver().then(
      () => true,
      () => false,
    );
  await until('Sentinel knows the new server, and fails over', isFailingOver);

  const shard = it.fleet.roleClient(0);
  await until('Sentinel was refused', async () => JSON.stringify(await shard.call('ACL', 'LOG')).includes('slaveof'));
  shard.disconnect();
  expect(await it.roles()).toEqual(untouched(it));
  await watcher.remove();
  await it.run('cutover');
  expect(await it.roles()).toEqual(moved(it));
});

longTest('a Sentinel that cannot set its name is recognized by its subscriptions', async () => {
  const it = await started({
    directives: () => [['rename-command', 'CLIENT', 'its-clients']],
    renamedCommands: 'rename-command CLIENT its-clients',
  });
  const watcher = await watch(it);
  expect(await refused(it, 'preflight')).toContain(`sentinel: Sentinels (${watcher.address}) watch`);
});
