// What happens when nobody runs an interrupted command again, when servers die during a switchover, and many switchovers in a row.

import { otherSide, type Side } from '../../lib/failover/replica-plan';
import { FAILOVER_STEPS } from '../../migrator/shard/fault-points';
import { describe as inWords } from '../lab/history';
import { Lab, until } from '../lab/lab';
import { type Load } from '../lab/load';
import { type LabShard, Replicated } from '../lab/replicated';

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

test('switchovers in both directions lose nothing', async () => {
  fleet = await Replicated.start(lab, { shards: 1 });
  await fleet.monitor();
  const load = await fleet.load(fleet.shards[0]);
  loads.push(load);
  const gaps: number[] = [];
  let master: Side = 'a';
  for (let n = 0; n < 6; n++) {
    await fleet.untilReady();
    load.takeGaps();
    master = otherSide(master);
    const { code, output } = await fleet.run('switchover', '--shards', '0', '--to', master);
    expect([code, output]).toEqual([0, expect.stringContaining(`${master} is the master`)]);
    gaps.push(...load.takeGaps());
  }
  if (process.env.MEASURE) console.log(gaps.map(Math.round).sort((a, b) => a - b));
  await judge(load);
});

test.each(FAILOVER_STEPS.filter((step) => /switchover.(demoted|promoted|followed)/.test(step)))(
  'Sentinel finishes a switchover that died at %s and is not run again',
  async (step) => {
    fleet = await Replicated.start(lab, { shards: 1 });
    await fleet.monitor();
    const [shard] = fleet.shards;
    const load = await fleet.load(shard, { operationsPerSecond: 200 });
    loads.push(load);
    const dying = fleet.start(['switchover', '--shards', '0'], { CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGKILL` });
    expect(await dying.exit()).toBeNull();
    // Sentinel waits for 23 seconds.
    await untilServes(shard, 'b', 2);
    await until('a follows', async () => (await shard.role('a')) === `slave of ${shard.servers.b.port}`);
    await judge(load);
  },
);

/** Waits several times as long as `until`. */
async function untilServes(shard: LabShard, side: Side, times: number): Promise<void> {
  const what = `the bridge of shard ${shard.shard} routes to ${side}`;
  const waiting = until(what, () => shard.serves === side);
  await (times > 1 ? waiting.catch(() => untilServes(shard, side, times - 1)) : waiting);
}

test.each(['a', 'b'] as const)('server %s may die while the role is handed over', async (side) => {
  fleet = await Replicated.start(lab, { shards: 1 });
  await fleet.monitor();
  const [shard] = fleet.shards;
  const load = await fleet.load(shard, { operationsPerSecond: 200 });
  loads.push(load);
  const program = fleet.start(['switchover', '--shards', '0', '--to', 'b', '--patience', '5'], {
    CDK8S_TWEMPROXY_SIGNAL_AT: 'switchover.demoted SIGSTOP',
  });
  await until('it stops', () => program.isStopped);
  await shard.servers[side].kill();
  program.child.kill('SIGCONT');
  await program.exit();
  const other = otherSide(side);
  await until(`the bridge routes to ${other}`, () => shard.serves === other);
  await judge(load);
});

test.each(FAILOVER_STEPS.filter((step) => step.startsWith('failover')))(
  'an accepted loss that is killed at %s is finished by the next run',
  async (step) => {
    fleet = await Replicated.start(lab, { shards: 1, downAfterMs: 500 });
    await fleet.monitor();
    fleet.keepsPriorities = false;
    const [shard] = fleet.shards;
    const { a, b } = shard.servers;
    await b.client.config('SET', 'replica-priority', 0);
    await b.kill();
    await a.kill();
    await b.start(a.port);
    const accept = ['failover', '--shards', '0', '--to', 'b', '--accept-data-loss'];
    await until('it dies there', async () => {
      const dying = fleet.start(accept, { CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGKILL` });
      const code = await dying.exit();
      if (code === 0) throw new Error(`it never reached ${step}`);
      return code === null;
    });
    await until('another run finishes', async () => (await fleet.run(...accept)).code === 0);
    await until('the bridge routes to b', () => shard.serves === 'b');
  },
);
