import fc from 'fast-check';
import { Distribution, HashRing, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import { type Place, resizedPool } from '../../lib/nutcracker/resize';
import { everyNth } from '../lab/cases';
import { Lab } from '../lab/lab';
import { placementsOfNutcracker } from '../lab/placement';

function poolOf(weights: readonly number[], settings = {}, block = '10.0.0'): NutcrackerPool {
  const servers = weights.map(
    (weight, i) => new NutcrackerServer({ address: `${block}.${i + 1}:6379`, name: `server${i}`, weight }),
  );
  return new NutcrackerPool({ name: 'alpha', listen: '127.0.0.1:22121', ...settings, servers });
}

function equal(count: number): NutcrackerPool {
  return poolOf(Array<number>(count).fill(1));
}

function places(count: number, block = '10.0.1'): Place[] {
  return Array.from({ length: count }, (_, i) => ({ address: `${block}.${i + 1}:6379`, name: `new${i}` }));
}

/** What moves in percent, and what of it between servers that stay. */
function moved(before: NutcrackerPool, after: NutcrackerPool) {
  const { movedShare, moves, added, removed } = HashRing.of(before).diff(HashRing.of(after));
  const stay = moves.filter(({ from, to }) => !removed.includes(from) && !added.includes(to));
  return { all: 100 * movedShare, stay: 100 * stay.reduce((sum, { share }) => sum + share, 0) };
}

test.each([
  [108, 1, [1000, 999]],
  [108, 2, [1000, 999]],
  [108, 12, [1]],
  [108, 108, [1]],
  [107, 1, [1000, 1001]],
  [4, 1, [1]],
  [1, 1, [1]],
])('nothing moves between %d servers when %d are added', (count, added, weights) => {
  const before = equal(count);
  const after = resizedPool(before, [], places(added));
  const ideal = (100 * added) / (count + added);
  expect([...new Set(after.servers.map(({ weight }) => weight))]).toEqual(weights);
  expect(moved(before, after).stay).toBe(0);
  expect(moved(before, after).all).toBeGreaterThan(0.75 * ideal);
  expect(moved(before, after).all).toBeLessThan(1.25 * ideal);
});

test('removing what was added restores the ring', () => {
  const before = equal(108);
  const after = resizedPool(resizedPool(before, [], places(1)), ['new0'], []);
  expect(moved(before, after).all).toBe(0);
});

test('a removed server takes four points of another one with it, not of each', () => {
  const before = equal(108);
  const unchanged = equal(107);
  const after = resizedPool(before, ['server107'], []);
  expect(moved(before, unchanged).stay).toBeGreaterThan(2);
  expect(moved(before, after).stay).toBeLessThan(0.05);
  expect(moved(before, after).all).toBeLessThan(1.3);
});

test('one server can be replaced by another one', () => {
  const after = resizedPool(equal(25), ['server3'], places(1));
  expect(after.servers.map(({ weight }) => weight)).toEqual(Array(25).fill(1));
  expect(moved(equal(25), after).stay).toBe(0);
});

const weightsOfPool = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 30 }),
  fc.integer({ min: 2, max: 120 }).map((count) => Array<number>(count).fill(7)),
);

test('nothing moves between servers of any weights when some are added', () => {
  fc.assert(
    fc.property(weightsOfPool, fc.integer({ min: 1, max: 5 }), (weights, added) => {
      const before = poolOf(weights);
      const after = resizedPool(before, [], places(added));
      expect(moved(before, after).stay).toBe(0);
      const [, ...shares] = HashRing.of(after)
        .keyShare()
        .slice(weights.length - 1);
      for (const { share } of shares) expect(share).toBeGreaterThan(0.5 / after.servers.length);
    }),
    { numRuns: 20 },
  );
});

