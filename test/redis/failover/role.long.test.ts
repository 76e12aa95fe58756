// role.sh: with which role a server starts, or why it waits.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { busyboxPath } from '../../lab/busybox';
import { connect, PASSWORD } from '../../lab/clients';
import { type Answer, FakeSentinel } from '../../lab/fake-sentinel';
import { accepts, freePorts, Lab, type Program, until } from '../../lab/lab';
import { redisPassword, ScriptPod } from '../../lab/shard-lab';

const OWN = 'two Sentinels say that this server is the master, but ';

/** An error; with silence, every round takes two seconds. */
const NO_MASTER = '-ERR No such master with that name';

let lab: Lab;
let ports: { a: number; b: number };
let sentinels: FakeSentinel[];
beforeEach(async () => {
  lab = new Lab();
  const [a, b] = await freePorts(2);
  ports = { a, b };
  sentinels = [];
});
afterEach(async () => {
  for (const sentinel of sentinels) sentinel.close();
  await lab.close();
});

interface Start {
  readonly server?: 'a' | 'b';
  /** The role on disk. @default - the directory is new */
  readonly durable?: string;
  /** What a file with data would hold. @default - no data */
  readonly hasData?: boolean;
  readonly host?: string;
  readonly path?: string;
  /** How long a master stays down. @default 0 */
  readonly downSeconds?: number;
  /** The other ports of both servers, while TLS is turned on. @default - the fleet has no TLS */
  readonly others?: readonly [number, number];
}

const me = (): Answer => ['127.0.0.1', ports.a];
const other = (): Answer => ['127.0.0.1', ports.b];

async function answers(...given: Answer[]): Promise<void> {
  for (const answer of given) sentinels.push(await FakeSentinel.start(answer));
}

function begin({
  server = 'a',
  durable,
  hasData = false,
  host = '127.0.0.1',
  path: PATH,
  downSeconds = 0,
  others,
}: Start = {}): Program & {
  pod: ScriptPod;
} {
  const env = {
    SHARD_SERVER: server,
    REDIS_PORT: String(ports[server]),
    REDISCLI_AUTH: PASSWORD,
    DOWN_SECONDS: String(downSeconds),
  };
  const name = server === 'a' ? 'redis-7' : 'redis-b-7';
  const pod = new ScriptPod(lab, name, '/etc/redis-shard', { ...env, ...(PATH !== undefined && { PATH }) });
  for (const script of ['role.sh', 'addresses.sh', 'password.sh']) pod.addScript(script);
  const both = [ports.a, ports.b, ...(others ?? [])].map((port) => `${host}:${port}`);
  pod.configure('servers', `${both.join(' ')}\n`);
  pod.configure('sentinels', sentinels.map(({ port }) => `${host}:${port}\n`).join(''));
  pod.configure('snapshots', 'yes\n');
  if (durable !== undefined) fs.writeFileSync(path.join(pod.data, 'redis.conf'), `${durable}\n`);
  if (hasData) fs.writeFileSync(path.join(pod.data, 'dump.rdb'), 'data');
  return Object.assign(pod.run('role.sh', [durable ?? '# a comment']), { pod });
}

/** The role in the printed lines. */
async function roleOf(program: Program): Promise<string> {
  expect([await program.exit(), program.output]).toEqual([0, expect.stringContaining('starting as')]);
  return /starting as (.*)\n/.exec(program.output)?.[1] ?? '';
}

async function waitsBecause(program: Program, reason: string): Promise<void> {
  await until(`it waits because ${reason}`, () => program.output.includes(reason) || !program.running);
  expect(program.output).toContain(`waiting: ${reason}`);
  expect(program.running).toBe(true);
}

/** A server b. */
function partner(...commands: string[][]): Promise<void> {
  return running(ports.b, ...commands);
}

const MIGRATOR = ['ACL', 'SETUSER', 'migrator', 'on', `>${PASSWORD}`, '+@all'];

async function running(port: number, ...commands: string[][]): Promise<void> {
  const dir = fs.mkdtempSync(path.join(lab.dir, 'partner-'));
  const file = path.join(dir, 'redis.conf');
  fs.writeFileSync(file, `port ${port}\ndir ${dir}\nsave ""\n${redisPassword(PASSWORD)}`);
  await lab.start('redis-server', [file]).ready(() => accepts(port));
  const client = connect(port, PASSWORD);
  for (const [command, ...args] of commands) await client.call(command, ...args);
  client.disconnect();
}

const REPLICA = ['REPLICAOF', '127.0.0.1', '1'];

