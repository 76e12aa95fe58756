// A fleet moves to a Redis Cluster by the charts of both, under load, and back: no write is lost, and no old value is read. A master of the
// cluster is lost while keys are copied, and one is stopped as for a drain while the cluster serves.

import { App } from 'cdk8s';
import { ReshardPhase } from '../../lib';
import { LabClusterPods } from '../lab/cluster-pods';
import { Lab, until } from '../lab/lab';
import { type Load } from '../lab/load';
import { expectNothingLost, untilMoreWrites } from '../lab/load-checks';
import { PASSWORD } from '../lab/reshard';
import { LabReshardCharts } from '../lab/reshard-charts';
import { clusterIn } from '../lab/reshard-stage';

const { RESHARDING, RESHARDED } = ReshardPhase;
const FOUR = [1, 1, 1, 1];

let lab: Lab;
let load: Load | undefined;
let closeFleet: () => Promise<void>;
beforeEach(() => {
  lab = new Lab();
  load = undefined;
  closeFleet = () => Promise.resolve();
});
afterEach(async () => {
  await load?.end();
  await closeFleet();
  await lab.close();
});

/** Waits until clients that use the wrong servers have been refused. */
async function refused(): Promise<void> {
  const count = (): number =>
    Object.entries(load?.errors ?? {}).reduce((sum, [text, n]) => sum + (text.startsWith('NOPERM') ? n : 0), 0);
  const before = count();
  await until('clients are refused', () => count() > before + 100);
}

test('a fleet moves to a Redis Cluster by its charts, and back: no write is lost', async () => {
  const cluster = new LabClusterPods({ lab, cluster: clusterIn(new App()), password: PASSWORD, secret: 'fleet-redis' });
  const fleet = await LabReshardCharts.start(lab, { first: FOUR, mostShards: FOUR.length, cluster });
  closeFleet = () => fleet.close();
  load = await fleet.load({ operationsPerSecond: 1500 });
  const proxies = fleet.proxyPods;
  await fleet.apply({ rings: [FOUR], phase: RESHARDING, toCluster: true });
  // They know nothing of the cluster.
  expect(fleet.proxyPods).toEqual(proxies);
  expect(await fleet.runJob('compatibility')).toContain('no command was used that would break');
  await cluster.start();
  await cluster.create();
  await cluster.settled();
  const keys = await fleet.fill(300);
  const contents = await fleet.contents(keys, 'a');
  expect(await fleet.runJob('preflight')).toMatch(/\d+ keys with .* would move/);

  // The target fails over while copy follows: it begins again, as soon as the node is back.
  const copy = await fleet.copyJob();
  await cluster.kill(0);
  await until('its replica is promoted', async () => (await cluster.masters()).includes(1));
  await cluster.start([0]);
  await cluster.settled();
  await copy.followsAgain();
  expect(await fleet.runJob('verify')).toContain('moving keys are the same on both rings');

  const toCluster = async (): Promise<void> => {
    await fleet.runJob('switch');
    await refused();
    load?.routeToCluster(cluster.seeds, cluster.client);
    await untilMoreWrites(load);
  };
  await toCluster();
  expect(await fleet.contents(keys, 'b')).toEqual(contents);
  for (const proxy of fleet.proxyPods) expect(await proxy.ready()).toBe(true);

  // A drain, and the cluster keeps over a restart who may use it.
  await cluster.stop(2);
  await cluster.start([2]);
  await cluster.settled();
  await untilMoreWrites(load);
  await copy.followsAgain();

  await fleet.runJob('return');
  await refused();
  load.routeTo(fleet.proxyPorts);
  await untilMoreWrites(load);
  expect(await fleet.contents(keys, 'a')).toEqual(contents);

  await toCluster();
  await fleet.apply({ rings: [FOUR], phase: RESHARDED, toCluster: true });
  expect(await fleet.runJob('status')).toContain('serves B');
  await copy.stop();
  await fleet.runJob('purge');
  expect(await fleet.foreignKeys('b')).toEqual([]);
  expect(await fleet.contents(keys, 'b')).toEqual(contents);
  // Without the fleet, the nodes roll like any StatefulSet.
  for (const n of cluster.ordinals) {
    await cluster.stop(n);
    await cluster.start([n]);
    await cluster.settled();
  }
  await untilMoreWrites(load);
  const stopped = load;
  load = undefined;
  await expectNothingLost(stopped);
});

test('a fleet with replicas moves, and back, while masters of both change', async () => {
  const cluster = new LabClusterPods({ lab, cluster: clusterIn(new App()), password: PASSWORD, secret: 'fleet-redis' });
  const two = [1, 1];
  const fleet = await LabReshardCharts.start(lab, { first: two, mostShards: 2, hasReplicas: true, cluster });
  closeFleet = () => fleet.close();
  load = await fleet.load({ operationsPerSecond: 1000 });
  const servers = fleet.serverProcesses();
  await fleet.apply({ rings: [two], phase: RESHARDING, toCluster: true });
  // They have the user of the Jobs already.
  expect(fleet.serverProcesses()).toEqual(servers);
  await cluster.start();
  await cluster.create();
  await cluster.settled();
  const keys = await fleet.fill(100);
  const contents = await fleet.contents(keys, 'a');
  const copy = await fleet.copyJob();
  await fleet.runJob('switch');
  await refused();
  load.routeToCluster(cluster.seeds, cluster.client);
  await untilMoreWrites(load);
  expect(await fleet.contents(keys, 'b')).toEqual(contents);
  // The checks of the bridges go on, and find a new master, although no ring serves.
  expect(await fleet.checksWait()).toBe(true);
  await fleet.restart(0, 'a');
  await fleet.untilReplicated();
  await cluster.stop(4);
  await cluster.start([4]);
  await cluster.settled();
  await copy.followsAgain();
  await fleet.runJob('return');
  await refused();
  load.routeTo(fleet.proxyPorts);
  await untilMoreWrites(load);
  expect(await fleet.contents(keys, 'a')).toEqual(contents);
  await copy.stop();
  const stopped = load;
  load = undefined;
  await expectNothingLost(stopped);
});
