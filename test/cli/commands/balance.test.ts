import { Balance } from '../../../cli/commands/balance';
import { KeyPattern } from '../../../cli/input/key-pattern';
import { HashRing } from '../../../lib/nutcracker';
import { configFile, plain, pool, servers } from '../configurations';

/** The fields of the JSON that these tests use. */
interface Json {
  readonly pools: {
    readonly pool: string;
    readonly servers: { readonly keys: number; readonly shareOfKeys: number }[];
    readonly keys: number;
    readonly serversWithoutKeys: number;
    readonly shareOfKeys: object;
    readonly clumpSize: number;
  }[];
}

function balanceOf(pools: readonly string[], pattern?: string) {
  const config = configFile('nutcracker.yml', ...pools);
  const result = new Balance(
    config.pools.map((one) => HashRing.of(one)),
    pattern !== undefined,
  );
  if (pattern !== undefined) KeyPattern.parse(pattern).visit(result.add);
  return { json: result.json as Json, lines: result.lines(plain) };
}

const modula = pool('alpha', ['10.0.0.0:6379:1 small', '/run/big.sock:3 big'], 'distribution: modula', 'hash: crc32');

test('shares follow the weights, with minimum, maximum, mean and standard deviation', () => {
  const { json, lines } = balanceOf([modula]);
  expect(json.pools).toEqual([
    {
      pool: 'alpha',
      servers: [
        { index: 0, server: 'small', address: '10.0.0.0:6379', weight: 1, share: 0.25 },
        { index: 1, server: 'big', address: '/run/big.sock', weight: 3, share: 0.75 },
      ],
      share: { minimum: 0.25, maximum: 0.75, mean: 0.5, standardDeviation: 0.25 },
    },
  ]);
  expect(lines).toEqual([
    'pool "alpha"',
    'index  server          address        weight     share',
    '    0  small           10.0.0.0:6379       1  25.000 %',
    '    1  big             /run/big.sock       3  75.000 %',
    '',
    '       minimum                                25.000 %',
    '       maximum                                75.000 %',
    '       mean                                   50.000 %',
    '       std. deviation                         25.000 %',
  ]);
});

test('150 consecutive keys are on 11 of 108 servers with fnv1a_64, as with the real nutcracker', () => {
  const { json, lines } = balanceOf([pool('alpha', servers(108))], 'key:{0..149}');
  const [{ keys, serversWithoutKeys, shareOfKeys, clumpSize, servers: rows }] = json.pools;
  expect(keys).toBe(150);
  expect(serversWithoutKeys).toBe(97);
  expect(rows.filter((row) => row.keys > 0)).toHaveLength(11);
  expect(rows.reduce((sum, row) => sum + row.shareOfKeys, 0)).toBeCloseTo(1);
  expect(shareOfKeys).toMatchObject({ minimum: 0, mean: expect.closeTo(1 / 108) });
  expect(clumpSize).toBeGreaterThan(5);
  expect(lines.at(-1)).toMatch(/^150 keys; 97 of 108 servers have none; as uneven as clumps of \d+(\.\d)? at random$/);
});

test('without keys, shares of keys are 0', () => {
  const config = configFile('nutcracker.yml', modula);
  const result = new Balance([HashRing.of(config.pool())], true);
  expect(result.json).toMatchObject({ pools: [{ keys: 0, serversWithoutKeys: 2, shareOfKeys: { maximum: 0 } }] });
  expect(result.lines(plain).join('\n')).not.toMatch(/NaN|Infinity/);
});

test('every pool is shown, and counts every key', () => {
  const { json, lines } = balanceOf([modula, pool('beta', servers(1))], 'k{1..7}');
  expect(json.pools.map(({ pool, keys }) => [pool, keys])).toEqual([
    ['alpha', 7],
    ['beta', 7],
  ]);
  expect(lines.filter((line) => line.startsWith('pool '))).toEqual(['pool "alpha"', 'pool "beta"']);
});
