// Cases that an operator must decide first: nothing changes before that.

import { ApiObject, App } from 'cdk8s';
import { AppendFsync, RedisConfig } from '../../lib';
import { joinWords } from '../../lib/redis/config/text';
import { everyNth, longTest } from '../lab/cases';
import { FullDisk } from '../lab/full-disk';
import { Lab, until } from '../lab/lab';
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

test('a wrong password changes nothing, and is reported as such', async () => {
  moving = await Moving.of(lab);
  const { move } = moving;
  for (const command of ['preflight', 'sync', 'cutover', 'rollback', 'status']) {
    const program = move.migratorWith({ REDIS_PASSWORD: 'wrong' }, command);
    expect([command, await program.exit()]).toEqual([command, 3]);
    // The second text is that of Redis up to 5.0.
    expect(program.output).toMatch(/WRONGPASS|ERR invalid password/);
  }
  await moving.finish('sync');
  await moving.finish('cutover');
  await moving.judge();
});

longTest('an old server with CONFIG renamed is not cut over before a Secret has the name', async () => {
  const renamed = (): string[][] => [
    ['repl-diskless-sync-delay', '0'],
    ['rename-command', 'CONFIG', 'its-other-name'],
  ];
  moving = await Moving.of(lab, { directives: renamed });
  const { move } = moving;
  const preflight = move.migrator('preflight');
  expect(await preflight.exit()).toBe(3);
  expect(preflight.output).toContain('renamedCommands');
  await move.run('sync');
  const refused = move.migrator('cutover');
  expect(await refused.exit()).toBe(3);
  expect(refused.output).toContain('add the new name to the renamedCommands Secret');
  expect(await move.roles()).toEqual(untouched(move));
  await moving.judge();
});

longTest(
  'a fleet with renamed commands migrates with its redis.conf and a Secret, without the names in a manifest',
  async () => {
    const live = [
      ['repl-diskless-sync-delay', '0'],
      ['rename-command', 'CONFIG', 'hidden-config-8f2'],
      ['rename-command', 'KEYS', 'hidden-keys-8f2'],
      ['rename-command', 'FLUSHALL', ''],
    ];
    const lines = live.map(joinWords);
    const redis = { config: RedisConfig.fromText(lines.join('\n'), 'redis.conf', { appendfsync: AppendFsync.ALWAYS }) };
    const renamedCommands = lines.filter((line) => line.startsWith('rename')).join('\n');
    moving = await Moving.of(lab, {
      directives: () => live,
      renamedCommands,
      fleet: { redis, migration: { renamedCommands: { name: 'names' } } },
    });
    const { move } = moving;
    for (const command of ['preflight', 'sync', 'verify', 'cutover']) {
      expect(await move.run(command)).not.toContain('hidden-');
    }
    const objects = App.of(move.fleet.charts)
      .node.findAll()
      .filter((node) => ApiObject.isApiObject(node));
    const manifests = JSON.stringify(objects.map((object) => object.toJson() as unknown));
    expect(manifests).toContain('--renamed-commands');
    expect(manifests).not.toContain('hidden-');
    const shard = move.fleet.shardClient(0);
    await expect(shard.flushall()).rejects.toThrow('unknown command');
    await expect(shard.keys('*')).rejects.toThrow('unknown command');
    expect(await shard.config('GET', 'port')).toHaveLength(2);
    shard.disconnect();
    expect(await move.roles()).toEqual(moved(move));
    await move.old.restart(0, 'SIGKILL');
    expect(await move.roles()).toEqual(moved(move));
    await moving.judge();
  },
);

test.each(everyNth(2, ['none', 'read-only'] as const))(
  'an old server with configuration file %s needs an option',
  async (kind) => {
    moving = await Moving.of(lab, { servers: 1, configFile: () => kind });
    const { move } = moving;
    await move.run('sync');

    const refused = move.migrator('cutover');
    expect(await refused.exit()).toBe(3);
    expect(refused.output).toContain('--accept-volatile-fence');
    expect(await move.roles()).toEqual(untouched(move));
    await move.run('cutover', '--accept-volatile-fence');
    expect(await move.roles()).toEqual(moved(move));

    // It restarts as a master, and the bridge still routes to the new one; another run fences it again.
    await moving.judgeHistory();
    await move.old.restart(0, 'SIGKILL');
    expect(await move.roles()).toEqual([{ old: 'master', new: 'master' }]);
    expect((await move.run('status')).includes('split brain')).toBe(true);
    const unsure = move.migrator('cutover', '--accept-volatile-fence');
    expect(await unsure.exit()).toBe(3);
    expect(unsure.output).toContain('both servers are masters');
    await move.run('cutover', '--accept-volatile-fence', '--fence-old');
    expect(await move.roles()).toEqual(moved(move));
  },
);

longTest(
  'a full disk on the new side leaves the shard with the old server, and a rerun finishes when there is room',
  async () => {
    const disk = new FullDisk(lab);
    moving = await Moving.of(lab, { servers: 1, fleet: { path: disk.path(), redis: {} } });
    const { move } = moving;
    disk.fill();
    const first = move.migrator('sync', '--patience', '2');
    expect(await first.exit()).toBe(4);
    disk.free();
    await moving.finish('sync');

    disk.fill();
    const refused = move.migrator('cutover', '--patience', '2');
    expect(await refused.exit()).toBe(4);
    expect((await move.roles())[0].old).toBe('master');
    // A replica that cannot write the data of its master exits; kubelet restarts it.
    await move.fleet.shard(0).exit();
    disk.free();
    await move.fleet.startShard(0);
    await moving.finish('sync');
    await moving.finish('cutover');
    expect(await move.roles()).toEqual(moved(move));
    await moving.judge();
  },
);

longTest('a disk that fills up between the demotion and the promotion gives the role back', async () => {
  const disk = new FullDisk(lab);
  moving = await Moving.of(lab, { servers: 1, fleet: { path: disk.path(), redis: {} } });
  const { move } = moving;
  await move.run('sync');

  // A fence, since a pause could end before this step.
  const hold = ['--hold', 'fence', '--deadline', '10000'];
  const stopped = await moving.stopAt('cutover.demoted', ...hold, '--patience', '2');
  disk.fill();
  expect(await stopped.resume()).toBe(4);
  expect(stopped.program.output).toContain('Rewriting config file');
  await until('the old server serves', async () => (await move.roles())[0].old === 'master');

  disk.free();
  await moving.finish('sync');
  await moving.finish('cutover');
  expect(await move.roles()).toEqual(moved(move));
  await moving.judge();
});

longTest('concurrent migrators move each shard once', async () => {
  moving = await Moving.of(lab, { servers: 4 });
  const { move } = moving;
  const all = (command: string): Promise<(number | null)[]> =>
    Promise.all([1, 2, 3].map(() => move.migrator(command).exit()));
  expect(await all('sync')).toEqual([0, 0, 0]);
  expect(await all('cutover')).toEqual([0, 0, 0]);
  expect(await move.roles()).toEqual(moved(move));
  await moving.judge();
});

longTest('concurrent rollbacks and cutovers end with each shard on one server', async () => {
  moving = await Moving.of(lab, { servers: 4, fleet: { migration: { keepLegacyInSync: true } } });
  const { move } = moving;
  await move.run('sync');
  await Promise.all(['cutover', 'rollback', 'sync', 'cutover', 'rollback'].map((name) => move.migrator(name).exit()));
  await moving.finish('sync');
  await moving.finish('cutover');
  for (const role of await move.roles()) expect(role.new).toBe('master');
  await moving.judge();
});
