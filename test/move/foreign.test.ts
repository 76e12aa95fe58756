// Shards with a server whose role another program has changed: the advice to the operator, and that it works.

import { longTest } from '../lab/cases';
import { PASSWORD } from '../lab/clients';
import { accepts, freePort, Lab } from '../lab/lab';
import { LabMove, type LabMoveProps } from '../lab/move';
import { moved } from './moving';

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

/** A synchronized shard, and a server that is not in the plan. */
async function started(props: Partial<LabMoveProps> = {}): Promise<{ it: LabMove; other: number }> {
  move = await LabMove.of(lab, { servers: 1, proxies: 0, ...props });
  await move.start();
  const other = await freePort();
  const args = ['--port', String(other), '--requirepass', PASSWORD, '--save', '', '--dir', lab.dir];
  await lab.start('redis-server', [...args, '--repl-diskless-sync-delay', '0']).ready(() => accepts(other));
  await move.run('sync');
  return { it: move, other };
}

/** Makes a server follow another, as a permitted client could. */
async function redirect(it: LabMove, side: 'old' | 'new', port: number): Promise<void> {
  const client = side === 'old' ? it.old.serverClient(0) : it.fleet.roleClient(0);
  await client.call('CONFIG', 'SET', 'masterauth', PASSWORD);
  await client.call('REPLICAOF', '127.0.0.1', String(port));
  client.disconnect();
}

async function refused(it: LabMove, ...args: [string, ...string[]]): Promise<string> {
  const program = it.migrator(...args);
  const code = await program.exit();
  expect([args, code]).toEqual([args, 3]);
  return program.output;
}

const BACK = [{ old: 'master', new: 'slave of 127.0.0.1:1' }];

test('a new server that follows another before its cutover is detached, and nothing is lost', async () => {
  const { it, other } = await started();
  await redirect(it, 'new', other);
  const says = `follows 127.0.0.1:${other}, which the plan does not name for this shard, the old server serves`;
  for (const command of ['preflight', 'sync', 'verify', 'cutover']) {
    const output = await refused(it, command);
    expect(output).toContain(says);
    expect(output).toContain('run rollback, which only detaches the new server');
  }
  await it.run('rollback');
  expect(await it.roles()).toEqual(BACK);
  await it.run('sync');
  await it.run('cutover');
  expect(await it.roles()).toEqual(moved(it));
});

longTest('if both servers follow another, the operator chooses the one with the right data', async () => {
  const { it, other } = await started();
  await it.run('cutover');
  await it.fleet.change(0, ['SET', 'written', 'since']);
  // Both keep their data, since the other servers refuse them.
  const closed = await freePort();
  await redirect(it, 'old', other);
  await redirect(it, 'new', closed);

  const status = await it.run('status', '--json');
  const [shard] = (JSON.parse(status.trim().split('\n').at(-1) ?? '') as { shards: Record<string, unknown>[] }).shards;
  expect(shard).toMatchObject({ state: 'foreign', others: [`127.0.0.1:${other}`, `127.0.0.1:${closed}`] });
  expect(shard.advice).toContain('neither server serves');
  expect(await refused(it, 'rollback')).toContain('rollback --accept-loss');
  expect(await refused(it, 'cutover')).toContain('(1 key) has the right data, run cutover --fence-old');

  await it.run('cutover', '--fence-old');
  expect(await it.roles()).toEqual(moved(it));
  const client = it.fleet.shardClient(0);
  expect(await client.get('written')).toBe('since');
  client.disconnect();
});

longTest(
  'if the servers follow each other, or the old one follows a third, the old server serves again when the operator decides so',
  async () => {
    const { it, other } = await started();
    await redirect(it, 'old', it.fleet.portOf(0));
    expect(await it.run('status')).toContain('neither server serves');
    await it.run('rollback', '--accept-loss');
    expect(await it.roles()).toEqual(BACK);

    await it.run('sync');
    await redirect(it, 'old', other);
    expect(await refused(it, 'rollback')).toContain(`if 127.0.0.1:${other} has the right data`);
    await it.run('rollback', '--accept-loss');
    expect(await it.roles()).toEqual(BACK);
  },
);
