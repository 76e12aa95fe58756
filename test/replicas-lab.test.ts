// A fleet with replicas, as synthesized: both servers of each shard, the Sentinels, and the proxies with their bridges.

import { describe as inWords } from './lab/history';
import { Lab } from './lab/lab';
import { type Load } from './lab/load';
import { LabReplicas } from './lab/replicas';

let lab: Lab;
let load: Load | undefined;
beforeEach(() => {
  lab = new Lab();
  load = undefined;
});
afterEach(async () => {
  await load?.end();
  await lab.close();
});

test('a planned stop of each server of a shard in turn loses nothing', async () => {
  const fleet = await LabReplicas.start(lab, { servers: 2 });
  load = await fleet.load({ clients: 8 });
  for (const server of ['a', 'b'] as const) {
    expect(await fleet.masterOf(0)).toBe(server);
    await fleet.server(0, server).stop();
    await fleet.startServer(0, server);
    await fleet.untilReplicated([0]);
  }
  const report = await load.stop();
  expect(report.violations.map(inWords)).toEqual([]);
  expect(report.lost).toEqual([]);
  expect(report.acknowledgedWrites).toBeGreaterThan(0);
});
