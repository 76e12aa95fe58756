// What a change of rings takes: copying beside bare DUMP and RESTORE, and how long nobody is served: npx tsx bench/reshard.ts (after
// npm run build). SERVERS=108 sets the number of servers of the second part.

import { RedisServer } from '../migrator/redis/server';
import { Mover } from '../reshard/move/mover';
import { Fleet } from '../reshard/server/fleet';
import { type Lab, type Program } from '../test/lab/lab';
import { LabReshard, USER } from '../test/lab/reshard';
import { runParts } from './parts';
import { copyWithLog, eachBatch, KEYS, printCopying, WRITE } from './reshard/copying';
import { heading, median, ms, quantile, row, sleep, timeOf, times } from './table';

const ROUNDS = 3;
const SERVERS = Number(process.env.SERVERS ?? 108);
const WRITES_PER_SECOND = 5000;

/** All keys of one server move to another one. */
async function copying(lab: Lab): Promise<void> {
  const fleet = await LabReshard.of(lab, { a: [1, 0], b: [0, 1] });
  const access = { user: USER, password: fleet.password };
  await fleet.onServer(0, (client) => client.eval(WRITE, 0, 1, KEYS));
  const [source, target] = await Promise.all(
    fleet.plan.shards.map(({ host, port }) => RedisServer.connect(`${host}:${port}`, access)),
  );
  const floor: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await target.call('FLUSHALL');
    const start = performance.now();
    await bareCopy(source, target);
    floor.push(KEYS / (performance.now() - start));
    await target.call('FLUSHALL');
    own.push(await copyWithLog(fleet.plan, access));
  }
  source.close();
  target.close();
  printCopying('', floor, own);
}

async function bareCopy(source: RedisServer, target: RedisServer): Promise<void> {
  await eachBatch(source, async (keys) => {
    const dumps = (await source.eachInBytes(keys.map((key) => ['DUMP', key]))) as Buffer[];
    await target.each(keys.map((key, n) => ['RESTORE', key, 0, dumps[n], 'REPLACE']));
  });
}

/** One server more, forth and back, under writes. */
async function hold(lab: Lab): Promise<void> {
  const weights = Array.from({ length: SERVERS }, () => 1000);
  const fleet = await LabReshard.of(lab, { a: [...weights, 0], b: [...weights, 999] });
  await fleet.startProxy();
  const access = { user: USER, password: fleet.password };
  const begin = performance.now();
  const load = await fleet.load({ operationsPerSecond: 2 * WRITES_PER_SECOND, keysPerShard: 10 });
  const servers = await Fleet.connect(fleet.plan, access);
  await servers.prepare();
  const mover = await Mover.start(servers, fleet.rings, 'a', access);
  await mover.copyUntil(() => mover.isCopied);
  const holds: number[] = [];
  const gaps: number[] = [];
  const undisturbed: number[] = [];
  for (let round = 0; round < 2 * ROUNDS; round++) {
    let isOver = false;
    load.takeGaps();
    const copying = mover.copyUntil(() => isOver);
    await sleep(2000);
    isOver = true;
    await copying;
    undisturbed.push(Math.max(...load.takeGaps()));
    const changed = await mover.changeOver(10_000);
    holds.push(changed.ms);
    await sleep(2000);
    gaps.push(Math.max(...load.takeGaps()));
  }
  mover.close();
  servers.close();
  const seconds = (performance.now() - begin) / 1000;
  const { violations, lost, acknowledgedWrites } = await load.stop();
  heading(`${SERVERS} to ${SERVERS + 1} servers and back, ${holds.length} changes`, 'median', 'longest');
  row('  nobody is served', ms(median(holds)), ms(Math.max(...holds)));
  row('  longest time without a reply to a shard', ms(median(gaps)), ms(Math.max(...gaps)));
  row('  the same without a change (floor)', ms(median(undisturbed)), ms(Math.max(...undisturbed)));
  row('  aim', ms(150), ms(300));
  row(
    `  ${Math.round(acknowledgedWrites / seconds)} writes per second acknowledged, ${lost.length} of them lost, ${violations.length} old values read`,
  );
}

/** What clients of the server notice whose keys are all copied. */
async function clients(lab: Lab): Promise<void> {
  const fleet = await LabReshard.of(lab, { a: [1, 0], b: [0, 1] });
  await fleet.onServer(0, (client) => client.eval(WRITE, 0, 1, KEYS));
  const idle: number[] = [];
  const meanwhile: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await fleet.onServer(1, (client) => client.flushall());
    idle.push(await latency(fleet, () => sleep(3000)));
    const copied = { by: undefined as Program | undefined };
    meanwhile.push(await latency(fleet, async () => (copied.by = await fleet.copy())));
    await copied.by?.stop('SIGTERM');
    await copied.by?.exit();
  }
  heading(`GET and SET, ${CLIENTS} clients, while ${KEYS.toLocaleString('en')} values are copied`, 'p99', 'of idle');
  row('  idle', fine(median(idle)), times(1));
  row('  copy', fine(median(meanwhile)), times(median(meanwhile) / median(idle)));
  row('  aim', '', '2.00 x');
}

const CLIENTS = 8;
/** Between two commands of a client. */
const PAUSE_MS = 4;

const fine = (figure: number): string => `${figure.toFixed(1)} ms`;

/** The 99th percentile of the time of a command, in milliseconds, from the start of the work to its end. */
async function latency(fleet: LabReshard, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  let isOver = false;
  const running = Array.from({ length: CLIENTS }, (_, n) =>
    fleet.onServer(0, async (client) => {
      for (let i = n; !isOver; i += CLIENTS) {
        const key = `key:${1 + ((i * 7919) % KEYS)}`;
        const command = (): Promise<unknown> => (i % 2 === 0 ? client.get(key) : client.set(key, `changed ${i}`));
        took.push(await timeOf(command));
        await sleep(PAUSE_MS);
      }
    }),
  );
  await work();
  isOver = true;
  await Promise.all(running);
  return quantile(took, 0.99);
}

void runParts({ copying, clients, hold }, process.argv.slice(2), ['redis-server -v', 'nutcracker -V', 'haproxy -v']);
