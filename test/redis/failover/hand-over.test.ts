// hand-over.sh: a planned stop of a master loses no acknowledged write, and dies at any step without harm.

import { PASSWORD } from '../../lab/clients';
import { Lab } from '../../lab/lab';
import { eventually, ShardLab } from '../../lab/shard-lab';
import { Writers } from '../../lab/writers';

let lab: Lab;
let shard: ShardLab;
let writers: Writers | undefined;
beforeAll(async () => {
  lab = new Lab();
  shard = await ShardLab.create(lab, { password: PASSWORD, roleUser: true });
  await shard.startAll();
});
afterEach(() => writers?.end());
afterAll(async () => {
  shard.disconnect();
  await lab.close();
});

function write(): Writers {
  return (writers = new Writers({ ports: [shard.portOf('a'), shard.portOf('b')], password: PASSWORD }));
}

test('a master that stops under load loses nothing, and comes back as a replica', async () => {
  const load = write();
  await eventually('the load runs', () => load.acknowledged > 500);
  load.resetGap();
  const output = await shard.stop('a');
  process.stderr.write(`${output} gap ${load.longestGap} of ${load.acknowledged}\n`);
  expect(output).toMatch(/writes were held for \d+ ms\n.*handed over to 127\.0\.0\.1 \d+\n$/);
  expect((await shard.info('b')).role).toBe('master');
  const before = load.acknowledged;
  await eventually('the load goes on', () => load.acknowledged > before + 100);
  shard.start('a');
  await shard.settled('b');
  expect(await load.lostOn(shard.client('b'))).toEqual([]);
});
