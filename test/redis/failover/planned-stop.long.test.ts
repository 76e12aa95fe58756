// hand-over.sh: a planned stop of a master loses no acknowledged write; without a replica that can take over, it changes nothing.
// The tests share two servers and three Sentinels, one after the other.

import { PASSWORD } from '../../lab/clients';
import { Lab } from '../../lab/lab';
import { ShardLab } from '../../lab/shard-lab';
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

async function underLoad(): Promise<Writers> {
  const load = new Writers({ ports: [shard.portOf('a'), shard.portOf('b')], password: PASSWORD });
  writers = load;
  await shard.waitFor('the load runs', () => load.acknowledged > 500);
  load.resetGap();
  return load;
}

test('a master that stops under load loses nothing, and comes back as a replica', async () => {
  const [master, replica] = await shard.roles();
  const load = await underLoad();
  const output = await shard.stop(master);
  expect(output).toMatch(/writes were held for \d+ ms\n.*handed over to 127\.0\.0\.1 \d+\n$/);
  expect((await shard.info(replica)).role).toBe('master');
  const before = load.acknowledged;
  await shard.waitFor('the load goes on', () => load.acknowledged > before + 100);

  // Its own partner is back, but not in sync: it waits for it.
  shard.start(master);
  const back = await shard.stop(replica);
  expect(back).toMatch(/waiting: (the partner is not a replica|no Sentinel considers)[^]*handed over/);
  shard.start(replica);
  await shard.settled(master);
  expect(await load.lostOn(shard.client(master))).toEqual([]);
});

test('a master whose replica is stalled or gone keeps its role and serves, and then just stops', async () => {
  const [master, replica] = await shard.roles();
  const load = await underLoad();
  const { child } = shard.program(replica);
  const give = async (): Promise<string> => {
    const hook = shard.handOver(master, { HAND_OVER_SECONDS: '1' });
    expect(await hook.exit()).toBe(0);
    return hook.output;
  };
  child.kill('SIGSTOP');
  expect(await give()).toMatch(/stopping without a hand-over: the partner (is not|did not)/);
  child.kill('SIGCONT');
  await shard.kill(replica);
  expect(await give()).toContain('stopping without a hand-over: the partner is not a replica that is in sync');
  expect((await shard.info(master)).role).toBe('master');
  const before = load.acknowledged;
  await shard.waitFor('the load goes on', () => load.acknowledged > before + 100);
  expect(await load.lostOn(shard.client(master))).toEqual([]);
  shard.start(replica);
});
