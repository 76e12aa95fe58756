// Pools whose live file has auto_eject_hosts, as most public ones do: a cutover closes sessions, which ejects a shard.

import { NutcrackerConfig } from '../../lib';
import { longTest } from '../lab/cases';
import { Lab, until } from '../lab/lab';
import { LabMove } from '../lab/move';
import { Moving } from './moving';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

/** The settings of the most common public configurations. */
const EJECTING = { autoEjectHosts: true, serverFailureLimit: 1, serverRetryTimeout: 3000 };

test('a fleet migrates under load, and no shard is ejected', async () => {
  // An ejected shard would stay ejected for longer than the test takes.
  const moving = await Moving.of(lab, { servers: 4, pool: { ...EJECTING, serverRetryTimeout: 3_600_000 } });
  const { move, load } = moving;
  const { data } = move.fleet.charts.proxies.configMap.toJson() as { data: Record<string, string> };
  expect(NutcrackerConfig.fromYaml(data['nutcracker.yml']).pool().autoEjectHosts).toBe(false);
  try {
    await move.run('sync');
    await move.run('cutover');
    const writes = load.acknowledgedWrites;
    await until('clients write after the cutover', () => load.acknowledgedWrites > writes + 1000);
    await moving.judge();
  } finally {
    await moving.close();
  }
});

longTest('with a proxy that ejects, the load reports lost writes', async () => {
  const replace = { 'auto_eject_hosts: false': 'auto_eject_hosts: true' };
  const move = await LabMove.of(lab, { servers: 4, pool: EJECTING, fleet: { replace } });
  await move.start();
  const load = await move.load({ clients: 8 });
  await move.run('sync');
  await move.run('cutover');
  // While a shard is ejected, its keys are written to the others; when it is back, it has the older values.
  await move.fleet.stopShard(0);
  const writes = load.acknowledgedWrites;
  await until('clients write without the shard', () => load.acknowledgedWrites > writes + 1000);
  await move.fleet.startShard(0);
  await until('an older value is read', () => load.history.lost().length > 0);
  const { lost, violations } = await load.stop();
  expect(lost.length).toBeGreaterThan(0);
  expect(violations.length).toBeGreaterThan(0);
});
