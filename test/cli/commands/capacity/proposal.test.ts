// The proposal for a fleet: the memory of its shards, its nodes, its storage.

import { diskBytes } from '../../../../cli/commands/capacity/disk';
import { daysUntil, growthBetween } from '../../../../cli/commands/capacity/growth';
import { buffersAt, largestMaxmemory, memoryFor } from '../../../../cli/commands/capacity/memory-model';
import { nodesFor } from '../../../../cli/commands/capacity/nodes';
import { type Proposal, proposalFor, type ProposalOptions } from '../../../../cli/commands/capacity/proposal';
import { memoryOf } from '../../../../cli/commands/capacity/server-memory';
import { serversIn } from '../../../../cli/input/info-file';
import { GIBIBYTE, INFO_2_8, server } from './samples';

const MEBIBYTE = 2 ** 20;

describe('what a server reports', () => {
  test('from 5.0 on, the allocator gives the fragmentation, without what it uses for itself', () => {
    const fields = { allocator_allocated: GIBIBYTE, allocator_active: 1.2 * GIBIBYTE, allocator_resident: GIBIBYTE };
    expect(memoryOf(server(fields)).fragmentation).toBeCloseTo(1.2, 5);
    const resident = { ...fields, allocator_resident: 1.5 * GIBIBYTE + 6 * MEBIBYTE };
    expect(memoryOf(server(resident)).fragmentation).toBeCloseTo(1.5, 5);
  });

  test.each([
    ['swapped', { used_memory_rss: 0.5 * GIBIBYTE }],
    ['small', { used_memory: MEBIBYTE, used_memory_rss: 10 * MEBIBYTE }],
  ])('a ratio of a %s server is not used', (_, fields) => {
    const { fragmentation, assumptions } = memoryOf(server(fields));
    expect(fragmentation).toBe(1.1);
    expect(assumptions).toContain('fragmentation of 1.1');
  });

  test('Redis 2.8: the fragmentation is from the resident memory, the rest is assumed', () => {
    const memory = memoryOf(serversIn(INFO_2_8, 'info.txt')[0]);
    expect(memory).toMatchObject({ maxmemory: 2 * GIBIBYTE, copyOnWrite: 0.5, saveSeconds: 9, aofGrowth: 1 });
    expect(memory.fragmentation).toBeCloseTo(1.138, 3);
    expect(memory.assumptions).toEqual(['a fork that copies 50 %']);
  });

  test('the larger of the last save and rewrite counts, without what an idle fork copies', () => {
    const fields = { rdb_last_cow_size: 101 * MEBIBYTE, aof_last_cow_size: 513 * MEBIBYTE };
    expect(memoryOf(server(fields)).copyOnWrite).toBe(0.5);
  });
});

