// The minimal rights for a migration: computed from the commands, and compared with the command statistics of a server.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Redis } from 'ioredis';
import { everyNth } from '../lab/cases';
import { connect, PASSWORD } from '../lab/clients';
import { Lab } from '../lab/lab';
import { LabMove } from '../lab/move';
import { rightsFor } from '../../migrator/redis/rights';

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

/** A fleet of one shard with data, whose old server has its users in a file. */
async function started(keepLegacyInSync: boolean): Promise<LabMove> {
  const proof = createHash('sha256').update(PASSWORD).digest('hex');
  const users = lab.write(
    'users/users.acl',
    ['default', 'admin'].map((user) => `user ${user} on #${proof} ~* &* +@all\n`).join(''),
  );
  for (const file of [users, path.dirname(users)]) fs.chmodSync(file, 0o777);
  const directives = (): string[][] => [['aclfile', users]];
  move = await LabMove.of(lab, { servers: 1, proxies: 0, directives, fleet: { migration: { keepLegacyInSync } } });
  await move.start();
  await move.old.fill(22);
  return move;
}

async function withOld<T>(it: LabMove, act: (client: Redis) => Promise<T>): Promise<T> {
  const client = connect(it.old.portOf(0), PASSWORD, { username: 'admin' });
  return act(client).finally(() => {
    client.disconnect();
  });
}

async function restrict(it: LabMove, rights: readonly string[]): Promise<void> {
  await withOld(it, async (client) => {
    await client.call('CONFIG', 'RESETSTAT');
    await client.call('ACL', 'SETUSER', 'default', '-@all', ...rights);
  });
}

/** The commands that the server has run since, as rights. */
async function usedRights(it: LabMove): Promise<string[]> {
  const stats = await withOld(it, (client) => client.info('commandstats'));
  return [...stats.matchAll(/^cmdstat_([^:]+):calls=([1-9]\d*)/gm)].map(([, name]) => `+${name}`).sort();
}

/** Commands that need no right, and those of this test. */
const OTHERS = ['+auth', '+config|resetstat', '+acl|setuser'];

/** Rights that other versions or other data need. */
const FOR_OTHERS = ['+acl|setuser', '+bgsave', '+client|kill', '+dump', '+exec', '+ping', '+xpending'];

test.each(everyNth(2, [true, false]))(
  'a fleet whose default user has only these rights migrates, and back (the old server follows: %s)',
  async (follows) => {
    const it = await started(follows);
    const rights = rightsFor(follows);
    await restrict(it, rights);

    for (const command of ['preflight', 'sync', 'verify', 'cutover']) {
      await it.run(command, ...(command === 'verify' ? ['--full'] : []));
    }
    expect(await it.run('status')).toContain(follows ? '1 following' : '1 moved');
    await it.run('rollback', ...(follows ? [] : ['--accept-loss']));

    const sent = (await usedRights(it)).filter((right) => !OTHERS.includes(right));
    expect(sent.filter((right) => !rights.includes(right) && !rights.includes(right.replace(/\|.*/, '')))).toEqual([]);
    const unused = rights.filter((right) => !sent.some((one) => one === right || one.startsWith(`${right}|`)));
    expect(unused.filter((right) => !FOR_OTHERS.includes(right))).toEqual([]);
  },
);

test('the documents have the computed rights', () => {
  const text = fs.readFileSync(path.join(__dirname, '../../docs/migrator.md'), 'utf8');
  const lines = [...text.matchAll(/^ACL SETUSER default (.*)$/gm)].map(([, rights]) => rights);
  expect(lines.join(' ').split(' ').sort()).toEqual(rightsFor(true));
});

test('missing rights are reported before anything starts, with the command that grants them, and not as a wrong password', async () => {
  const it = await started(false);
  await restrict(it, ['+@all', '-@dangerous', '-@transaction', '+multi']);
  const refused = async (...args: [string, ...string[]]): Promise<string> => {
    const program = it.migrator(...args);
    expect([args, await program.exit()]).toEqual([args, 3]);
    return program.output;
  };
  const preflight = await refused('preflight');
  expect(preflight).toMatch(
    /error: shard 0: rights: user default of \S+ lacks rights: ACL LIST, .*CONFIG REWRITE, CONFIG SET, INFO, /,
  );
  expect(preflight).not.toContain('password');
  const [grant] = /ACL SETUSER default [^;,]+/.exec(preflight) ?? [''];
  await withOld(it, (client) => client.call(...(grant.split(' ') as [string, ...string[]])));

  await it.run('preflight');
  await withOld(it, (client) => client.call('ACL', 'SETUSER', 'default', '-replicaof'));
  expect(await refused('sync')).toContain('run on that server ACL SETUSER default +replicaof,');
  await withOld(it, (client) => client.call('ACL', 'SETUSER', 'default', '+replicaof'));
  await it.run('sync');
  await withOld(it, (client) => client.call('ACL', 'SETUSER', 'default', '-replicaof'));
  expect(await refused('cutover')).toContain('lacks rights: REPLICAOF;');
  expect(await it.run('status')).toContain('1 in sync');
});
