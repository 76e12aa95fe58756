// A restart never restores data that is older than what the server served before.

import { longTest } from '../lab/cases';
import { Lab } from '../lab/lab';
import { NOTHING, Restarting, SNAPSHOTS } from './restarting';

let lab: Lab;
let it: Restarting | undefined;
beforeEach(() => {
  lab = new Lab();
  it = undefined;
});
afterEach(async () => {
  await it?.move.close();
  await lab.close();
});

test.each(['SIGTERM', 'SIGKILL'] as const)('a shard without persistence is empty after %s', async (signal) => {
  it = await Restarting.of(lab, SNAPSHOTS, NOTHING);
  await it.write('old');
  await it.move.run('sync');
  await it.move.run('cutover');
  await it.write('new');
  await it.restart('new', signal);
  expect(await it.served('new')).toBeUndefined();
});

longTest('without persistence, the file of a synchronization is renamed', async () => {
  it = await Restarting.of(lab, SNAPSHOTS, NOTHING);
  await it.write('old');
  await it.move.run('sync');
  await it.move.run('cutover');
  // As if the server had been killed before it deleted the file.
  const client = it.move.fleet.shardClient(0);
  await client.bgsave();
  client.disconnect();
  await it.write('new');
  await it.restart('new', 'SIGKILL');
  expect(it.move.fleet.shard(0).output).toContain('renamed dump.rdb to dump.rdb.stale');
  expect(await it.served('new')).toBeUndefined();
});

longTest(
  'an old server without persistence is copied without a file, and has its settings again after a rollback',
  async () => {
    it = await Restarting.of(lab, NOTHING, NOTHING, true);
    const { setting } = it;
    const changed = ['repl-diskless-sync', 'rdb-del-sync-files', 'repl-backlog-ttl'];
    const settings = (): Promise<string[]> => Promise.all(changed.map((name) => setting('old', name)));
    const before = await settings();
    await it.write('old');
    await it.move.run('sync');
    await it.write('old');
    await it.restart('old', 'SIGKILL');
    expect(await it.served('old')).toBeUndefined();

    await it.write('old');
    await it.move.run('sync');
    await it.move.run('rollback');
    expect(await settings()).toEqual(before);
    await it.move.run('sync');
    await it.move.run('cutover');
    await it.write('new');
    await it.move.run('rollback');
    expect(await settings()).toEqual(before);
    expect(await it.served('old')).toBe(it.newest);
    await it.write('old');
    await it.restart('old', 'SIGKILL');
    expect(await it.served('old')).toBeUndefined();
  },
);

test('a server with snapshots only never restarts with data older than its last change of role', async () => {
  it = await Restarting.of(lab, SNAPSHOTS, SNAPSHOTS);
  await it.write('old');
  await it.move.run('sync');
  const cutOver = await it.write('old');
  expect(await it.move.run('cutover')).toContain('a crash reverts it to the last one');
  await it.write('new');
  await it.restart('new', 'SIGKILL');
  expect(await it.served('new')).toBe(cutOver);
});
