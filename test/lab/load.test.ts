// The load reports existing faults, and no others.

import { connect } from './clients';
import { Lab, until } from './lab';
import { Load, type LoadProps } from './load';
import { OldFleet } from './old-fleet';

/** No client times out: a busy machine is not a fault. */
const PATIENT_MS = 30_000;

let lab: Lab;
let old: OldFleet;
beforeEach(async () => {
  lab = new Lab();
  old = await OldFleet.of(lab, { servers: 2, pool: { timeout: PATIENT_MS } });
  await old.start();
});
afterEach(() => lab.close());

function loadOf(ports: number[], props: Partial<LoadProps> = {}): Promise<Load> {
  const shardOf = (key: string): number => old.ordinalOf(key);
  return Load.start({ ports, password: old.password, shards: 2, shardOf, timeoutMs: PATIENT_MS, ...props });
}

/** Waits until this many more writes are acknowledged. */
async function writes(load: Load, count = 1000): Promise<void> {
  const before = load.acknowledgedWrites;
  await until(`${count} writes were acknowledged`, () => load.acknowledgedWrites >= before + count);
}

test('through a healthy proxy there are no errors, no violations and no lost writes', async () => {
  await old.startProxy();
  const load = await loadOf([old.proxyPort]);
  await writes(load, 3000);
  const { operations, acknowledgedWrites, ...report } = await load.stop();
  expect(report).toEqual({
    keys: 8,
    errors: {},
    errorsPerConnection: {},
    errorsPerShard: [0, 0],
    gaps: [expect.any(Number), expect.any(Number)],
    violations: [],
    lost: [],
  });
  expect(operations).toBeGreaterThan(acknowledgedWrites);
});

test('two servers behind one address are found to violate linearizability', async () => {
  const load = await loadOf([old.portOf(0), old.portOf(1)], { shardOf: () => 0, shards: 1 });
  await writes(load);
  const { violations } = await load.stop();
  expect(violations.length).toBeGreaterThan(0);
});

test('a server that comes back with older data has lost writes', async () => {
  const port = old.portOf(0);
  const load = await loadOf([port], { shardOf: () => 0, shards: 1 });
  await writes(load);
  await old.stop(0, 'SIGKILL');
  const stopped = load.stop();
  await old.start(0);
  const { lost, violations, errors } = await stopped;
  expect(lost).toHaveLength(4);
  expect(violations.length).toBeGreaterThan(0);
  expect(Object.keys(errors)).toContain('Connection is closed.');
});

test('a stopped shard has a gap, and its neighbor has none; errors are counted by shard and connection', async () => {
  await old.startProxy();
  const load = await loadOf([old.proxyPort], { clients: 8 });
  old.freeze(1);
  await writes(load);
  load.takeGaps();
  await writes(load);
  const held = load.takeGaps();
  old.thaw(1);
  // On any machine: one shard has a growing gap, the other many short ones.
  expect(held[0]).toBeLessThan(held[1]);

  const client = connect(old.portOf(1), old.password);
  await client.config('SET', 'min-replicas-to-write', 1);
  await until('writes are refused', () => Object.keys(load.errors).some((message) => message.includes('NOREPLICAS')));
  client.disconnect();

  const { gaps, errorsPerShard, errorsPerConnection, errors, violations } = await load.stop();
  expect(gaps[1]).toBeGreaterThan(held[1]);
  expect(errorsPerShard[0]).toBe(0);
  const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
  expect([sum(errors), sum(errorsPerConnection)]).toEqual([errorsPerShard[1], errorsPerShard[1]]);
  expect(violations).toEqual([]);
});

test('a load can be limited', async () => {
  const load = await loadOf([old.portOf(0)], { shardOf: () => 0, shards: 1, operationsPerSecond: 500 });
  const start = performance.now();
  const before = load.history.size;
  await writes(load, 300);
  const perSecond = (1000 * (load.history.size - before)) / (performance.now() - start);
  await load.stop();
  expect(perSecond).toBeLessThan(600);
});