describe.each([
  ['dash', () => undefined],
  ['busybox', () => busyboxPath(lab)],
])('with %s', (_shell, tools) => {
  test('it waits if two Sentinels name the master by a port of another phase of TLS', async () => {
    await answers(['127.0.0.1', 6389], ['127.0.0.1', 6389], 'nil');
    const program = begin({ durable: '# a master', hasData: true, path: tools() });
    await waitsBecause(
      program,
      'two Sentinels name the master by a port that this server does not know, 127.0.0.1 6389; apply',
    );
    fs.writeFileSync(path.join(program.pod.data, 'start-anyway'), '');
    expect(await roleOf(program)).toBe('a master');
  });

  test('it follows the server that two Sentinels name, whatever the third one says', async () => {
    await answers(other(), '-NOAUTH Authentication required.', other());
    const program = begin({ durable: '# a master', hasData: true, path: tools() });
    expect(await roleOf(program)).toBe(`replicaof 127.0.0.1 ${ports.b}`);
    expect(program.output).toContain(
      `replicaof 127.0.0.1 ${ports.b}\nreplica-announce-ip 127.0.0.1\nreplica-announce-port ${ports.a}\nreplica-priority 0\n`,
    );
  });

  test('it waits without a majority, and starts when there is one', async () => {
    await answers(other(), 'nil', 'silence');
    const program = begin({ durable: '# a master', hasData: true, path: tools() });
    await waitsBecause(program, 'fewer than two Sentinels agree on the master');
    sentinels[2].answer = other();
    expect(await roleOf(program)).toBe(`replicaof 127.0.0.1 ${ports.b}`);
  });

  test('a master stays down until the Sentinels could replace it', async () => {
    await answers(me(), me(), me());
    const program = begin({ durable: '# a master', hasData: true, path: tools(), downSeconds: 3600 });
    await waitsBecause(program, 'the Sentinels may be replacing this master');
    for (const sentinel of sentinels.slice(0, 2)) sentinel.answer = other();
    expect(await roleOf(program)).toBe(`replicaof 127.0.0.1 ${ports.b}`);
  });

  test('a master waits while a Sentinel is replacing it', async () => {
    await answers(me(), me(), me());
    sentinels[1].failsOver = true;
    const program = begin({ durable: '# a master', hasData: true, path: tools() });
    await waitsBecause(program, 'the Sentinels may be replacing this master');
    sentinels[1].failsOver = false;
    expect(await roleOf(program)).toBe('a master');
  });

  test('without data, it does not start as the master of a partner that has some', async () => {
    await answers(me(), me(), 'nil');
    await partner(['SET', 'key', 'value'], REPLICA);
    const program = begin({ path: tools() });
    await waitsBecause(program, `${OWN}it has no data, and the partner may have it`);
    fs.writeFileSync(path.join(program.pod.data, 'start-anyway'), '');
    expect(await roleOf(program)).toBe('a master');
    expect(fs.existsSync(path.join(program.pod.data, 'start-anyway'))).toBe(false);
  });
});

test('three different answers, errors and garbage are no majority', async () => {
  await answers('-ERR No such master', '-ERR No such master', ['not an address', 6379]);
  await waitsBecause(begin(), 'fewer than two Sentinels agree on the master');
});

test('the same server with two addresses is no majority', async () => {
  await answers(['10.0.0.1', ports.b], other(), NO_MASTER);
  await waitsBecause(begin(), 'fewer than two Sentinels agree on the master');
});

describe('if two Sentinels do not monitor the shard', () => {
  beforeEach(() => answers('nil', 'nil', NO_MASTER));

  test.each<[string, Start, string]>([
    ['a new a is a master', {}, 'a master'],
    ['a keeps its role as a master', { durable: '# a master', hasData: true }, 'a master'],
    ['a keeps its role as a replica', { durable: 'replicaof 127.0.0.1 1' }, 'replicaof 127.0.0.1 1'],
    ['b keeps its role as a master', { server: 'b', durable: '# a master', hasData: true }, 'a master'],
    ['a quoted role is one', { durable: ' "slaveof" "10.0.0.1" "6379"' }, ' "slaveof" "10.0.0.1" "6379"'],
  ])('%s', async (_title, start, role) => {
    expect(await roleOf(begin(start))).toBe(role);
  });

  test.each<[string, string, (b: number) => string, string]>([
    ['its partner, known by its other port', '127.0.0.1 4', (b) => `127.0.0.1 ${b}`, 'no'],
    ['an old server with a port of its partner', '10.0.0.1 4', () => '10.0.0.1 4', 'yes'],
    ['an old server on the host of its partner', '127.0.0.1 5', () => '127.0.0.1 5', 'yes'],
    ['no server', '127.0.0.1 1', () => '127.0.0.1 1', 'no'],
  ])('with TLS on the disk, a follows %s', async (_what, durable, master, byTls) => {
    const program = begin({ durable: `replicaof ${durable}\ntls-replication yes`, others: [3, 4] });
    expect(await roleOf(program)).toBe(`replicaof ${master(ports.b)}`);
    expect(program.output).toContain(
      `replica-announce-port ${ports.a}\nreplica-priority 0\ntls-replication ${byTls}\n`,
    );
  });

  test('a new b is a replica of a', async () => {
    await running(ports.a, MIGRATOR);
    expect(await roleOf(begin({ server: 'b' }))).toBe(`replicaof 127.0.0.1 ${ports.a}`);
  });

  test('a master follows its partner if that is a master now', async () => {
    await partner(['SET', 'key', 'value']);
    expect(await roleOf(begin({ durable: '# a master', hasData: true }))).toBe(`replicaof 127.0.0.1 ${ports.b}`);
  });

  test('a new a waits for a partner that has data', async () => {
    await partner(['SET', 'key', 'value'], REPLICA);
    await waitsBecause(begin(), 'the partner may have the data that this server lacks');
  });

  test('a new a starts as the master of a partner without data', async () => {
    await partner(REPLICA);
    expect(await roleOf(begin())).toBe('a master');
  });
});

