// What status prints in each state of a shard, and its exit codes.

import { type ShardStatus, status } from '../../failover/commands/status';
import { status as summary } from '../../failover/commands/summaries';
import { exitCodeOf } from '../../migrator/program/outcome';
import { readFailoverStatus } from '../../cli/input/failover-status';
import { inputOf } from '../cli/program';
import { Lab, until } from '../lab/lab';
import { Replicated } from '../lab/replicated';

let lab: Lab;
let fleet: Replicated;
beforeEach(async () => {
  lab = new Lab();
  fleet = await Replicated.start(lab, { shards: 1, downAfterMs: 60_000 });
});
afterEach(async () => {
  await fleet.close();
  await lab.close();
});

/** What the command finds, and prints. */
async function found(): Promise<{ code: number; output: string; jsonLine: string; shard: ShardStatus }> {
  const context = fleet.context();
  const { shards, outcomes } = await status(context);
  context.sentinels.close();
  const { text, json } = summary(context.plan, shards, outcomes);
  const jsonLine = JSON.stringify({ time: new Date().toISOString(), kind: 'summary', ...json });
  return { code: exitCodeOf(outcomes), output: text.join('\n'), jsonLine, shard: shards[0] };
}

test('a shard before and while the Sentinels monitor it', async () => {
  const [{ servers }] = fleet.shards;
  const before = await found();
  expect([before.code, before.output]).toEqual([
    4,
    expect.stringContaining('3 of 3 do not monitor it: nothing promotes a replica'),
  ]);
  await fleet.monitor();
  const { code, output, jsonLine, shard } = await found();
  expect(code).toBe(0);
  expect(output).toMatch(
    /shard {4}0 {2}ready {8}master a 127\.0\.0\.1:\d+, b can take over, 0 keys, lag 0 B, 3 of 3 Sentinels name it\n1 ready$/,
  );
  expect(shard).toMatchObject({
    shard: 0,
    a: `127.0.0.1:${servers.a.port}`,
    state: 'ready',
    master: 'a',
    successor: 'b',
    votes: fleet.plan.sentinels.map((sentinel) => ({ sentinel, names: 'a' })),
    problems: [],
  });

  await fleet.sentinels[0].kill();
  const one = await found();
  for (const text of [jsonLine, one.jsonLine]) {
    const read = await readFailoverStatus('-', inputOf(text));
    expect(read).toMatchObject({ fleet: fleet.plan.fleet, shardsInFleet: 1, shards: [{ shard: 0, successor: 'b' }] });
  }
  expect([one.code, one.output]).toEqual([
    0,
    expect.stringContaining('Sentinels: 2 of 3 name a, 1 of 3 cannot be reached'),
  ]);
  await fleet.sentinels[1].kill();
  const two = await found();
  expect([two.code, two.output]).toEqual([4, expect.stringContaining('too few for a failover')]);
});

test('each state of the two servers', async () => {
  await fleet.monitor();
  await fleet.keepRoles();
  fleet.keepsPriorities = false;
  const { a, b } = fleet.shards[0].servers;
  const says = async (code: number, ...texts: string[]): Promise<void> => {
    const { code: own, output } = await found();
    for (const text of texts) expect([own, output]).toEqual([code, expect.stringContaining(text)]);
  };
  await b.client.config('SET', 'replica-priority', 0);
  await says(4, '0  behind', 'b cannot take over: it has not confirmed yet that it is in sync (replica-priority 0)');
  await b.client.replicaof('127.0.0.1', 1);
  await says(4, '0  detached', 'with 0 keys was demoted, and does not follow a; run switchover --shards 0 --to a');
  await b.client.replicaof('NO', 'ONE');
  await says(3, '0  two masters', 'failover --shards 0 --to a or b --accept-data-loss');
  await a.client.replicaof('127.0.0.1', 1);
  await says(4, 'master b', 'but b is the master; they accept it within 30 seconds');
  await b.client.replicaof('127.0.0.1', a.port);
  await says(3, '0  interrupted', 'run switchover --shards 0 again');
  await a.client.replicaof('127.0.0.1', b.port);
  await says(3, '0  no master', 'follows b', 'follows a');
  await a.client.replicaof('NO', 'ONE');
  await b.client.config('SET', 'replica-priority', 100);
  await until('b is in sync', async () => (await found()).code === 0);
  await a.kill();
  await says(3, '0  master lost', 'Sentinel promotes b within seconds; if not, run failover --shards 0');
  await b.client.config('SET', 'replica-priority', 0);
  await says(3, 'b was not in sync', 'run failover --shards 0 --to b --accept-data-loss');
  await b.client.replicaof('127.0.0.1', 1);
  await says(3, '0  stranded');
  await b.client.replicaof('NO', 'ONE');
  await says(4, '0  alone', 'ECONNREFUSED', 'without it the shard does not survive the loss of b');
  await b.kill();
  await says(3, '0  unreachable', 'bring one of them back');
});
