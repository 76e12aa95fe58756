// A whole migration in the lab, with clients that check their reads.

import { describe as inWords } from './history';
import { Lab, until } from './lab';
import { LabMove, type LabMoveProps } from './move';

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

async function started(props: LabMoveProps): Promise<LabMove> {
  move = await LabMove.of(lab, props);
  await move.start();
  return move;
}

test('a fleet migrates under load without a violation, and every key arrives', async () => {
  const it = await started({ servers: 3, network: 'for replicas' });
  const keys = await it.old.fill(110);
  const before = await it.contents('old', keys);
  const load = await it.load({ operationsPerSecond: 3000 });
  expect(await it.roles()).toEqual(it.ordinals.map(() => ({ old: 'master', new: 'slave of 127.0.0.1:1' })));

  await it.run('preflight');
  await it.run('sync');
  await it.run('verify');
  await it.run('cutover');
  expect(await it.roles()).toEqual(it.ordinals.map(() => ({ old: 'slave of 127.0.0.1:1', new: 'master' })));
  await it.rollOut(load);
  await until('the clients have written many values', () => load.acknowledgedWrites > 1000);

  expect(await it.contents('new', keys)).toEqual(before);
  const { violations, lost } = await load.stop();
  expect(violations.map(inWords)).toEqual([]);
  expect(lost).toEqual([]);
});

test('an unexpected client of an old server blocks the cutover of its shard', async () => {
  const it = await started({ servers: 1, proxies: 0 });
  await it.run('sync');
  const client = await it.unexpectedClient(0);
  const refused = it.migrator('cutover');
  expect(await refused.exit()).toBe(3);
  expect(refused.output).toContain('127.0.0.2');
  client.destroy();
  await it.run('cutover');
});
