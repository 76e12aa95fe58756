// A switchover under load, killed at each step, and refused where it would lose something.

import { FAILOVER_STEPS } from '../../migrator/shard/fault-points';
import { IS_LONG } from '../lab/cases';
import { waitingCheck } from '../lab/clients';
import { describe as inWords } from '../lab/history';
import { Lab } from '../lab/lab';
import { type Load } from '../lab/load';
import { Replicated } from '../lab/replicated';

let lab: Lab;
let fleet: Replicated;
const loads: Load[] = [];
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  await Promise.all(loads.splice(0).map((load) => load.end()));
  await fleet.close();
  await lab.close();
});

async function judge(load: Load): Promise<void> {
  const { violations, lost, acknowledgedWrites } = await load.stop();
  expect(violations.map(inWords)).toEqual([]);
  expect(lost).toEqual([]);
  expect(acknowledgedWrites).toBeGreaterThan(0);
}

test('a switchover under load loses nothing, and the Sentinels follow', async () => {
  fleet = await Replicated.start(lab, { shards: 1 });
  await fleet.monitor();
  const [shard] = fleet.shards;
  const load = await fleet.load(shard);
  loads.push(load);
  const { code, output } = await fleet.run('switchover', '--shards', '0', '--to', 'b');
  expect([code, output]).toEqual([0, expect.stringContaining('shard 0: done: b is the master')]);
  expect(await shard.roles()).toEqual(shard.rolesWith('b'));
  expect((await fleet.run('switchover', '--shards', '0', '--to', 'b')).code).toBe(0);
  await judge(load);
});

const ALL = FAILOVER_STEPS.filter((step) => step.startsWith('switchover'));
const STEPS = IS_LONG ? ALL : ALL.filter((step) => /demoted|promoted|told/.test(step));

test('a switchover that is killed at any step is finished by the next run', async () => {
  fleet = await Replicated.start(lab, { shards: STEPS.length });
  await fleet.monitor();
  await Promise.all(
    STEPS.map(async (step, n) => {
      const shard = fleet.shards[n];
      const load = await fleet.load(shard, { operationsPerSecond: 400 });
      loads.push(load);
      const hasEnded = await waitingCheck(shard.servers.b.port, shard.password);
      const dying = fleet.start(['switchover', '--shards', String(n), '--to', 'b'], {
        CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGKILL`,
      });
      expect([step, await dying.exit()]).toEqual([step, null]);
      // Before a Sentinel is told, which ends the checks as well.
      if (step === 'switchover.promoted') expect(await hasEnded()).toBe(true);
      const { code, output } = await fleet.run('switchover', '--shards', String(n), '--to', 'b');
      expect([step, code, output]).toEqual([step, 0, expect.stringContaining('b is the master')]);
      expect([step, await shard.roles()]).toEqual([step, shard.rolesWith('b')]);
      await judge(load);
    }),
  );
});
