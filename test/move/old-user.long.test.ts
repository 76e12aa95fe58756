// A separate user of the old servers for the migration: the default user has only the rights of the applications.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { connect, PASSWORD } from '../lab/clients';
import { readDataset } from '../lab/dataset';
import { Lab, until } from '../lab/lab';
import { LabMove } from '../lab/move';
import { rightsFor } from '../../migrator/redis/rights';

const USER = 'mover.v1';
const USER_PASSWORD = 'any "pass\\word" %s $HOME';

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

/** A fleet whose old servers have a user with the documented rights, and a different password. */
async function started(servers: number, keepLegacyInSync: boolean, proxies = 1): Promise<LabMove> {
  const proof = (password: string): string => createHash('sha256').update(password).digest('hex');
  const lines = [
    `user default on #${proof(PASSWORD)} ~* &* +@all`,
    `user admin on #${proof(PASSWORD)} ~* &* +@all`,
    `user ${USER} on #${proof(USER_PASSWORD)} ~* &* -@all ${rightsFor(keepLegacyInSync).join(' ')}`,
  ];
  const users = (ordinal: number): string => {
    const file = lab.write(`users-${ordinal}/users.acl`, lines.map((line) => `${line}\n`).join(''));
    for (const it of [file, path.dirname(file)]) fs.chmodSync(it, 0o777);
    return file;
  };
  const oldUser = { name: USER, password: { name: 'old-user' } };
  move = await LabMove.of(lab, {
    servers,
    proxies,
    directives: (ordinal) => [
      ['aclfile', users(ordinal)],
      // As of a former replica: the new server has no such user.
      ['masteruser', 'nobody-else'],
    ],
    fleet: { oldSecretValue: USER_PASSWORD, migration: { keepLegacyInSync, oldUser } },
  });
  await move.start();
  return move;
}

async function withOld<T>(it: LabMove, ordinal: number, act: (client: Redis) => Promise<T>): Promise<T> {
  const client = connect(it.old.portOf(ordinal), PASSWORD, { username: 'admin' });
  return act(client).finally(() => {
    client.disconnect();
  });
}

/** From now on, the default user can neither read nor change the role. */
async function restrict(it: LabMove): Promise<void> {
  const commands: [string, ...string[]][] = [
    ['ACL', 'SETUSER', 'default', '-@admin', '-@dangerous'],
    ['ACL', 'LOG', 'RESET'],
  ];
  for (const command of commands) {
    await Promise.all(it.ordinals.map((n) => withOld(it, n, (client) => client.call(...command))));
  }
}

async function contents(it: LabMove, keys: readonly string[][]): Promise<unknown[]> {
  return Promise.all(keys.map((ofShard, n) => withOld(it, n, (client) => readDataset(client, ofShard))));
}

/** The denied commands in the ACL logs of the old servers. */
async function deniedCommands(it: LabMove): Promise<string[]> {
  const logs = await Promise.all(
    it.ordinals.map((ordinal) => withOld(it, ordinal, (client) => client.call('ACL', 'LOG') as Promise<string[][]>)),
  );
  return logs.flat().map((entry) => JSON.stringify(entry));
}

test('a fleet migrates under load as that user, over a restart of a shard, and back', async () => {
  const it = await started(2, true);
  const keys = await it.old.fill(22);
  await restrict(it);
  const load = await it.load({ clients: 8 });
  const before = await contents(it, keys);
  await it.run('preflight');
  await it.run('sync');
  await it.fleet.shard(0).stop('SIGKILL');
  await it.fleet.startShard(0);
  expect(await it.run('sync')).toContain('in sync');
  expect(await withOld(it, 0, (client) => client.call('CLIENT', 'LIST', 'TYPE', 'replica'))).toContain(`user=${USER} `);
  await it.run('verify', '--full');

  await it.run('cutover');
  expect(await it.run('status')).toContain('2 following');
  const writes = load.acknowledgedWrites;
  await until('clients write after the cutover', () => load.acknowledgedWrites > writes + 200);
  await it.run('rollback');
  await until('clients write after the rollback', () => load.acknowledgedWrites > writes + 600);
  const { violations, lost } = await load.stop();
  expect({ violations, lost }).toEqual({ violations: [], lost: [] });
  expect(await contents(it, keys)).toEqual(before);
  expect(await deniedCommands(it)).toEqual([]);
});

test('missing rights, and a missing or wrong password, are reported', async () => {
  const it = await started(1, false, 0);
  const refused = async (code: number, env: NodeJS.ProcessEnv, command: string): Promise<string> => {
    const program = it.migratorWith(env, command);
    expect([command, await program.exit()]).toEqual([command, code]);
    return program.output;
  };
  expect(await refused(2, { OLD_PASSWORD: '' }, 'status')).toContain(
    `the plan has oldUser ${USER}, but its password is missing`,
  );
  const wrong = await refused(3, { OLD_PASSWORD: 'another' }, 'preflight');
  expect(wrong).toMatch(/error: shard 0: password: \S+ WRONGPASS .*password of mover\.v1/);
  await withOld(it, 0, (client) => client.call('ACL', 'SETUSER', USER, '-replicaof'));
  expect(await refused(3, {}, 'sync')).toContain(`run on that server ACL SETUSER ${USER} +replicaof,`);
});
