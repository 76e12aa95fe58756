import { diff } from '../../../cli/commands/diff';
import { type RingDiff } from '../../../lib/nutcracker';
import { configFile, plain, pool, servers } from '../configurations';

function resultOf(before: readonly string[], after: readonly string[], name?: string) {
  const result = diff(configFile('old.yml', ...before), configFile('new.yml', ...after), name);
  return {
    exitCode: result.exitCode,
    json: result.json as { readonly pools: readonly RingDiff[] },
    lines: result.lines(plain),
  };
}

const four = pool('alpha', servers(4));

test('no key moves if only the order of servers and unrelated settings change', () => {
  const shuffled = pool('alpha', servers(4).reverse(), 'preconnect: true');
  expect(resultOf([four], [shuffled])).toEqual({
    exitCode: 0,
    lines: ['pool "alpha": no key would move'],
    json: {
      same: true,
      pools: [
        {
          ...{ old: 'alpha', new: 'alpha', isSame: true, isExact: true, movedShare: 0, moves: [] },
          ...{ added: [], removed: [], reweighted: [], readdressed: [] },
        },
      ],
      onlyOld: [],
      onlyNew: [],
    },
  });
});

test('an added server takes keys from the others; the table is sorted by share', () => {
  const { exitCode, lines, json } = resultOf([four], [pool('alpha', servers(5))]);
  expect(exitCode).toBe(1);
  expect(lines[0]).toMatch(/^pool "alpha": \d\d\.\d % of the key space would move$/);
  expect(lines[1]).toBe('+ server4');
  expect(lines.slice(2, 4)).toEqual(['', 'from     to         share']);
  const moves = lines.slice(4);
  for (const line of moves) expect(line).toMatch(/^server\d {2}server\d {2}\d\.\d{3} %$/);
  const [{ movedShare, added, moves: rows }] = json.pools;
  expect(added).toEqual(['server4']);
  expect(moves).toHaveLength(rows.length);
  expect(rows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(movedShare);
  expect(rows[0].share).toBeGreaterThan(rows.at(-1)?.share ?? 1);
});

test('removed servers and changed weights are listed', () => {
  const after = pool('alpha', ['10.0.0.0:6379:3 server0', ...servers(3).slice(1)]);
  const { lines, json } = resultOf([four], [after]);
  expect(lines.slice(1, 3)).toEqual(['- server3', '~ server0: weight 3, was 1']);
  expect(json.pools).toMatchObject([{ removed: ['server3'], reweighted: ['server0'] }]);
});

test('a nonzero share is not printed as zero', () => {
  const weights = (first: number): string[] => [`10.0.0.0:6379:${first} server0`, '10.0.0.1:6379:1 server1'];
  const modula = (first: number) => pool('alpha', weights(first), 'distribution: modula');
  const { exitCode, lines } = resultOf([modula(300_000_000)], [modula(300_000_001)]);
  expect(exitCode).toBe(1);
  expect(lines.join('\n')).not.toMatch(/\b0(\.0*)? %/);
});

test('for another hash the share is an estimate, with an explanation', () => {
  const { exitCode, lines, json } = resultOf([four], [pool('alpha', servers(4), 'hash: murmur')]);
  expect(exitCode).toBe(1);
  expect(lines[0]).toMatch(/^pool "alpha": about 7[456](\.\d)? % /);
  expect(lines[1]).toMatch(/^hash changes from fnv1a_64 to murmur/);
  expect(json.pools).toMatchObject([{ isExact: false, explanation: lines[1] }]);
});

test('another address moves no key on the ring, but is reported', () => {
  const swapped = pool('alpha', ['10.0.0.1:6379:1 server0', '10.0.0.0:6379:1 server1', ...servers(4).slice(2)]);
  const { exitCode, lines, json } = resultOf([four], [swapped]);
  expect(exitCode).toBe(0);
  expect(lines).toEqual([
    'pool "alpha": no key would move',
    '2 servers at another address, which must have the same data',
  ]);
  expect(json.pools).toMatchObject([{ readdressed: ['server0', 'server1'] }]);
});

test('pools are compared by name, and one without a counterpart is a difference', () => {
  const beta = pool('beta', servers(2));
  const gamma = pool('gamma', servers(2));
  const { exitCode, lines, json } = resultOf([four, beta], [gamma, four]);
  expect(exitCode).toBe(1);
  expect(lines).toEqual([
    'pool "alpha": no key would move',
    'pool "beta" is only in the old configuration',
    'pool "gamma" is only in the new configuration',
  ]);
  expect(json).toMatchObject({ same: false, onlyOld: ['beta'], onlyNew: ['gamma'] });
  expect(resultOf([four, beta], [beta, four])).toMatchObject({ exitCode: 0, json: { same: true } });
});

test('--pool ignores the other pools, and must be in both files', () => {
  const beta = pool('beta', servers(2));
  expect(resultOf([four, beta], [four], 'alpha')).toMatchObject({ exitCode: 0, json: { same: true, onlyOld: [] } });
  expect(() => resultOf([four, beta], [four], 'beta')).toThrow(
    'new.yml: --pool: there is no pool "beta"; name one of "alpha"',
  );
});

test('if each file has one pool, their names may differ', () => {
  const { exitCode, lines } = resultOf([four], [pool('beta', servers(4))]);
  expect(exitCode).toBe(0);
  expect(lines).toEqual(['pool "alpha", now "beta": no key would move']);
});

test('a pool without a ring is refused with its file', () => {
  const random = pool('alpha', servers(2), 'distribution: random');
  expect(() => resultOf([four], [random])).toThrow(
    'new.yml: pool "alpha": distribution: "random" sends each command to any server',
  );
});
