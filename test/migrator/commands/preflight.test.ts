// preflight reports everything that prevents a migration, and nothing else.

import { refusesWrites } from '../../../migrator/checks/data-checks';
import { Info } from '../../../migrator/redis/info';
import { ExitCode } from '../../../migrator/program/outcome';
import { preflight } from '../../../migrator/commands/preflight';
import { Version } from '../../../migrator/redis/version';
import { connect } from '../../lab/clients';
import { freePort, Lab, until } from '../../lab/lab';
import { find, started } from '../findings';
import { Pairs } from '../pairs';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  Pairs.disconnectAll();
  await lab.close();
});

test('finds nothing on correct servers, before and after the sync', async () => {
  const pairs = await started(lab, { servers: 3 });
  await pairs.oldFleet.fill(110);
  const fit = { findings: [], exits: [0, 0, 0], messages: Array(3).fill('nothing prevents the migration') };
  expect(await find(pairs)).toMatchObject(fit);
  await pairs.sync();
  expect(await find(pairs)).toMatchObject(fit);
});

test.each(['none', 'read-only'] as const)(
  'a fence that a restart would remove is an error unless it was accepted: configuration file %s',
  async (kind) => {
    const pairs = await started(lab, { configFile: () => kind });
    const { codes, exits, findings } = await find(pairs);
    expect(codes).toEqual(['error volatile-fence']);
    expect(exits).toEqual([ExitCode.REFUSED]);
    expect(findings[0].message).toContain(`A RESTART OF 127.0.0.1:${pairs.oldFleet.portOf(0)} WOULD REMOVE ITS FENCE`);
    const accepted = await find(pairs, {}, true);
    expect(accepted.codes).toEqual(['warning volatile-fence']);
    expect(accepted.exits).toEqual([ExitCode.DONE]);
  },
);

test('a renamed CONFIG is used if its new name is given, and reported otherwise', async () => {
  const pairs = await started(lab, { directives: () => [['rename-command', 'CONFIG', 'hidden-config']] });
  const { codes, findings, exits } = await find(pairs);
  expect(codes).toEqual(['error commands', 'error config']);
  expect(findings[0].message).toMatch(/has no command CONFIG; .*renamedCommands/);
  expect(exits).toEqual([ExitCode.REFUSED]);
  expect((await find(pairs, { renamedCommands: { CONFIG: 'hidden-config' } })).codes).toEqual([]);
});

test.each([
  ['PSYNC', 'error commands'],
  ['INFO', 'error commands'],
  ['SCAN', 'warning commands'],
])('a server without %s: %s', async (command, expected) => {
  const pairs = await started(lab, { directives: () => [['rename-command', command, '']] });
  expect((await find(pairs)).codes).toEqual([expected]);
});

describe('renamed commands that change data', () => {
  const renamed = (): string[][] => [
    ['rename-command', 'SETEX', 'our-setex'],
    ['rename-command', 'EVAL', 'our-eval'],
  ];

  test('are an error if the new server lacks them, since a replica ignores unknown commands', async () => {
    const { codes, findings } = await find(await started(lab, { directives: renamed }));
    expect(codes).toEqual(['error renamed-writes']);
    expect(findings[0].message).toMatch(
      /has renamed (SETEX, EVAL|EVAL, SETEX), and .*LOST; remove that rename-command .* --accept-renamed-writes$/,
    );
    expect(findings[0].message).not.toContain('our-');
  });

  test('are a warning with --accept-renamed-writes', async () => {
    const pairs = await started(lab, { directives: renamed });
    expect((await find(pairs, {}, false, true)).codes).toEqual(['warning renamed-writes']);
  });

  test('are accepted if the new server has the same names', async () => {
    expect((await find(await started(lab, { directives: renamed, newDirectives: renamed }))).codes).toEqual([]);
  });

  test('are accepted if they are disabled', async () => {
    expect((await find(await started(lab, { directives: () => [['rename-command', 'FLUSHALL', '']] }))).codes).toEqual(
      [],
    );
  });
});

