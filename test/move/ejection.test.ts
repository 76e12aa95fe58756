// Pools whose live file says auto_eject_hosts, as most public ones do: a cutover closes sessions, which ejects a shard.

import { NutcrackerConfig } from '../../lib';
import { Lab, until } from '../lab/lab';
import { LabMove } from '../lab/move';
import { Moving } from './moving';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

/** As the commonest public configurations have it. */
const EJECTING = { autoEjectHosts: true, serverFailureLimit: 1, serverRetryTimeout: 3000 };

test('a fleet moves under load, and no shard is ejected', async () => {
  // A shard that was ejected all the same would stay away for longer than the test lasts.
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

test('with a proxy that ejects, the load sees that writes are lost', async () => {
  const replace = { 'auto_eject_hosts: false': 'auto_eject_hosts: true' };
  const move = await LabMove.of(lab, { servers: 4, pool: EJECTING, fleet: { replace } });
  await move.start();
  const load = await move.load({ clients: 8 });
  await move.run('sync');
  await move.run('cutover');
  await until('something older is read', () => load.history.lost().length > 0);
  const { lost, violations } = await load.stop();
  expect(lost.length).toBeGreaterThan(0);
  expect(violations.length).toBeGreaterThan(0);
});
