// The checks of a change under load find a fault: an entry that the log of changes drops, and a fence that lets clients in.

import { dropChanges } from '../lab/dropping-log';
import { Lab } from '../lab/lab';
import { type Load } from '../lab/load';
import { untilMoreWrites } from '../lab/load-checks';
import { LabReshard, USER } from '../lab/reshard';
import { Mover } from '../../reshard/move/mover';
import { Fleet } from '../../reshard/server/fleet';
import { FleetServer } from '../../reshard/server/server';

const lab = new Lab();
let load: Load | undefined;
afterEach(async () => {
  jest.restoreAllMocks();
  await load?.end();
});
afterAll(() => lab.close());

/** Changes the ring under load, in this process. Returns what the checks of the load find. */
async function findingsWith(plant: () => void): Promise<number> {
  const fleet = await LabReshard.of(lab, { a: [1, 1], b: [1, 1, 1, 1] });
  const proxy = await fleet.startProxy();
  // Half of the clients do not notice the change.
  load = await fleet.load({ ports: [...fleet.proxyPorts, proxy.portA], operationsPerSecond: 2000 });
  const access = { user: USER, password: fleet.password };
  const servers = await Fleet.connect(fleet.plan, access);
  await servers.prepare();
  const mover = await Mover.start(servers, fleet.rings, 'a', access);
  try {
    await mover.copyUntil(() => mover.isCopied);
    plant();
    let isEnough = false;
    const copying = mover.copyUntil(() => isEnough);
    await untilMoreWrites(load);
    isEnough = true;
    await copying;
    load.routeTo(fleet.proxyPorts);
    await mover.changeOver(10_000);
    await untilMoreWrites(load);
    await proxy.a.stop('SIGKILL');
    await untilMoreWrites(load);
  } finally {
    mover.close();
    servers.close();
  }
  const { violations, lost } = await load.stop();
  load = undefined;
  return violations.length + lost.length;
}

test('nothing is found without a fault', async () => {
  expect(await findingsWith(() => undefined)).toBe(0);
});

test('a log that drops all changes of every third key is found', async () => {
  expect(await findingsWith(dropChanges)).toBeGreaterThan(0);
});

test('a fence that takes no keys away is found', async () => {
  const found = await findingsWith(() => {
    const noFence = { isMaster: true, isConnected: false };
    jest.spyOn(FleetServer.prototype, 'fence').mockResolvedValue(noFence);
    jest.spyOn(FleetServer.prototype, 'open').mockImplementation(async function (this: FleetServer) {
      await this.redis.call('ACL', 'SETUSER', 'ring-2', '~*');
    });
  });
  expect(found).toBeGreaterThan(0);
});
