import { diff } from '../../../cli/commands/diff';
import { type RingDiff } from '../../../lib/nutcracker';
import { configFile, plain, pool, servers } from '../configurations';

function answerTo(before: readonly string[], after: readonly string[], name?: string) {
  const answer = diff(configFile('old.yml', ...before), configFile('new.yml', ...after), name);
  return {
    exitCode: answer.exitCode,
    json: answer.json as { readonly pools: readonly RingDiff[] },
    lines: answer.lines(plain),
  };
}

const four = pool('alpha', servers(4));

test('nothing moves when only the order of the servers and other settings change', () => {
  const shuffled = pool('alpha', servers(4).reverse(), 'preconnect: true');
  expect(answerTo([four], [shuffled])).toEqual({
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

test('a server more takes keys from the others, the most from the first line of the table', () => {
  const { exitCode, lines, json } = answerTo([four], [pool('alpha', servers(5))]);
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

test('servers that go and weights that change are listed', () => {
  const after = pool('alpha', ['10.0.0.0:6379:3 server0', ...servers(3).slice(1)]);
  const { lines, json } = answerTo([four], [after]);
  expect(lines.slice(1, 3)).toEqual(['- server3', '~ server0: weight 3, was 1']);
  expect(json.pools).toMatchObject([{ removed: ['server3'], reweighted: ['server0'] }]);
});

test('a share that is not zero does not read as zero', () => {
  const weights = (first: number): string[] => [`10.0.0.0:6379:${first} server0`, '10.0.0.1:6379:1 server1'];
  const modula = (first: number) => pool('alpha', weights(first), 'distribution: modula');
  const { exitCode, lines } = answerTo([modula(300_000_000)], [modula(300_000_001)]);
  expect(exitCode).toBe(1);
  expect(lines.join('\n')).not.toMatch(/\b0(\.0*)? %/);
});

test('another hash is estimated, and it is said how', () => {
  const { exitCode, lines, json } = answerTo([four], [pool('alpha', servers(4), 'hash: murmur')]);
  expect(exitCode).toBe(1);
  expect(lines[0]).toMatch(/^pool "alpha": about 7[456](\.\d)? % /);
  expect(lines[1]).toMatch(/^hash changes from fnv1a_64 to murmur/);
  expect(json.pools).toMatchObject([{ isExact: false, explanation: lines[1] }]);
});

test('another address moves no key on the ring, but is mentioned', () => {
  const swapped = pool('alpha', ['10.0.0.1:6379:1 server0', '10.0.0.0:6379:1 server1', ...servers(4).slice(2)]);
  const { exitCode, lines, json } = answerTo([four], [swapped]);
  expect(exitCode).toBe(0);
  expect(lines).toEqual([
    'pool "alpha": no key would move',
    '2 servers at another address, where the same data must be',
  ]);
  expect(json.pools).toMatchObject([{ readdressed: ['server0', 'server1'] }]);
});

test('pools are compared with those of their name, and one without a counterpart is a difference', () => {
  const beta = pool('beta', servers(2));
  const gamma = pool('gamma', servers(2));
  const { exitCode, lines, json } = answerTo([four, beta], [gamma, four]);
  expect(exitCode).toBe(1);
  expect(lines).toEqual([
    'pool "alpha": no key would move',
    'pool "beta" is only in the old configuration',
    'pool "gamma" is only in the new configuration',
  ]);
  expect(json).toMatchObject({ same: false, onlyOld: ['beta'], onlyNew: ['gamma'] });
  expect(answerTo([four, beta], [beta, four])).toMatchObject({ exitCode: 0, json: { same: true } });
});

test('--pool leaves the others out of it, and must be on both sides', () => {
  const beta = pool('beta', servers(2));
  expect(answerTo([four, beta], [four], 'alpha')).toMatchObject({ exitCode: 0, json: { same: true, onlyOld: [] } });
  expect(() => answerTo([four, beta], [four], 'beta')).toThrow(
    'new.yml: --pool: there is no pool "beta"; name one of "alpha"',
  );
});

test('the only pools of two files are compared whatever their names', () => {
  const { exitCode, lines } = answerTo([four], [pool('beta', servers(4))]);
  expect(exitCode).toBe(0);
  expect(lines).toEqual(['pool "alpha", now "beta": no key would move']);
});

test('a pool without a ring is refused with its file', () => {
  const random = pool('alpha', servers(2), 'distribution: random');
  expect(() => answerTo([four], [random])).toThrow(
    'new.yml: pool "alpha": distribution: "random" sends each command to any server',
  );
});
