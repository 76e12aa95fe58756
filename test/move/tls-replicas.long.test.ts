// A fleet with replicas and TLS is moved under load, from old servers with TLS and without, in every phase of TLS: servers restart at every step,
// it is rolled back and moved again, and Sentinel takes over. A server follows by TLS or without, as the one that it follows has it.

import { TlsPhase } from '../../lib';
import { inMatrix } from '../lab/cases';
import { Authority } from '../lab/certificates';
import { describe as inWords } from '../lab/history';
import { Lab, until } from '../lab/lab';
import { type Load } from '../lab/load';
import { LabTlsMove, type LabTlsMoveProps } from '../lab/tls-move';

const { OFFERED, USED, REQUIRED } = TlsPhase;

let lab: Lab;
let it: LabTlsMove | undefined;
let load: Load | undefined;
beforeEach(() => {
  lab = new Lab();
  it = undefined;
  load = undefined;
});
afterEach(async () => {
  await load?.end();
  await it?.close();
  await lab.close();
});

async function started(phase: TlsPhase, move: LabTlsMoveProps): Promise<[LabTlsMove, Load]> {
  it = new LabTlsMove(lab, 2, new Authority(lab, 'new authority'), phase, move);
  await it.start();
  load = await it.load({ operationsPerSecond: 1000 });
  return [it, load];
}

async function clientsWrite(running: Load): Promise<void> {
  const before = running.acknowledgedWrites;
  await until('clients write', () => running.acknowledgedWrites > before + 300);
}

const oldTls = (): Partial<LabTlsMoveProps> => ({ oldAuthority: new Authority(lab, 'old authority') });

// The ports are those that a server of the shards has in the phase before or after.
const CASES: [string, TlsPhase, () => Partial<LabTlsMoveProps>][] = [
  ['with TLS', OFFERED, () => ({ ...oldTls(), oldPort: 6389 })],
  ['with TLS', REQUIRED, oldTls],
  ['with TLS', USED, oldTls],
  ['without TLS', REQUIRED, () => ({ keepLegacyInSync: false })],
  ['without TLS', USED, () => ({})],
  ['without TLS', OFFERED, () => ({ oldPort: 6389 })],
];

test.each(inMatrix(2, CASES))('from old servers %s, to shards in the phase %s', async (_what, phase, options) => {
  const [move, running] = await started(phase, { oldPort: 6379, keepLegacyInSync: true, ...options() });
  const { keepLegacyInSync = true } = options();
  const moved = keepLegacyInSync ? '2 following' : '2 moved';
  await clientsWrite(running);
  await move.killAll(['a', 'b']);
  expect(await move.run('preflight')).toContain('nothing prevents the migration (0 warnings)');
  await move.run('sync');
  await move.untilRoles(false);
  await move.killAll(['a']);
  await move.untilRoles(false);
  await move.killAll(['b']);
  await move.restartOld(0);
  await move.untilRoles(false);
  expect(await move.run('preflight')).toContain('nothing prevents the migration (0 warnings)');
  await move.run('verify');
  await move.run('cutover');
  expect(await move.run('status')).toContain(moved);
  await move.untilRoles(true);
  await clientsWrite(running);
  // The other shard is what the migrator has made it.
  await move.killAll(['a', 'b'], [0]);
  await move.untilRoles(true);
  if (keepLegacyInSync) {
    await move.run('rollback');
    await clientsWrite(running);
    await move.killAll(['a']);
    await move.run('sync');
    await move.untilRoles(false);
    await move.run('cutover');
  }
  await move.finish();
  await clientsWrite(running);
  for (const side of ['b', 'a'] as const) {
    expect(await move.failoverJob('switchover', { FAILOVER_TO: side })).toContain('exit code 0');
    await move.untilReplicated();
  }
  // Each server stops as planned: the other one takes over, and this one follows it.
  for (const side of ['a', 'b'] as const) {
    for (const n of move.ordinals) await move.restart(n, side);
    await move.untilReplicated();
  }
  expect(await move.failoverJob('status')).toContain('exit code 0');
  await clientsWrite(running);
  if (keepLegacyInSync) {
    await move.reopen();
    await move.run('rollback');
    await move.run('sync');
    await move.untilRoles(false);
    await clientsWrite(running);
  }
  load = undefined;
  const report = await running.stop();
  expect(report.violations.map(inWords)).toEqual([]);
  expect(report.lost).toEqual([]);
});
