// TLS of a fleet with replicas, turned on and off under load, with the real programs: what its clients saw must be possible, apart from the
// last writes before a master was killed.

import { TlsPhase } from '../lib';
import { otherSide, SIDES } from '../lib/failover/replica-plan';
import { inMatrix } from './lab/cases';
import { Authority, type CertificateSecret, trusting } from './lab/certificates';
import { connect, PASSWORD } from './lab/clients';
import { describe as inWords, type Operation } from './lab/history';
import { Lab, until } from './lab/lab';
import { type Load } from './lab/load';
import { type LabPod } from './lab/pod';
import { outputOf } from './lab/tls';
import { LabTlsReplicas, type Phase, PORTS } from './lab/tls-replicas';

const { OFFERED, USED, REQUIRED } = TlsPhase;

let lab: Lab;
let authority: Authority;
let fleet: LabTlsReplicas;
let load: Load | undefined;
beforeEach(() => {
  lab = new Lab();
  authority = new Authority(lab, 'first');
  fleet = new LabTlsReplicas(lab, 2, authority);
});
afterEach(async () => {
  await load?.end();
  load = undefined;
  await fleet.close();
  await lab.close();
});

/** Milliseconds of acknowledged writes before the death of a master that its replica may not have. */
const LOST_MS = 500;

/** Ends the load. @param killed when masters were killed */
async function nothingElseIsLost(killed: readonly number[] = []): Promise<void> {
  const running = load;
  load = undefined;
  await running?.stop();
  const mayBeUndone = ({ end, start }: Operation): boolean =>
    killed.some((time) => end > time - LOST_MS && start < time + 1000);
  expect(running?.history.forgiving(mayBeUndone).violations().map(inWords)).toEqual([]);
  expect(running?.acknowledgedWrites).toBeGreaterThan(100);
}

/** Kills the master of a shard for good, and waits until its replica has replaced it and serves. */
async function failOver(ordinal: number): Promise<number> {
  const master = await fleet.untilInSync(ordinal);
  const killed = performance.now();
  await fleet.lose(ordinal, master);
  await until('its replica is the master', async () => (await fleet.masterOf(ordinal)) === otherSide(master), 60_000);
  fleet.regain(ordinal, master);
  return killed;
}

test('TLS is turned on and off for a running fleet in phases, and nothing is lost', async () => {
  await fleet.apply('none');
  load = await fleet.load();
  for (const phase of [OFFERED, USED, REQUIRED, USED, OFFERED, 'none'] as const) {
    await fleet.apply(phase);
    if (phase === OFFERED) expect(await fleet.plainReplies()).not.toEqual([]);
    if (phase !== REQUIRED) continue;
    expect(fleet.openPorts).toEqual([6389, 6390, 26_389]);
    expect(await fleet.plainReplies()).toEqual([]);
  }
  await nothingElseIsLost();
});

const SKIPS: [Phase, Phase][] = [
  ['none', REQUIRED],
  [REQUIRED, 'none'],
];

test.each(inMatrix(2, SKIPS))(
  'from %s to %s, the rollouts stop at one Sentinel and one shard, and the former phase brings it back',
  async (from, to) => {
    await fleet.apply(from);
    load = await fleet.load();
    const { patienceMs } = fleet;
    fleet.patienceMs = 20_000;
    await expect(fleet.apply(to)).rejects.toThrow('is ready');
    const output = (name: string, container: string): string => fleet.outputOf(name, container);
    expect(output('fleet-sentinel-2', 'sentinel')).toContain('waiting: it knows the masters by port');
    for (const name of ['fleet-redis-1', 'fleet-redis-b-1'])
      expect(output(name, 'redis')).toContain('waiting: fewer than two Sentinels agree');
    // The other shard, which is known to them as before, serves, and fails over.
    const killed = await failOver(0);
    const before = load.acknowledgedWrites;
    await until('the other shard serves', () => (load?.acknowledgedWrites ?? 0) > before + 200);
    fleet.patienceMs = patienceMs;
    await fleet.apply(from);
    await nothingElseIsLost([killed]);
  },
);

test.each(inMatrix(2, [REQUIRED, USED]))(
  'in the phase %s, a master that dies is replaced, and one that stops or is asked to hands over',
  async (phase) => {
    await fleet.apply(phase);
    load = await fleet.load();
    const killed = await failOver(0);
    await fleet.untilReplicated();
    expect(await fleet.failoverJob('status')).toContain('exit code 0');
    expect(await fleet.failoverJob('switchover', { FAILOVER_TO: 'a' })).toContain('exit code 0');
    expect(await fleet.masterOf(0)).toBe('a');
    await fleet.restart(0, 'a');
    await fleet.untilReplicated();
    expect(await fleet.masterOf(0)).toBe('b');
    await nothingElseIsLost([killed]);
  },
);

