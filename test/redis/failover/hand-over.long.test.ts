// hand-over.sh dies, or a server stalls or dies, at each of its steps: no acknowledged write is lost, and the shard gets a master.

import { PASSWORD, waitingCheck } from '../../lab/clients';
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

/** Lines of the script, before which something happens. */
const STEPS = {
  'before writes are held': "  own 'CLIENT PAUSE 1500 WRITE'",
  'while writes are held': '  demoted=yes\n',
  'while both are replicas': '  demoted=promoting\n',
  'after the promotion': '  # The bridges trust the new master',
  'before the roles are on disk': 'follow\nconfirm\n',
  'before Sentinel knows': 'confirm\nsay',
};
type Step = keyof typeof STEPS;

/** What happens: a command in the script, which knows the processes of both servers. */
const FAULTS = {
  'hand-over.sh is killed': 'kill -9 $$',
  'the master is killed': 'kill -9 $OWN_PID',
  'the pod is killed': 'kill -9 $OWN_PID $$',
  'the replica is killed': 'kill -9 $PARTNER_PID',
  'the master stalls': 'kill -STOP $OWN_PID',
  'the replica stalls': 'kill -STOP $PARTNER_PID',
};
type Fault = keyof typeof FAULTS;

/** A sixth of the pairs, in which each fault and each step appears; all of them with MATRIX. */
const CASES = (Object.keys(FAULTS) as Fault[]).flatMap((fault, f) =>
  (Object.keys(STEPS) as Step[]).flatMap((step, s) => {
    return process.env.MATRIX || (f + s) % 6 === 0 ? [[fault, step] as const] : [];
  }),
);

test('a replica, and a second hand-over, have nothing to do', async () => {
  const [master, replica] = await shard.roles();
  const [ofReplica, first, second] = [replica, master, master].map((name) => shard.handOver(name));
  expect([await ofReplica.exit(), ofReplica.output]).toEqual([0, '']);
  expect([await first.exit(), await second.exit()]).toEqual([0, 0]);
  expect([first.output, second.output].filter((output) => output.includes('handed over')).length).toBe(1);
  await shard.settled(replica);
});

test('the checks of bridges that wait in the replica end when it is promoted', async () => {
  const [master, replica] = await shard.roles();
  const hasEnded = await waitingCheck(shard.portOf(replica), PASSWORD);
  // Before a Sentinel is told, which ends them as well.
  const line = STEPS['after the promotion'];
  shard.pods[master].addScript('hand-over.sh', { [line]: `kill -9 $$\n${line}` });
  expect(await shard.handOver(master).exit()).toBe(null);
  expect(await hasEnded()).toBe(true);
  shard.pods[master].addScript('hand-over.sh');
  await shard.settled((await shard.roles())[0]);
});

test.each(CASES)('%s %s', async (fault, step) => {
  const [master, replica] = await shard.roles();
  const load = new Writers({ ports: [shard.portOf('a'), shard.portOf('b')], password: PASSWORD });
  writers = load;
  await shard.waitFor('the load runs', () => load.acknowledged > 500);

  const line = STEPS[step];
  shard.pods[master].addScript('hand-over.sh', { [line]: `${FAULTS[fault]}\n${line}` });
  const [own, partner] = [shard.program(master), shard.program(replica)];
  const env = { OWN_PID: String(own.child.pid), PARTNER_PID: String(partner.child.pid), HAND_OVER_SECONDS: '20' };
  const hook = shard.handOver(master, env);
  await hook.exit();
  shard.pods[master].addScript('hand-over.sh');

  for (const [name, program] of [
    [master, own],
    [replica, partner],
  ] as const) {
    if (program.running && program.isStopped) program.child.kill('SIGCONT');
    // A killed child is seen as ended a little later.
    if (
      fault.includes('killed') &&
      (fault.includes('replica') ? name === replica : fault !== 'hand-over.sh is killed' && name === master)
    ) {
      await program.exit();
      shard.start(name);
    }
  }
  await shard.roles();
  const before = load.acknowledged;
  await shard.waitFor('the load goes on', () => load.acknowledged > before + 100);
  const [now] = await shard.roles();
  const lost = await load.lostOn(shard.client(now));
  process.stderr.write(
    `${fault} ${step}: ${master} -> ${now}, gap ${Math.round(load.longestGap)} ms, lost ${lost.length}: ${hook.output.trim().replaceAll('\n', '; ')}\n`,
  );
  // Not the keys: a message with all of them could be too long.
  expect(lost.length).toBe(0);
});
