// The old fleet of the lab behaves as the tests of a migration expect.

import { type Redis } from 'ioredis';
import { connect } from './clients';
import { isStream, readDataset } from './dataset';
import { Lab } from './lab';
import { OldFleet, type OldFleetProps } from './old-fleet';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

async function started(props: OldFleetProps): Promise<OldFleet> {
  const old = await OldFleet.of(lab, props);
  await old.start();
  return old;
}

async function withClient<T>(client: Redis, use: (client: Redis) => Promise<T>): Promise<T> {
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

test('it has data of every type where the ring places it, and keeps it over a restart', async () => {
  // With `everysec`, writes acknowledged while the disk is busy would not survive SIGKILL. No reply may time out.
  const directives = () => [['appendfsync', 'always']];
  const old = await started({ servers: 3, appendonly: true, directives, pool: { timeout: 30_000 } });
  await old.startProxy();
  const keys = await old.fill(55);
  const direct = (ordinal: number) =>
    withClient(old.serverClient(ordinal), (client) => readDataset(client, keys[ordinal]));
  const before = await Promise.all(old.ordinals.map(direct));
  const compared = keys.map((ofServer) => ofServer.filter((key) => !key.startsWith('fleeting')));
  expect(before.map((contents) => Object.keys(contents))).toEqual(compared);
  expect(before.flatMap((contents) => Object.values(contents))).not.toContainEqual({ content: null, expires: false });

  await Promise.all(old.ordinals.map((ordinal) => old.restart(ordinal, ordinal === 0 ? 'SIGTERM' : 'SIGKILL')));

  expect(await Promise.all(old.ordinals.map(direct))).toEqual(before);
  const all = Object.assign({}, ...before) as Record<string, unknown>;
  const plain = Object.keys(all).filter((key) => !isStream(key));
  expect(await withClient(old.client(), (client) => readDataset(client, plain))).toEqual(
    Object.fromEntries(plain.map((key) => [key, all[key]])),
  );
});

test.each([
  ['writable', false],
  ['read-only', true],
  ['none', true],
] as const)('with a configuration file that is %s, CONFIG REWRITE fails: %s', async (configFile, fails) => {
  const old = await started({ servers: 1, configFile: () => configFile, directives: () => [['maxclients', '77']] });
  const client = old.serverClient(0);
  expect(await client.config('GET', 'maxclients')).toEqual(['maxclients', '77']);
  const rewritten = client.config('REWRITE').then(
    () => false,
    () => true,
  );
  expect(await rewritten).toBe(fails);
  client.disconnect();
});

test('a role saved by CONFIG REWRITE survives a restart', async () => {
  // Redis 6.0 rewrites requirepass without quotes, and then does not start with a password that needs quotes.
  const old = await started({ servers: 1, password: 'plain' });
  const role = () => withClient(old.serverClient(0), (client) => client.role());
  await withClient(old.serverClient(0), async (client) => {
    await client.call('SLAVEOF', '127.0.0.1', '1');
    await client.config('REWRITE');
  });
  await old.restart(0, 'SIGKILL');
  expect((await role())[0]).toBe('slave');
});

test('commands can be renamed, and a frozen server does not reply until it is thawed', async () => {
  const old = await started({ servers: 1, directives: () => [['rename-command', 'CONFIG', 'hidden']] });
  const client = old.serverClient(0);
  await expect(client.config('GET', 'port')).rejects.toThrow('unknown command');
  expect(await client.call('hidden', 'GET', 'port')).toEqual(['port', String(old.portOf(0))]);

  old.freeze(0);
  const impatient = connect(old.portOf(0), old.password, { commandTimeout: 100 });
  await expect(impatient.ping()).rejects.toThrow('Command timed out');
  old.thaw(0);
  expect(await client.ping()).toBe('PONG');
  impatient.disconnect();
  client.disconnect();
});
