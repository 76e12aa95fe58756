// TLS of a fleet with replicas, turned on and off under load, with the real programs: what its clients saw must be possible, apart from the
// last writes before a master was killed.

import { TlsPhase } from '../lib';
import { otherSide } from '../lib/failover/replica-plan';
import { Authority } from './lab/certificates';
import { describe as inWords, type Operation } from './lab/history';
import { Lab, until } from './lab/lab';
import { type Load } from './lab/load';
import { LabTlsReplicas } from './lab/tls-replicas';

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
  expect(running?.acknowledgedWrites).toBeGreaterThan(1000);
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

test.each([USED, REQUIRED])(
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
