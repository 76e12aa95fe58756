// The migration of a fleet of production size: 108 real servers to 108 synthesized ones, under load.

import pLimit from 'p-limit';
import { connect } from '../lab/clients';
import { isStream, readDataset } from '../lab/dataset';
import { describe as inWords } from '../lab/history';
import { Lab, until } from '../lab/lab';
import { LabMove } from '../lab/move';
import { peakMemory } from '../lab/peak-memory';
import { moved } from './moving';

const SHARDS = 108;
const KEYS_PER_SHARD = 22;

/** Two clients for each shard, so that waiting for one causes no gap at another. */
const LOAD = { clients: 2 * SHARDS, clientsPerShard: 2, operationsPerSecond: 2000 };

let lab: Lab;
let move: LabMove | undefined;
beforeEach(() => {
  lab = new Lab();
  move = undefined;
});
afterEach(async () => {
  await move?.close();
  await lab.close();
});

/** For a machine with two cores. */
const limit = pLimit(4);

async function started(): Promise<LabMove> {
  const it = (move = await LabMove.of(lab, { servers: SHARDS }));
  await Promise.all(it.ordinals.map((ordinal) => limit(() => it.old.start(ordinal))));
  await Promise.all(it.ordinals.map((ordinal) => limit(() => it.fleet.startShard(ordinal))));
  it.proxies.push(await it.fleet.addProxy());
  return it;
}

/** Runs a command that must succeed; returns its time and memory in words. */
async function run(it: LabMove, ...[command, ...args]: [string, ...string[]]): Promise<string> {
  const start = performance.now();
  const program = it.migrator(command, ...args);
  const bytes = await peakMemory(program);
  if ((await program.exit()) !== 0) throw new Error(`${command} failed:\n${program.output}`);
  return `${command}: ${((performance.now() - start) / 1000).toFixed(1)} s, ${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

async function throughProxy(it: LabMove, keys: readonly string[]): Promise<Record<string, unknown>> {
  const client = connect(it.proxyPorts[0], it.fleet.password);
  return readDataset(client, keys).finally(() => {
    client.disconnect();
  });
}

test('108 shards migrate under load without a violation; every key arrives, and stays when a third of the shards is killed', async () => {
  const it = await started();
  const keys = await it.old.fill(KEYS_PER_SHARD);
  const before = await it.contents('old', keys);
  const load = await it.load(LOAD);

  const figures = [await run(it, 'preflight'), await run(it, 'sync'), await run(it, 'verify')];
  const undisturbed = Math.max(...load.takeGaps());
  figures.push(await run(it, 'cutover'));
  const longest = Math.max(...load.takeGaps());
  expect(await it.roles()).toEqual(moved(it));
  await it.rollOut(load);
  await until('the clients have written many values', () => load.acknowledgedWrites > 1000);

  expect(await it.contents('new', keys)).toEqual(before);
  // nutcracker does not support streams.
  const reachable = keys.flat().filter((key) => !isStream(key));
  const all = Object.assign({}, ...before) as Record<string, unknown>;
  const expected = Object.entries(all).filter(([key]) => !isStream(key));
  expect(await throughProxy(it, reachable)).toEqual(Object.fromEntries(expected));
  const { violations, lost } = await load.stop();
  expect(violations.map(inWords)).toEqual([]);
  expect(lost).toEqual([]);

  const killed = it.ordinals.filter((ordinal) => ordinal % 3 === 0);
  await Promise.all(killed.map((ordinal) => it.fleet.stopShard(ordinal, 'SIGKILL')));
  await Promise.all(killed.map((ordinal) => limit(() => it.fleet.startShard(ordinal))));
  await until('the proxy has found every shard again', () =>
    throughProxy(it, reachable).then(
      () => true,
      () => false,
    ),
  );
  expect(await throughProxy(it, reachable)).toEqual(Object.fromEntries(expected));
  figures.push(`longest gap of a shard: ${longest.toFixed(0)} ms (before the cutover: ${undisturbed.toFixed(0)} ms)`);
  console.log(figures.join('\n'));
});
