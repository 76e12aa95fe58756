// A fleet with replicas whose charts are applied phase by phase, under load: it grows from two to three shards, shrinks and grows again, while servers
// are stopped, killed and replaced in every epoch. No write is lost but what a killed master had not replicated, and no old value is read.

import { otherSide } from '../../lib/failover/replica-plan';
import { ReshardPhase } from '../../lib';
import { type Operation } from '../lab/history';
import { type CopyJob } from '../lab/copy-job';
import { FULL_HANDSHAKES, haproxyMetric } from '../lab/haproxy-check';
import { Lab, type Program, until } from '../lab/lab';
import { type Load } from '../lab/load';
import { type LabPod } from '../lab/pod';
import { kill, LabReshardCharts } from '../lab/reshard-charts';
import { outputOf } from '../lab/tls';

const { RESHARDING, RESHARDED, STABLE } = ReshardPhase;
const TWO = [1, 1];
const THREE = [1, 1, 1];

/** How long before the kill of a master a write may be that its replica did not get, and how long after it a client may learn of its reply. */
const LOST_MS = { before: 500, after: 1000 };

let lab: Lab;
let fleet: LabReshardCharts | undefined;
let load: Load | undefined;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  await load?.end();
  await fleet?.close();
  await lab.close();
});

/** Waits until the load has had this many more replies. */
async function moreReplies(running: Load, count = 300): Promise<void> {
  const before = running.acknowledgedWrites;
  await until('the load goes on', () => running.acknowledgedWrites > before + count);
}

const programsOf = (pod: LabPod): Program[] => pod.spec.containers.map(({ name }) => pod.program(name));

test.each([
  ['', false],
  [', with TLS only', true],
])('a fleet with replicas%s grows by its charts, shrinks, and grows again', async (_what, hasTls) => {
  const running = (fleet = await LabReshardCharts.start(lab, { first: TWO, mostShards: 3, hasReplicas: true, hasTls }));
  const clients = (load = await running.load({ operationsPerSecond: 800 }));
  const kills: number[] = [];
  const before = running.serverProcesses();
  const failOver = async (shard: number): Promise<void> => {
    const master = await running.masterOf(shard);
    kills.push(performance.now());
    await running.kill(shard, master);
    await until('the replica is promoted', async () => (await running.masterOf(shard)) !== master, 120_000);
    await running.untilReplicated();
    await moreReplies(clients);
  };

  const growing = { rings: [TWO, THREE], phase: RESHARDING };
  await running.apply(growing);
  // No server of the old ring was restarted.
  expect(running.serverProcesses()).toMatchObject(before);
  expect(await running.votes(2)).toEqual(Array(3).fill(running.portOf(2, 'a')));
  await moreReplies(clients);
  const keys = await running.fill(200);
  const contents = await running.contents(keys, 'a');
  expect(await running.runJob('preflight')).toMatch(/\d+ keys with .* would move/);
  const copy = await running.copyJob();
  // A planned stop of a master while the old ring serves.
  await running.restart(1, 'a');
  await running.untilReplicated();
  await copy.follows();
  expect(await running.masterOf(1)).toBe('b');
  expect(await running.runJob('verify')).toContain('moving keys are the same on both rings');

  // It waits for its ring.
  const starting = running.startProxyPod({ ...growing, phase: RESHARDED });
  const early = await starting;
  expect(await early.ready()).toBe(false);
  await running.runJob('switch');
  await moreReplies(clients);
  expect([await running.contents(keys, 'b'), await running.checksWait()]).toEqual([contents, true]);
  await until('the proxy of the new ring is ready', () => early.ready());
  await kill(early);

  // A switchover, and a failover, while ring-2 serves and the old ring is followed back.
  await running.switchOver(1, 'a');
  await running.untilReplicated();
  expect(await running.masterOf(1)).toBe('a');
  await copy.follows();
  await failOver(0);
  await copy.follows();
  await running.runJob('return');
  await moreReplies(clients);
  expect([await running.contents(keys, 'a'), await running.checksWait()]).toEqual([contents, true]);
  const [stalled] = running.proxyPods;
  for (const program of programsOf(stalled)) program.child.kill('SIGSTOP');
  await running.runJob('switch');
  for (const program of programsOf(stalled)) program.child.kill('SIGCONT');
  await moreReplies(clients);
  await finish(running, growing.rings, copy, clients);
  expect(await running.contents(keys, 'b')).toEqual(contents);

  // While ring-2 serves and nothing changes: a replica that lost its disk has the epoch of its master, which then hands over to it.
  const replica = otherSide(await running.masterOf(2));
  await running.restart(2, replica, true);
  await running.untilReplicated();
  expect(await running.usersThatServe()).toEqual(['ring-2']);
  await running.restart(2, otherSide(replica));
  await running.untilReplicated();
  expect([await running.masterOf(2), await running.checksWait()]).toEqual([replica, true]);
  await failOver(1);
  expect(await running.usersThatServe()).toEqual(['ring-2']);
  expect(await running.contents(keys, 'b')).toEqual(contents);

  // The next change, of which the users are exchanged.
  const shrinking = { rings: [TWO, THREE, TWO], phase: RESHARDING };
  await running.apply(shrinking);
  const back = await running.copyJob();
  await running.runJob('switch');
  await moreReplies(clients);
  await running.restart(0, await running.masterOf(0));
  await running.untilReplicated();
  await back.follows();
  await finish(running, shrinking.rings, back, clients);
  expect(await running.contents(keys, 'b')).toEqual(contents);
  // The Sentinels have forgotten the shard that has left.
  expect([await running.votes(1), await running.votes(2)]).toEqual([
    expect.not.arrayContaining([undefined]),
    [undefined, undefined, undefined],
  ]);
  expect([running.shardPods.length, await running.usersThatServe()]).toEqual([4, ['default']]);

  // A shard that joins again has the disks of then.
  await running.apply({ rings: [TWO, THREE, TWO, THREE], phase: RESHARDING });
  const third = await running.copyJob();
  await running.runJob('switch');
  await moreReplies(clients);
  expect([await running.contents(keys, 'b'), await running.usersThatServe()]).toEqual([contents, ['ring-2']]);
  await third.stop();
  await clients.stop();
  load = undefined;
  const mayBeUndone = ({ start, end }: Operation): boolean =>
    kills.some((time) => end > time - LOST_MS.before && start < time + LOST_MS.after);
  expect(clients.history.forgiving(mayBeUndone).violations()).toEqual([]);
  expect(clients.acknowledgedWrites).toBeGreaterThan(2000);
});