test('a proposal moves no more between servers that stay than unchanged weights do', () => {
  fc.assert(
    fc.property(weightsOfPool, fc.nat(), (weights, index) => {
      const before = poolOf(weights);
      const name = `server${index % weights.length}`;
      const plain = poolOf(weights).servers.filter((server) => server.name !== name);
      const unchanged = new NutcrackerPool({ ...before.settings, servers: plain });
      const proposed = moved(before, resizedPool(before, [name], [])).stay;
      // One position is 2.3e-8 percent; steps of four points differ in size.
      expect(proposed).toBeLessThanOrEqual(moved(before, unchanged).stay + 2);
    }),
    { numRuns: 20 },
  );
});

test('names, addresses and settings are kept, and the order of the servers', () => {
  const before = poolOf([2, 2, 2], { hashTag: '{}', timeout: 400, redis: true });
  const after = resizedPool(before, ['server1'], places(1));
  expect(after.settings).toMatchObject({ hashTag: '{}', timeout: 400, redis: true });
  expect(after.servers.map(({ ringName, address }) => [ringName, address])).toEqual([
    ['server0', '10.0.0.1:6379'],
    ['server2', '10.0.0.3:6379'],
    ['new0', '10.0.1.1:6379'],
  ]);
});

test('modula keeps its weights: no weights would help', () => {
  const after = resizedPool(poolOf([1, 1, 1], { distribution: Distribution.MODULA }), [], places(1));
  expect(after.servers.map(({ weight }) => weight)).toEqual([1, 1, 1, 1]);
});

test('an unknown name and an empty pool are refused', () => {
  expect(() => resizedPool(equal(2), ['other'], [])).toThrow(
    'pool "alpha": no server has the ring name "other"; name one of "server0", "server1"',
  );
  expect(() => resizedPool(equal(2), ['server0', 'server1'], [])).toThrow('no server would be left');
});

/** Compares both rings as the real program computes them, in which any difference in rounding would be seen. */
describe('the real nutcracker moves no key between servers that stay', () => {
  const lab = new Lab();
  afterAll(() => lab.close());
  const block = `127.${64 + Math.floor(Math.random() * 64)}.${Math.floor(Math.random() * 200)}`;
  const keys = Array.from({ length: 4000 }, (_, i) => Buffer.from(`${(i * 2_654_435_761) % 4_294_967_296}`));

  async function compare(weights: readonly number[], removed: readonly string[], added: number) {
    const before = poolOf(weights, {}, block);
    const after = resizedPool(before, removed, places(added, block.replace(/\d+$/, '250')));
    const all = [...before.servers, ...after.servers.slice(weights.length - removed.length)];
    // The first pool decides which servers run.
    const pools = [{ servers: all }, before, after].map(({ servers }) => ({ servers }));
    const [, ...placed] = await placementsOfNutcracker(lab, pools, keys);
    const gone = before.servers.flatMap(({ ringName }, i) => (removed.includes(ringName) ? [i] : []));
    return { placed, gone, old: weights.length };
  }

  test.each(
    everyNth(4, [
      [[1, 2, 5, 3], 1],
      [Array<number>(108).fill(1), 1],
      [Array<number>(107).fill(1), 1],
      [Array<number>(109).fill(3), 2],
    ]),
  )('%j and %d more', async (weights, added) => {
    const { placed, old } = await compare(weights, [], added);
    const [before, after] = placed;
    const moving = keys.map((_, i) => i).filter((i) => before[i] !== after[i]);
    expect(moving.length).toBeGreaterThan(0);
    expect(moving.filter((i) => after[i] < old)).toEqual([]);
  });

  test('a removed server takes four points of another one with it', async () => {
    const { placed, gone } = await compare(Array<number>(25).fill(1), ['server7'], 0);
    const [before, after] = placed;
    expect(after).not.toContain(gone[0]);
    const between = keys.filter((_, i) => before[i] !== after[i] && before[i] !== gone[0]);
    expect(between.length / keys.length).toBeLessThan(0.01);
  });
});