test('data that exceeds the new server is an error, different limits are warnings', async () => {
  const pairs = await started(lab, { newDirectives: () => [['maxmemory', '20mb']] });
  await pairs.oldFleet.fill(220);
  const old = pairs.old(0);
  await old.config('SET', 'maxmemory', '100000000');
  pairs.disconnect();
  const maxmemory = (await find(pairs)).findings;
  expect(maxmemory.map(({ code }) => code)).toEqual(['maxmemory']);
  expect(maxmemory[0].message).toMatch(
    /may use 95.4 MiB \(maxmemory\), and .* may use no more than 20.0 MiB; raise it/,
  );
  await pairs.old(0).config('SET', 'maxmemory-policy', 'allkeys-lru');
  await pairs.old(0).set('huge', 'x'.repeat(30_000_000));
  pairs.disconnect();
  const { codes, findings } = await find(pairs);
  expect(codes).toEqual(['error memory', 'warning maxmemory', 'warning eviction']);
  expect(findings[0].message).toMatch(
    /has to hold [\d.]+ MiB: [\d.]+ MiB of data and [\d.]+ KiB of overhead .* and 1.0 MiB for its own replication backlog; it may use 20.0 MiB \(maxmemory\)/,
  );
  await pairs.new(0).config('SET', 'maxmemory', '0');
  await pairs.new(0).config('SET', 'maxmemory-policy', 'allkeys-lru');
  expect((await find(pairs)).codes).toEqual([]);
});

test('a backlog that is larger than the data is reported as the cause', async () => {
  const newDirectives = (): string[][] => [
    ['maxmemory', '100mb'],
    ['repl-backlog-size', '80mb'],
  ];
  const pairs = await started(lab, { newDirectives });
  await pairs.old(0).set('large', 'x'.repeat(25_000_000));
  pairs.disconnect();
  const { findings } = await find(pairs);
  expect(findings.map(({ code }) => code)).toEqual(['memory']);
  expect(findings[0].message).toMatch(/and 80.0 MiB for its own replication backlog; .*smaller repl-backlog-size/);
  await pairs.new(0).config('SET', 'repl-backlog-size', '10mb');
  expect((await find(pairs)).codes).toEqual([]);
});

test('the key tables of many small keys count as data', async () => {
  const pairs = await started(lab, { newDirectives: () => [['maxmemory', '10mb']] });
  await pairs.old(0).mset(Array.from({ length: 150_000 }, (_, i) => [`k${i}`, 'v']).flat());
  pairs.disconnect();
  const { codes, findings } = await find(pairs);
  expect(codes).toEqual(['error memory']);
  expect(findings[0].message).toContain('would refuse writes or evict keys');
  await pairs.sync();
  const fresh = Info.parse(await pairs.new(0).info());
  expect(refusesWrites(fresh)).toMatch(
    /^it holds 1\d.\d MiB, and may use 10.0 MiB \(maxmemory, noeviction\): as a master/,
  );
  await pairs.new(0).config('SET', 'maxmemory', '100mb');
  expect(refusesWrites(Info.parse(await pairs.new(0).info()))).toBeUndefined();
});

test('an old server without a limit is accepted while its data fits well', async () => {
  const pairs = await started(lab, { newDirectives: () => [['maxmemory', '40mb']] });
  await pairs.oldFleet.fill(22);
  expect((await find(pairs)).codes).toEqual([]);
  await pairs.old(0).set('large', 'x'.repeat(25_000_000));
  pairs.disconnect();
  const { codes, findings } = await find(pairs);
  expect(codes).toEqual(['warning maxmemory']);
  expect(findings[0].message).toMatch(/has no limit \(maxmemory\), and .* may use no more than 40.0 MiB/);
});

test('settings that a rollback does not restore are reported, and not changed', async () => {
  const directives = ['slave-read-only', 'slave-serve-stale-data'].map((name) => [name, 'no']);
  const slowlog = [
    ['slowlog-max-len', '5000'],
    ['slowlog-log-slower-than', '0'],
  ];
  const pairs = await started(lab, { directives: () => [...directives, ...slowlog, ['masterauth', 'another']] });
  const { findings } = await find(pairs, { proxyNetworks: ['127.0.0.0/8'] });
  expect(findings.map(({ code, message }) => [code, /^\S+/.exec(message)?.[0]])).toEqual([
    ['settings', 'replica-read-only'],
    ['settings', 'replica-serve-stale-data'],
  ]);
  const kept = await find(pairs, { proxyNetworks: ['127.0.0.0/8'], keepLegacyInSync: true });
  const another = /^masterauth of .* is another one, and will be the password of the fleet/;
  expect(kept.findings.map(({ message }) => message)).toContainEqual(expect.stringMatching(another));
  const logged = (await pairs.old(0).slowlog('GET', 5000)) as [number, number, number, string[]][];
  const set = logged.flatMap(([, , , [command, verb, name]]) =>
    /config set/i.test(`${command} ${verb}`) ? [name] : [],
  );
  expect(set).toEqual(['slowlog-max-len', 'slowlog-max-len']);
});

test('other databases with keys are reported, and must exist on the new server', async () => {
  const pairs = await started(lab, { newDirectives: () => [['databases', '2']] });
  await pairs.old(0).multi().select(1).set('a', '1').select(0).exec();
  pairs.disconnect();
  expect((await find(pairs)).codes).toEqual(['warning databases']);
  await pairs.old(0).multi().select(5).set('b', '1').select(0).exec();
  pairs.disconnect();
  const { codes, findings } = await find(pairs);
  expect(codes).toEqual(['error databases']);
  expect(findings[0].message).toContain('database 1 (1), database 5 (1)');
});