describe('the proposal', () => {
  const shard = (ordinal: number, gibibytes: number, fields = {}) => ({
    ordinal,
    server: memoryOf(
      server({
        used_memory: gibibytes * GIBIBYTE,
        used_memory_peak: gibibytes * GIBIBYTE,
        used_memory_rss: 1.1 * gibibytes * GIBIBYTE,
        rdb_last_cow_size: 0.3 * gibibytes * GIBIBYTE,
        ...fields,
      }),
    ),
  });
  const propose = (shards: readonly ReturnType<typeof shard>[], options: Partial<ProposalOptions> = {}): Proposal =>
    proposalFor(shards, { days: 0, ...options });

  test('has room for the data of the largest shard, and for a fork of every shard', () => {
    const shards = [1, 2, 4].map((size, i) => shard(i, size));
    const { memory, maxmemory, maxmemoryOfShard } = propose(shards);
    expect(maxmemory).toBeGreaterThanOrEqual((4 * GIBIBYTE) / 0.8);
    expect(maxmemory).toBeLessThan((4.5 * GIBIBYTE) / 0.8);
    expect([...maxmemoryOfShard]).toEqual([]);
    for (const { server: one } of shards) expect(memoryFor(one, maxmemory)).toBeLessThanOrEqual(memory);
  });

  test('a few shards whose fork copies more get a smaller maxmemory, and not all others more memory', () => {
    const shards = Array.from({ length: 20 }, (_, i) => shard(i, i === 0 ? 4 : 2));
    const usual = propose(shards);
    const hot = shards.map((one, i) => (i === 7 ? shard(7, 2, { rdb_last_cow_size: 2 * GIBIBYTE }) : one));
    const { memory, maxmemory, maxmemoryOfShard, needs, tooLarge } = propose(hot);
    expect([memory, maxmemory, tooLarge]).toEqual([usual.memory, usual.maxmemory, []]);
    expect([...maxmemoryOfShard.keys()]).toEqual([7]);
    expect(maxmemoryOfShard.get(7)).toBeGreaterThanOrEqual(needs[7]);
  });

  test('names the few shards without which much less memory would be enough', () => {
    const shards = Array.from({ length: 20 }, (_, i) => shard(i, i === 3 ? 8 : 2));
    const { outliers, memory } = propose(shards);
    expect(outliers?.shards).toEqual([3]);
    expect(outliers?.memoryOfOthers).toBeLessThan(memory / 2);
    expect(propose(shards.slice(4)).outliers).toBeUndefined();
  });

  test('given the memory, names the shards that do not fit', () => {
    const { memory, tooLarge } = propose([shard(0, 1), shard(1, 4)], { memory: 3 * GIBIBYTE });
    expect([memory, tooLarge]).toEqual([3 * GIBIBYTE, [1]]);
  });

  test('a server that evicts keeps its maxmemory', () => {
    const { needs } = propose([shard(0, 2, { maxmemory: 2 * GIBIBYTE, evicted_keys: 5 })]);
    expect(needs).toEqual([2 * GIBIBYTE]);
  });

  test('growth adds to what is needed', () => {
    const growth = { bytesPerDay: 10 * MEBIBYTE, seconds: 86_400 };
    const [without, withGrowth] = [{}, { growth }].map((more) => propose([{ ...shard(0, 1), ...more }], { days: 100 }));
    expect(withGrowth.needs[0] - without.needs[0]).toBeCloseTo((1000 / 0.8) * MEBIBYTE, -8);
  });

  test('what waits for a replica is limited, and the largest maxmemory uses the memory', () => {
    const busy = memoryOf(server({ total_net_input_bytes: 1e15 }));
    expect(buffersAt(busy, GIBIBYTE)).toBe((256 - 64) * MEBIBYTE + 2 * 1e12);
    const quiet = memoryOf(server({ rdb_last_cow_size: 0.5 * GIBIBYTE }));
    const largest = largestMaxmemory(quiet, 4 * GIBIBYTE, MEBIBYTE);
    expect(memoryFor(quiet, largest)).toBeLessThanOrEqual(4 * GIBIBYTE);
    expect(memoryFor(quiet, largest + MEBIBYTE)).toBeGreaterThan(4 * GIBIBYTE);
  });
});

describe('growth', () => {
  const later = (fields = {}) => server({ uptime_in_seconds: 1000 + 43_200, used_memory: 1.25 * GIBIBYTE, ...fields });

  test('is measured by the clock of the server, in either order of the samples', () => {
    const expected = { bytesPerDay: 0.5 * GIBIBYTE, seconds: 43_200 };
    expect(growthBetween(server(), later())).toEqual(expected);
    expect(growthBetween(later(), server())).toEqual(expected);
    expect(daysUntil(GIBIBYTE, 2 * GIBIBYTE, expected)).toBe(2);
  });

  test('is unknown after a restart, and never full without growth', () => {
    expect(growthBetween(server(), later({ run_id: 'b'.repeat(40) }))).toBeUndefined();
    expect(daysUntil(GIBIBYTE, 2 * GIBIBYTE, { bytesPerDay: -1, seconds: 1 })).toBeUndefined();
  });

  test('the same sample twice is refused', () => {
    expect(() => growthBetween(server(), server())).toThrow('has the same uptime as at info.txt:1');
  });
});

describe('nodes', () => {
  const fleet = (shards: number, memory: number, replicas = 0) => ({ shards, memory, replicas });

  test.each([
    ['a spare node for a lost one', [fleet(12, 10)], { nodeMemory: 40 }, 4],
    ['servers of both sets on different nodes', [fleet(4, 10, 1)], { nodeMemory: 40 }, 3],
    ['room on other nodes instead of a spare one', [fleet(5, 10)], { nodeMemory: 30 }, 3],
    ['small fleets beside large ones', [fleet(2, 30), fleet(4, 10)], { nodeMemory: 40 }, 4],
    ['not more pods on a node than kubelet runs', [fleet(201, 1)], { nodeMemory: 1000 }, 4],
    ['a zone lost', [fleet(12, 10)], { nodeMemory: 40, zones: 3 }, 6],
    ['a zone lost, with replicas: a node lost in each', [fleet(12, 10, 1)], { nodeMemory: 40, zones: 2 }, 8],
    ['a server that does not fit', [fleet(1, 50)], { nodeMemory: 40 }, undefined],
  ])('%s', (_, fleets, options, expected) => {
    expect(nodesFor(fleets, options)).toBe(expected);
  });
});

test('a disk holds the snapshot, the AOF with its growth, and the next version of either', () => {
  expect(diskBytes(GIBIBYTE, 1)).toBe(4 * GIBIBYTE);
  expect(diskBytes(MEBIBYTE, 1)).toBe(67 * MEBIBYTE);
  expect(diskBytes(GIBIBYTE, Infinity)).toBe(Infinity);
});
