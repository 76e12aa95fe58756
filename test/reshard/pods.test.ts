// A pod of the library keeps over a restart which ring may use it, and whether it is fenced.

import { NOBODY_USER, WAIT_KEY } from '../../lib/reshard/reshard-plan';
import { connect } from '../lab/clients';
import { freePorts, accepts, Lab, type Program } from '../lab/lab';
import { ScriptPod } from '../lab/shard-lab';
import { type UsersOfRings } from '../../reshard/server/ring-users';
import { FleetServer } from '../../reshard/server/server';

const lab = new Lab();
afterAll(() => lab.close());

const PASSWORD = 'the "password';
const USERS = `user default on PASSWORD ~* &* +@all -replicaof
user migrator on PASSWORD ~* &* +@all
`;

class Pod {
  private readonly pod: ScriptPod;
  private program?: Program;

  constructor(
    private readonly port: number,
    private readonly hasUsersFile: boolean,
    private readonly users: UsersOfRings = { a: 'default', b: 'ring-2' },
  ) {
    this.pod = new ScriptPod(lab, `redis-${port}`, '/etc/redis-shard', {
      REDISCLI_AUTH: PASSWORD,
      REDIS_PORT: String(port),
    });
    for (const script of ['start.sh', 'epoch.sh', 'stale-dump.sh', 'password.sh']) this.pod.addScript(script);
    this.pod.configure('initial-role.conf', '# a master\n');
    this.pod.configure('snapshots', 'no\n');
    if (hasUsersFile) this.pod.configure('users.acl', USERS);
    const aclfile = hasUsersFile ? `aclfile ${this.pod.data}/users.acl\n` : '';
    this.pod.configure('redis.conf', `dir ${this.pod.data}\nport ${port}\nappendonly yes\n${aclfile}`);
  }

  /** Starts it, after a kill, and returns a connection. */
  async restart(): Promise<FleetServer> {
    await this.program?.stop('SIGKILL');
    this.program = this.pod.run('start.sh');
    await this.program.ready(() => accepts(this.port));
    const access = { password: PASSWORD, ...(this.hasUsersFile && { user: 'migrator' }) };
    return FleetServer.connect(0, { host: '127.0.0.1', port: this.port }, this.users, access);
  }
}

/** Whether the check of a bridge waits in a server for a change of its role. It may read no other key. */
async function waits(port: number): Promise<boolean> {
  const client = connect(port, PASSWORD);
  const read = (key: string): Promise<string> =>
    client.call('XREAD', 'BLOCK', 1, 'STREAMS', key, '$').then(
      () => 'waited',
      (error: unknown) => (error as Error).message,
    );
  const [waited, other] = [await read(WAIT_KEY), await read('another')];
  const written = await client.set(WAIT_KEY, 'x').catch((error: unknown) => (error as Error).message);
  client.disconnect();
  expect([other, written]).toEqual([expect.stringContaining('NOPERM'), expect.stringContaining('NOPERM')]);
  return waited === 'waited';
}

test.each([
  ['users.acl', true],
  ['redis.conf', false],
])('with its users in %s', async (_, hasUsersFile) => {
  const [port] = await freePorts(1);
  const pod = new Pod(port, hasUsersFile);
  let server = await pod.restart();
  const restarted = async (): Promise<string> => {
    await server.persist();
    server.close();
    server = await pod.restart();
    return server.epoch();
  };
  expect(await server.epoch()).toBe('serves A');
  await server.prepare();
  await server.fence('b');
  // The checks of a bridge wait as this user; a server whose default user had no such key, as in an earlier version, is the same.
  expect([await waits(port), await server.epoch()]).toEqual([true, 'fenced for B']);
  expect([await restarted(), await waits(port)]).toEqual(['fenced for B', true]);
  await server.open('b');
  expect([await restarted(), await waits(port)]).toEqual(['serves B', true]);
  await server.redis.call('ACL', 'SETUSER', 'default', 'resetkeys');
  expect([await waits(port), await restarted(), await waits(port)]).toEqual([false, 'serves B', true]);
  // The second user has what the first one may do, and its password.
  const users = (await server.redis.call('ACL', 'LIST')) as string[];
  const [first, second] = ['default', 'ring-2'].map((name) => users.find((user) => user.startsWith(`user ${name} `)));
  const rulesOf = (user = ''): string =>
    user.replace(/^user \S+/, '').replace(/ (sanitize-payload|~\*|%R~cdk8s-twemproxy-wait)/g, '');
  expect(rulesOf(second)).toBe(rulesOf(first));
  await server.open('a');
  expect(await restarted()).toBe('serves A');
  server.close();
});

test.each([
  ['users.acl', true],
  ['redis.conf', false],
])('while a Redis Cluster serves, with its users in %s', async (_, hasUsersFile) => {
  const [port] = await freePorts(1);
  const pod = new Pod(port, hasUsersFile, { a: 'default', b: NOBODY_USER });
  let server = await pod.restart();
  const restarted = async (): Promise<string> => {
    await server.persist();
    server.close();
    server = await pod.restart();
    return server.epoch();
  };
  await server.prepare();
  expect(await restarted()).toBe('serves A');
  await server.fence('b');
  expect(await restarted()).toBe('fenced for B');
  await server.open('b');
  expect(await restarted()).toBe('serves B');
  const client = connect(port, PASSWORD);
  await expect(client.get('key')).rejects.toThrow('NOPERM');
  client.disconnect();
  await server.open('a');
  expect(await restarted()).toBe('serves A');
  server.close();
});
