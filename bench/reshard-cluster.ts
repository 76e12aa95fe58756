// What a move from a ring to a Redis Cluster takes: copying beside bare DUMP and RESTORE, and how long nobody is served: npx tsx
// bench/reshard-cluster.ts (after npm run build). SERVERS=108 sets the number of shards of the second part.

import { RedisServer } from '../migrator/redis/server';
import { Mover } from '../reshard/move/mover';
import { Rings } from '../reshard/plan/rings';
import { type SlotOwners, slotOf } from '../reshard/plan/slots';
import { Fleet } from '../reshard/server/fleet';
import { type Lab } from '../test/lab/lab';
import { PASSWORD, USER } from '../test/lab/reshard';
import { LabReshardCluster } from '../test/lab/reshard-cluster';
import { runParts } from './parts';
import { copyWithLog, eachBatch, KEYS, printCopying, WRITE } from './reshard/copying';
import { heading, median, ms, row, sleep } from './table';

const ROUNDS = 3;
const SERVERS = Number(process.env.SERVERS ?? 108);
const WRITES_PER_SECOND = 5000;
const MASTERS = 3;
const ACCESS = { user: USER, password: PASSWORD };

/** All keys of one shard move to the masters of a cluster. */
async function copying(lab: Lab): Promise<void> {
  const moved = await LabReshardCluster.create(lab, { shards: 1, masters: MASTERS });
  await moved.onServer(0, (client) => client.eval(WRITE, 0, 1, KEYS));
  const floor: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await empty(moved);
    floor.push(await bareCopy(moved));
    await empty(moved);
    own.push(await copyWithLog(moved.plan, ACCESS));
  }
  printCopying(` to ${MASTERS} masters`, floor, own);
}

async function empty({ cluster }: LabReshardCluster): Promise<void> {
  for (const port of cluster.ports) await cluster.onNode(port, (client) => client.flushall());
}

/** Copies all keys straight to the owners of their slots, and nothing else. Keys per millisecond. */
async function bareCopy(moved: LabReshardCluster): Promise<number> {
  const fleet = await Fleet.connect(moved.plan, ACCESS);
  const addresses = fleet.masters.map(({ redis }) => redis.address);
  const [source, ...targets] = await Promise.all(addresses.map((address) => RedisServer.connect(address, ACCESS)));
  const start = performance.now();
  await eachBatch(source, (keys) => copyBatch(keys, source, targets, fleet.slots));
  const rate = KEYS / (performance.now() - start);
  for (const one of [source, ...targets]) one.close();
  fleet.close();
  return rate;
}

async function copyBatch(
  keys: readonly Buffer[],
  source: RedisServer,
  targets: readonly RedisServer[],
  slots: SlotOwners,
): Promise<void> {
  const dumps = (await source.eachInBytes(keys.map((key) => ['DUMP', key]))) as Buffer[];
  await Promise.all(
    targets.map((target, n) => {
      // The only shard has the ordinal 0, and the masters follow it.
      const own = keys.flatMap((key, i) => (slots[slotOf(key)] === n + 1 ? [[key, dumps[i]] as const] : []));
      return target.each(own.map(([key, dump]) => ['RESTORE', key, 0, dump, 'REPLACE']));
    }),
  );
}

/** A ring moves to a cluster and back, under writes; its clients change theirs each time. */
async function hold(lab: Lab): Promise<void> {
  const moved = await LabReshardCluster.create(lab, { shards: SERVERS, masters: MASTERS });
  await moved.startPlainProxy();
  const begin = performance.now();
  const load = await moved.load({ operationsPerSecond: 2 * WRITES_PER_SECOND, keysPerShard: 10 });
  const fleet = await Fleet.connect(moved.plan, ACCESS);
  await fleet.prepare();
  const mover = await Mover.start(fleet, new Rings(moved.plan, fleet.slots), 'a', ACCESS);
  await mover.copyUntil(() => mover.isCopied);
  const holds: number[] = [];
  for (let round = 0; round < 2 * ROUNDS; round++) {
    let isOver = false;
    const copying = mover.copyUntil(() => isOver);
    await sleep(2000);
    isOver = true;
    await copying;
    const changed = await mover.changeOver(10_000);
    holds.push(changed.ms);
    if (round % 2 === 0) load.routeToCluster(moved.cluster.ports);
    else load.routeTo(moved.proxyPorts);
    await sleep(2000);
  }
  mover.close();
  fleet.close();
  const seconds = (performance.now() - begin) / 1000;
  const { violations, lost, acknowledgedWrites } = await load.stop();
  heading(`${SERVERS} shards to ${MASTERS} masters and back, ${holds.length} changes`, 'median', 'longest');
  row('  nobody is served', ms(median(holds)), ms(Math.max(...holds)));
  row('  aim', ms(150), '');
  row(
    `  ${Math.round(acknowledgedWrites / seconds)} writes per second acknowledged, ${lost.length} of them lost, ${violations.length} old values read`,
  );
}

void runParts({ copying, hold }, process.argv.slice(2), ['redis-server -v', 'nutcracker -V']);
