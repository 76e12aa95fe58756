// A fleet of realistic size: 108 real servers behind a real proxy, from synthesized manifests.

import { DURABLE, LabFleet } from './lab/fleet';
import { Lab, until } from './lab/lab';

const SHARDS = 108;
const KEYS = Array.from({ length: 20_000 }, (_, i) => `user:{${i}}:cart`);
const ORDINALS = Array.from({ length: SHARDS }, (_, ordinal) => ordinal);

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

/** Starts four shards at a time, for a machine with two cores. */
async function start(it: LabFleet, ordinals: readonly number[]): Promise<void> {
  const waiting = [...ordinals];
  const starter = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await it.startShard(next);
  };
  await Promise.all([starter(), starter(), starter(), starter()]);
}

async function readAll(it: LabFleet): Promise<(string | null)[]> {
  const client = it.client();
  try {
    return await Promise.all(KEYS.map((key) => client.get(key)));
  } finally {
    client.disconnect();
  }
}

test('108 shards hold each key where the old ring places it, and keep all keys when a third is killed', async () => {
  const it = await LabFleet.synthesize(lab, { servers: SHARDS, redis: DURABLE });
  await start(it, ORDINALS);
  await it.startProxy();
  const client = it.client();
  await Promise.all(KEYS.map((key) => client.set(key, key)));
  client.disconnect();

  const expected = ORDINALS.map((ordinal) => KEYS.filter((key) => it.ordinalOf(key) === ordinal).length);
  const clients = ORDINALS.map((ordinal) => it.shardClient(ordinal));
  expect(await Promise.all(clients.map((shard) => shard.dbsize()))).toEqual(expected);
  for (const shard of clients) shard.disconnect();

  const killed = ORDINALS.filter((ordinal) => ordinal % 3 === 0);
  await Promise.all(killed.map((ordinal) => it.stopShard(ordinal, 'SIGKILL')));
  await start(it, killed);
  await until('the proxy has found every shard again', () =>
    readAll(it).then(
      () => true,
      () => false,
    ),
  );
  expect(await readAll(it)).toEqual(KEYS);
});