test('a new server with a wrong masterauth, or whose role is not durable, is refused', async () => {
  const pairs = await started(lab, { newWithoutFile: true, newDirectives: () => [['masterauth', 'other']] });
  expect((await find(pairs)).codes).toEqual(['error masterauth', 'error volatile-role']);
});

test('unexpected clients and other replicas are reported, the new server is not', async () => {
  const pairs = await started(lab, { servers: 2 });
  await pairs.sync();
  const [first] = pairs.plan.shards;
  const other = await freePort();
  const { password } = pairs.oldFleet;
  // Replicas of old versions send the password inline, and this one has quotes.
  const program = lab.start('redis-server', ['--port', String(other), '--save', '', '--masterauth', password]);
  const replica = connect(other, '', { password: undefined });
  await program.ready(() => replica.ping().then(Boolean, () => false));
  await replica.slaveof('127.0.0.1', pairs.oldFleet.portOf(0));
  await until('it follows', async () => (await replica.info('replication')).includes('link_status:up'));
  replica.disconnect();
  // This client is unexpected; resets the time of the fork for the replica, which would be a warning.
  await pairs.old(0).config('RESETSTAT');
  const { findings } = await find(pairs);
  expect(findings.map(({ code, shard }) => [code, shard])).toEqual([
    ['replicas', 0],
    ['unexpected-clients', 0],
  ]);
  expect(findings[0].message).toContain(`${first.old} has replicas: 127.0.0.1:${other};`);
  expect(findings[1].message).toMatch(/are connected to 127.0.0.1:\d+: 127.0.0.1:\d+; point them/);
  expect((await find(pairs, { proxyNetworks: ['127.0.0.0/8'] })).codes).toEqual(['warning replicas']);
});

test('users that are not copied are reported', async () => {
  const pairs = await started(lab);
  const known = await pairs
    .old(0)
    .call('ACL', 'SETUSER', 'anna', 'on', 'nopass')
    .catch(() => undefined);
  pairs.disconnect();
  const { rejectsDuplicateUsers } = Version.of(Info.parse(await pairs.old(0).info()));
  pairs.disconnect();
  const expected = [
    ...(rejectsDuplicateUsers ? ['error volatile-fence'] : []),
    ...(known === 'OK' ? ['warning users'] : []),
  ];
  expect((await find(pairs)).codes).toEqual(expected);
});

test('unreachable servers and wrong passwords are errors', async () => {
  const pairs = await started(lab, { servers: 3 });
  await pairs.stopNew(0);
  await pairs.oldFleet.stop(1);
  const { findings, exits } = await find(pairs);
  expect(findings.map(({ code, shard }) => [code, shard])).toEqual([
    ['unreachable', 0],
    ['unreachable', 1],
  ]);
  for (const [i, port] of [pairs.newPorts[0], pairs.oldFleet.portOf(1)].entries()) {
    expect(findings[i].message).toMatch(
      new RegExp(`^127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}; check`),
    );
  }
  expect(exits).toEqual([ExitCode.REFUSED, ExitCode.REFUSED, ExitCode.DONE]);
  for (const password of ['wrong', undefined]) {
    const context = pairs.contextOf();
    const access = { ...context.access, password };
    const [, , shard] = context.shards;
    const answer = await preflight(
      { ...context, access, shards: [shard] },
      { sampleKeys: 1, acceptVolatileFence: false },
    );
    expect(new Set(answer.findings.map(({ code }) => code))).toEqual(new Set(['password']));
    expect(answer.outcomes[0].code).toBe(ExitCode.REFUSED);
  }
});

test('unexpected roles are errors', async () => {
  const pairs = await started(lab, { servers: 4 });
  await pairs.new(0).replicaof('NO', 'ONE');
  await pairs.old(1).slaveof('127.0.0.1', pairs.oldFleet.portOf(0));
  await pairs.fence(pairs.old(2));
  pairs.disconnect();
  const plan = pairs.plan;
  const shards = plan.shards.map((shard) => (shard.shard === 3 ? { ...shard, new: shard.old } : shard));
  const { findings } = await find(pairs, { shards });
  expect(findings.map(({ code, shard }) => [code, shard])).toEqual([
    ['two-masters', 0],
    ['role', 1],
    ['interrupted', 2],
    ['same-server', 3],
  ]);
  expect(findings[1].message).toContain(`${plan.shards[1].old} follows ${plan.shards[0].old}`);
});
