// A fleet whose charts are applied phase by phase, under load: it grows from four to five shards, returns, grows again, and shrinks to
// four. No write is lost, and no old value is read, also by the clients of a proxy that was stopped meanwhile.

import { ReshardPhase } from '../../lib';
import { type CopyJob } from '../lab/copy-job';
import { Lab, type Program, until } from '../lab/lab';
import { type Load } from '../lab/load';
import { type LabPod } from '../lab/pod';
import { kill, LabReshardCharts } from '../lab/reshard-charts';

const { RESHARDING, RESHARDED, STABLE } = ReshardPhase;
/** As `resize` proposes them: nothing moves between the four. */
const FOUR = [1, 1, 1, 1];
const FIVE = [1, 1, 1, 1, 1];

let lab: Lab;
let load: Load | undefined;
let closeFleet: () => Promise<void>;
beforeEach(() => {
  lab = new Lab();
  closeFleet = () => Promise.resolve();
});
afterEach(async () => {
  await load?.end();
  await closeFleet();
  await lab.close();
});

/** Waits until the load has had this many more replies. */
async function moreReplies(count = 300): Promise<void> {
  const before = load?.acknowledgedWrites ?? 0;
  await until('the load goes on', () => (load?.acknowledgedWrites ?? 0) > before + count);
}

const programsOf = (pod: LabPod): Program[] => pod.spec.containers.map(({ name }) => pod.program(name));

test.each([
  ['', false],
  [', with TLS only', true],
])('a fleet%s grows by its charts, returns, and shrinks again: no write is lost', async (_what, hasTls) => {
  const fleet = await LabReshardCharts.start(lab, { first: FOUR, mostShards: FIVE.length, hasTls });
  closeFleet = () => fleet.close();
  load = await fleet.load({ operationsPerSecond: 1500 });

  const growing = [FOUR, FIVE];
  await fleet.apply({ rings: growing, phase: RESHARDING });
  expect(fleet.shardPods).toHaveLength(5);
  await moreReplies();
  const keys = await fleet.fill(300);
  const contents = await fleet.contents(keys, 'a');
  expect(await fleet.runJob('preflight')).toMatch(/\d+ keys with .* would move/);
  const copy = await fleet.copyJob();
  // It starts ten seconds later, since it waits for its ring.
  const starting = fleet.startProxyPod({ rings: growing, phase: RESHARDED });
  expect(await fleet.runJob('verify')).toContain('moving keys are the same on both rings');
  const early = await starting;
  expect(await early.ready()).toBe(false);

  const [stalled] = fleet.proxyPods;
  for (const program of programsOf(stalled)) program.child.kill('SIGSTOP');
  await fleet.runJob('switch');
  for (const program of programsOf(stalled)) program.child.kill('SIGCONT');
  await moreReplies();
  expect(await fleet.contents(keys, 'b')).toEqual(contents);
  await until('the proxy of the new ring is ready', () => early.ready());
  await kill(early);

  await fleet.runJob('return');
  await moreReplies();
  expect(await fleet.contents(keys, 'a')).toEqual(contents);
  await fleet.runJob('switch');
  await finish(fleet, growing, copy);
  expect(await fleet.contents(keys, 'b')).toEqual(contents);

  // The next change, of which the users are exchanged.
  const shrinking = [FOUR, FIVE, FOUR];
  await fleet.apply({ rings: shrinking, phase: RESHARDING });
  const back = await fleet.copyJob();
  await fleet.runJob('switch');
  await finish(fleet, shrinking, back);
  expect(fleet.shardPods).toHaveLength(4);
  expect(await fleet.contents(keys, 'b')).toEqual(contents);
  const report = await load.stop();
  load = undefined;
  expect([report.violations, report.lost]).toEqual([[], []]);
  expect(report.acknowledgedWrites).toBeGreaterThan(1000);
});

/** What the runbooks of the phases RESHARDED and STABLE do. */
async function finish(fleet: LabReshardCharts, rings: number[][], copy: CopyJob): Promise<void> {
  await fleet.apply({ rings, phase: RESHARDED });
  expect(await fleet.runJob('status')).toContain('serves B');
  await copy.stop();
  await fleet.runJob('purge');
  expect(await fleet.foreignKeys('b')).toEqual([]);
  await fleet.apply({ rings, phase: STABLE });
  await moreReplies();
}
