// Two pools on the same servers migrate together.

import { HashType, NutcrackerPool } from '../../lib';
import { connect } from '../lab/clients';
import { Lab } from '../lab/lab';
import { LabMove } from '../lab/move';
import { moved } from './moving';

const KEYS = Array.from({ length: 60 }, (_, i) => `key:${i}`);

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

/** Writes a value to each key through a pool. */
async function write(port: number, value: string): Promise<void> {
  const client = connect(port, '');
  await Promise.all(KEYS.map((key) => client.set(key, `${value} ${key}`)));
  client.disconnect();
}

async function read(port: number): Promise<(string | null)[]> {
  const client = connect(port, '');
  return Promise.all(KEYS.map((key) => client.get(key))).finally(() => {
    client.disconnect();
  });
}

test('with a database and a hash for each pool, every key is where its pool looks for it, before and after', async () => {
  const move = await LabMove.of(lab, {
    servers: 2,
    password: '',
    pool: { redisAuth: undefined },
    // The same servers in another order.
    others: ({ settings, servers }) => [
      new NutcrackerPool({
        ...settings,
        name: 'jobs',
        listen: '127.0.0.1:22122',
        hash: HashType.MD5,
        redisDb: 3,
        servers: [...servers].reverse(),
      }),
    ],
  });
  await move.start();
  const [{ ports }] = move.proxies;
  const pools = [ports.proxy, ports.others[0]];
  await write(pools[0], 'web');
  await write(pools[1], 'jobs');
  expect(await move.run('preflight')).toContain('nothing prevents the migration (0 warnings)');
  await move.run('sync');
  await move.run('verify', '--full');
  await move.run('cutover');
  expect(await move.roles()).toEqual(moved(move));
  expect(await read(pools[0])).toEqual(KEYS.map((key) => `web ${key}`));
  expect(await read(pools[1])).toEqual(KEYS.map((key) => `jobs ${key}`));
  await write(pools[1], 'new');
  await move.rollOut();
  const [after] = move.proxies;
  expect(await read(after.ports.proxy)).toEqual(KEYS.map((key) => `web ${key}`));
  expect(await read(after.ports.others[0])).toEqual(KEYS.map((key) => `new ${key}`));
});