test('a new server takes from its master which ring may use the shard, and waits until that says so', async () => {
  await answers(other(), other(), other());
  const program = begin({ durable: '# a master', hasData: true });
  expect(await roleOf(program)).toBe(`replicaof 127.0.0.1 ${ports.b}`);
  const users = path.join(program.pod.data, '.users-of-master');
  expect(fs.existsSync(users)).toBe(false);

  fs.rmSync(program.pod.data, { recursive: true });
  const again = begin();
  await waitsBecause(again, `127.0.0.1 ${ports.b} does not say which ring may use the shard`);
  await partner(MIGRATOR, ['ACL', 'SETUSER', 'ring-2', '~*'], ['ACL', 'SETUSER', 'default', 'resetkeys']);
  expect(await roleOf(again)).toBe(`replicaof 127.0.0.1 ${ports.b}`);
  expect(fs.readFileSync(users, 'utf8')).toMatch(/^user ring-2 .* ~\* /m);
});

describe('if two Sentinels still name this server', () => {
  beforeEach(() => answers(me(), NO_MASTER, me()));

  test('a master with data starts, also while its partner is gone', async () => {
    expect(await roleOf(begin({ durable: '# a master', hasData: true }))).toBe('a master');
  });

  test('a server without data waits for its partner, and starts if that has none either', async () => {
    const program = begin();
    await waitsBecause(program, `${OWN}it has no data, and the partner may have it`);
    await partner(REPLICA);
    expect(await roleOf(program)).toBe('a master');
  });

  test('a server whose file is left but not its data counts as one without data', async () => {
    await partner(['SET', 'key', 'value'], REPLICA);
    await waitsBecause(begin({ durable: '# a master' }), `${OWN}it has no data, and the partner may have it`);
  });

  test('a replica waits: Sentinels without their state may have guessed', async () => {
    await waitsBecause(begin({ durable: 'replicaof 10.0.0.1 6379', hasData: true }), `${OWN}it was a replica`);
  });

  test('a replica of its partner, which is a master, waits unless the Sentinels know no replica that they could promote', async () => {
    await partner(['SET', 'key', 'value']);
    for (const sentinel of sentinels) sentinel.replicas = 0;
    sentinels[2].replicas = 1;
    const program = begin({ durable: `replicaof 127.0.0.1 ${ports.b}`, hasData: true });
    await waitsBecause(program, `${OWN}it was a replica`);
    sentinels[2].replicas = 0;
    expect(await roleOf(program)).toBe(`replicaof 127.0.0.1 ${ports.b}`);
  });

  test('a replica of another server waits, whatever the Sentinels know', async () => {
    await partner(['SET', 'key', 'value']);
    for (const sentinel of sentinels) sentinel.replicas = 0;
    await waitsBecause(begin({ durable: 'replicaof 10.0.0.1 6379', hasData: true }), `${OWN}it was a replica`);
  });

  test('a master waits while its partner is one: a hand-over was interrupted', async () => {
    await partner(['SET', 'key', 'value']);
    await waitsBecause(begin({ durable: '# a master', hasData: true }), `${OWN}the partner is one`);
  });
});

test('names are resolved, and their last IPs used while DNS is down', async () => {
  await answers('nil', 'nil', 'nil');
  const bin = path.join(lab.dir, 'bin');
  const getent = lab.write('bin/getent', '#!/bin/sh\n[ "$2" = shard.test. ] && echo "127.0.0.1 shard.test"\n');
  fs.chmodSync(getent, 0o755);
  await running(ports.a, MIGRATOR);
  const start: Start = { server: 'b', host: 'shard.test.', path: `${bin}:${process.env.PATH}` };
  const lines = `replicaof 127.0.0.1 ${ports.a}\nreplica-announce-ip 127.0.0.1\n`;
  const first = begin(start);
  await roleOf(first);
  expect(first.output).toContain(lines);

  fs.writeFileSync(getent, '#!/bin/sh\nexit 2\n');
  const second = begin(start);
  await roleOf(second);
  expect(second.output).toContain(lines);

  fs.rmSync(second.pod.data, { recursive: true });
  await waitsBecause(begin(start), `the name in shard.test.:${ports.b} has no IP`);
});

test('IPv6 addresses work', async () => {
  await answers(['fd00::1', ports.b], ['fd00::1', ports.b], 'nil');
  const program = begin({ durable: '# a master', hasData: true });
  expect(await roleOf(program)).toBe(`replicaof fd00::1 ${ports.b}`);
});