test('while the phase USED is applied, a master that stops hands over, and one that dies is replaced', async () => {
  await fleet.apply(OFFERED);
  load = await fleet.load();
  const killed: number[] = [];
  fleet.prepare(USED);
  // Two Sentinels name the ports without TLS.
  await fleet.rollSentinel(2);
  killed.push(await failOver(0));
  await fleet.restart(1, 'a');
  // Now two name those with TLS.
  await fleet.rollSentinel(1);
  await until('a replica follows by TLS', async () => (await fleet.replication(1, 'a')).master_port === '6390', 60_000);
  await fleet.restart(1, 'b');
  killed.push(await failOver(1));
  await fleet.apply(USED);
  await nothingElseIsLost(killed);
});

/** The TLS ports of all servers and Sentinels, by host. */
function endpoints(): [string, number][] {
  const portOf = (name: string): number =>
    name.startsWith('fleet-sentinel') ? PORTS.sentinel[1] : PORTS[name.endsWith('-b') ? 'b' : 'a'][1];
  return Object.entries(fleet.hosts).map(([name, host]) => [host, portOf(name)]);
}

test('renewed certificates are loaded by both servers and by the Sentinels, without an error of any client', async () => {
  await fleet.apply(REQUIRED);
  load = await fleet.load();
  const serials = (): Promise<(string | undefined)[]> =>
    Promise.all(endpoints().map(([host, port]) => fleet.serialAt(host, port)));
  const before = await serials();
  fleet.renew(fleet.issue());
  await until(
    'all have the new certificate',
    async () => (await serials()).every((it, n) => it !== undefined && it !== before[n]),
    60_000,
  );
  await fleet.untilReplicated();
  const valid = await serials();
  // A certificate with the key of another one.
  fleet.renew({ ...fleet.issue(), 'tls.key': fleet.issue()['tls.key'] });
  const reported = (pod: LabPod, container: string): boolean =>
    outputOf(pod, container).includes('cannot load the changed certificate');
  await until('all report it', () =>
    [
      ...[0, 1].flatMap((n) => SIDES.map((side) => reported(fleet.server(n, side), 'redis'))),
      ...[0, 1, 2].map((n) => reported(fleet.sentinel(n), 'monitor')),
    ].every(Boolean),
  );
  expect(await serials()).toEqual(valid);
  // On a machine that is too busy, handshakes time out.
  const [errors, down] = [
    load.errors,
    outputOf(fleet.proxyPod, 'bridge').match(/^Server .* is DOWN, reason.*/gm) ?? [],
  ];
  expect(down.filter((it) => it.includes('Layer6 invalid'))).toEqual([]);
  if (!down.some((it) => /shard-\d-[ab]\/[ab] .*timeout/.test(it))) expect(errors).toEqual({});
  await nothingElseIsLost();
});

test.each<[string, () => CertificateSecret]>([
  ['that has expired', () => fleet.issue(authority, { days: -1 })],
  ['of another authority', () => trusting(fleet.issue(new Authority(lab, 'foreign')), authority)],
])('servers do not believe Sentinels with a certificate %s, and say so', async (_what, issue) => {
  fleet.secret = issue();
  const applied = fleet.apply(REQUIRED);
  await until('a server reports it', () =>
    /waiting: fewer than two Sentinels agree on the master; fleet-sentinel-\d\S*: .*certificate/.test(
      fleet.outputOf('fleet-redis-0', 'redis').replaceAll(/127\.\d+\.\d+\.20/g, 'fleet-sentinel-'),
    ),
  );
  fleet.renew(fleet.issue());
  await applied;
});

test('the bridge and the Jobs do not believe servers and Sentinels with the name of another one', async () => {
  await fleet.apply(REQUIRED);
  fleet.renew(authority.issue(['somewhere-else']));
  await until('the bridge reports it', () =>
    /shard-0-a\/a is DOWN, reason: Layer6 .*Server presented an SSL certificate different from the expected one/.test(
      outputOf(fleet.proxyPod, 'bridge'),
    ),
  );
  expect(await fleet.failoverJob('status')).toMatch(
    /6389: its certificate of somewhere-else \(issued by first.*is refused.*issue it for the name of this server as well/,
  );
  fleet.renew(fleet.issue());
  const client = connect(fleet.proxyPort, PASSWORD);
  await until('clients have servers again', () => client.set('key', 'value').then(Boolean, () => false), 60_000);
  client.disconnect();
});
