// Rollback: its conditions, its output, and that it leaves the old servers unchanged.

import { longTest } from '../lab/cases';
import { FullDisk } from '../lab/full-disk';
import { freePort, Lab, until } from '../lab/lab';
import { LabMove, type LabMoveProps } from '../lab/move';
import { OLD } from './moving';

let lab: Lab;
let move: LabMove | undefined;
beforeEach(() => {
  lab = new Lab();
  move = undefined;
});
afterEach(async () => {
  await move?.close();
  await lab.close();
});

async function started(props: Partial<LabMoveProps> = {}): Promise<LabMove> {
  move = await LabMove.of(lab, { servers: 1, proxies: 0, ...OLD, ...props });
  await move.start();
  return move;
}

const BACK = [{ old: 'master', new: 'slave of 127.0.0.1:1' }];

async function call(side: 'old' | 'new', ...[command, ...args]: [string, ...string[]]): Promise<unknown> {
  if (move === undefined) throw new Error('nothing was started');
  const client = side === 'old' ? move.old.serverClient(0) : move.fleet.shardClient(0);
  try {
    return await client.call(command, args);
  } finally {
    client.disconnect();
  }
}

test('after a cutover it is refused until the loss is accepted, and then reports the number of lost changes', async () => {
  const it = await started();
  const keys = await it.old.fill(50);
  await it.run('sync');
  await it.run('cutover');
  await call('new', 'SET', keys[0][0], 'changed');
  await call('new', 'SET', 'added', 'since');

  const refused = it.migrator('rollback');
  expect(await refused.exit()).toBe(3);
  expect(refused.output).toContain('--accept-loss');
  expect(await it.run('rollback', '--accept-loss')).toContain('2 keys had changed since the cutover');

  expect(await it.roles()).toEqual(BACK);
  expect(await call('old', 'SET', 'it', 'serves')).toBe('OK');
  await it.run('sync');
  await it.run('cutover');
});

longTest('a new server that cannot persist its role does not become a second master', async () => {
  const disk = new FullDisk(lab);
  const it = await started({ fleet: { path: disk.path() } });
  await it.run('sync');
  await it.run('cutover');
  disk.fill();

  const refused = it.migrator('rollback', '--accept-loss');
  expect(await refused.exit()).toBe(3);
  expect(refused.output).toContain('after a restart it would be a master again');
  expect((await it.roles())[0].new).toBe('master');

  disk.free();
  await it.run('rollback', '--accept-loss');
  expect(await it.roles()).toEqual(BACK);
  await it.fleet.stopShard(0, 'SIGKILL');
  await it.fleet.startShard(0);
  expect(await it.roles()).toEqual(BACK);
});

test('a new server that is lost is skipped if the operator says so', async () => {
  const it = await started();
  await it.run('sync');
  await it.run('cutover');
  await it.fleet.stopShard(0, 'SIGKILL');

  const skipped = it.migrator('rollback', '--accept-loss');
  expect(await skipped.exit()).toBe(4);
  expect((await it.roles())[0].old).toBe('slave of 127.0.0.1:1');
  await it.run('rollback', '--accept-loss', '--new-is-gone');

  expect((await it.roles())[0]).toEqual({ old: 'master', new: 'silent' });
  expect(await call('old', 'SET', 'it', 'serves')).toBe('OK');
});

longTest('a rollback to an old server that should follow but could not is possible', async () => {
  const unreachable = `127.0.0.1:${await freePort()}`;
  const migration = { keepLegacyInSync: true, shardAddressesForLegacy: [unreachable] };
  const it = await started({ fleet: { migration } });
  await it.run('sync');
  // This is also the time limit for a retry.
  expect(await it.run('cutover', '--patience', '6')).toContain(`did not reach ${unreachable}, and is fenced`);

  await it.run('rollback', '--accept-loss');

  expect(await it.roles()).toEqual(BACK);
  expect(await call('old', 'GET', 'it')).toBeNull();
});

longTest('an old server keeps its ACL and its min-replicas settings', async () => {
  const it = await started({ fleet: { migration: { keepLegacyInSync: true } } });
  await call('old', 'ACL', 'SETUSER', 'default', '-sort', '-keys');
  await call('old', 'CONFIG', 'SET', 'min-replicas-to-write', '1', 'min-replicas-max-lag', '0');
  const settings = async (): Promise<unknown[]> => [
    await call('old', 'ACL', 'LIST'),
    await call('old', 'CONFIG', 'GET', 'min-replicas*'),
  ];
  const before = await settings();

  await it.run('sync');
  await it.run('cutover', '--hold', 'fence', '--accept-volatile-fence');
  expect(await it.roles()).toEqual([{ old: `slave of 127.0.0.1:${it.fleet.portOf(0)}`, new: 'master' }]);
  await expect(call('old', 'GET', 'it')).rejects.toThrow('NOPERM');
  await it.run('rollback');

  expect(await it.roles()).toEqual(BACK);
  expect(await settings()).toEqual(before);
});

longTest('a migrator that yields to another does not release its hold on writes', async () => {
  const it = await started();
  await it.run('sync');
  const first = it.migratorWith({ CDK8S_TWEMPROXY_SIGNAL_AT: 'cutover.equal SIGSTOP' }, 'cutover', '--hold', 'fence');
  await until('the first one is stopped', () => first.isStopped);

  const second = it.migrator('cutover', '--hold', 'fence');
  expect(await second.exit()).toBe(5);

  await expect(call('old', 'SET', 'key', 'value')).rejects.toThrow('NOREPLICAS');
  first.child.kill('SIGCONT');
  await first.exit();
  await it.run('cutover');
});

test('a cutover that waits for a shard ends on SIGTERM', async () => {
  const it = await started({ network: 'for replicas' });
  await it.run('sync');
  it.networks[0].hold();
  await it.networks[0].cut();
  const waiting = it.migrator('cutover', '--patience', '600');
  await until('it waits', () => waiting.output.includes('syncing'));

  waiting.child.kill('SIGTERM');

  expect(await waiting.exit()).toBe(4);
  expect(waiting.output).toContain('stopped before it was in sync');
  expect((await it.roles())[0].old).toBe('master');
});
