// A fleet with replicas, as synthesized: both servers of each shard, the Sentinels, and the proxies with their bridges.

import { Lab, until } from './lab/lab';
import { describe as inWords } from './lab/history';
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

test('servers of empty shards find their roles, and Sentinel monitors them', async () => {
  const fleet = await LabReplicas.start(lab, { servers: 2, proxyCount: 0 });
  for (const n of fleet.ordinals) expect(await fleet.masterOf(n)).toBe('a');
});