test('the proxies resume sessions to ask which ring serves, and neither they nor the Jobs ask servers with the name of another one', async () => {
  const running = (fleet = await LabReshardCharts.start(lab, {
    first: TWO,
    mostShards: 3,
    hasReplicas: true,
    hasTls: true,
  }));
  await running.apply({ rings: [TWO, THREE], phase: RESHARDING });
  expect(await running.runJob('preflight')).toMatch(/would move/);
  // Otherwise each question, and each check, would begin one.
  const [healthPort] = running.healthPorts;
  await until('a second has no full handshake', async () => (await haproxyMetric(healthPort, FULL_HANDSHAKES)) === '0');
  running.renameServers('somewhere-else');
  const [proxy] = running.proxyPods;
  await until('the bridge reports it', () =>
    /ring-a\/w0 is DOWN, reason: Layer6 .*Server presented an SSL certificate different from the expected one/.test(
      outputOf(proxy, 'bridge'),
    ),
  );
  await expect(running.runJob('preflight')).rejects.toThrow(
    /6389: its certificate of somewhere-else \(issued by lab.*is refused.*issue it for the name of this server as well/,
  );
});

/** What the runbooks of the phases RESHARDED and STABLE do. */
async function finish(running: LabReshardCharts, rings: number[][], copy: CopyJob, clients: Load): Promise<void> {
  await running.apply({ rings, phase: RESHARDED });
  expect(await running.runJob('status')).toContain('serves B');
  await copy.stop();
  await running.runJob('purge');
  expect(await running.foreignKeys('b')).toEqual([]);
  await running.apply({ rings, phase: STABLE });
  await moreReplies(clients);
}
