import fc from 'fast-check';
import { NutcrackerConfig } from '../../lib/nutcracker';
import { withoutPasswords } from '../../lib/nutcracker/config-passwords';
import { anyDice, poolsOfAFile, styledFile } from './config-arbitraries';

function pool(...lines: readonly string[]): string {
  return ['alpha:', '  listen: 0.0.0.0:22121', '  redis: true', ...lines, '  servers:', '  - a:6379:1', ''].join('\n');
}

test.each([
  ['plain', '  redis_auth: s3cret', '  redis_auth: replaced'],
  ['in single quotes', "  redis_auth: 'it''s  #1'   # why", '  redis_auth: replaced'],
  ['in double quotes', '  redis_auth: "\\u0073\\"3"', '  redis_auth: replaced'],
  ['in a block', '  redis_auth: |-\n    s3cret\n  timeout: 400', '  redis_auth: replaced\n  timeout: 400'],
  ['on several lines', '  redis_auth: s3\n    cret\n  timeout: 400', '  redis_auth: replaced\n  timeout: 400'],
  ['after a quoted key', '  "redis_auth" : s3cret', '  "redis_auth" : replaced'],
  ['after an explicit key', '  ? redis_auth\n  : s3cret', '  ? redis_auth\n  : replaced'],
  ['commented out', '  #redis_auth: old # older\n  hash: md5', '  hash: md5'],
  [
    'in comments',
    '# s1\n  redis_auth: s3cret # was s2\n\n  # s3\n#s4\n  hash: md5 # 5',
    '  redis_auth: replaced\n\n  hash: md5',
  ],
])('a password %s is removed with the comments, and nothing else is', (_how, before, after) => {
  expect(withoutPasswords(pool(before))).toBe(pool(after));
});

test('comments at the beginning and the end of a file are removed as well', () => {
  expect(withoutPasswords(`# s1\n\n${pool('  hash: md5')}# s2`)).toBe(`\n${pool('  hash: md5')}`);
});

test('line breaks, a byte order mark and the last line are unchanged', () => {
  const file = (password: string): string => `\ufeff${pool(`  redis_auth: ${password}`).replaceAll('\n', '\r\n')}  `;
  expect(withoutPasswords(file('s3cret'))).toBe(file('replaced'));
});

test('the password of every pool is removed', () => {
  const beta = pool('  redis_auth: other').replace('alpha', 'beta').replace('22121', '22122');
  const without = withoutPasswords(pool('  redis_auth: s3cret') + beta);
  expect(NutcrackerConfig.fromYaml(without).pools.map(({ redisAuth }) => redisAuth)).toEqual(['replaced', 'replaced']);
});

test('a file without a password loses only its comments: each line keeps its beginning', () => {
  fc.assert(
    fc.property(poolsOfAFile, anyDice, (pools, dice) => {
      const file = styledFile(
        dice,
        pools.map(({ redisAuth: _password, ...props }) => props),
      );
      const without = withoutPasswords(file);
      expect(without).not.toMatch(/# remark|# "odd"/);
      const lines = file.split('\n');
      let at = 0;
      for (const line of without.split('\n')) {
        while (at < lines.length && !lines[at].startsWith(line.trimEnd())) at++;
        expect(at).toBeLessThan(lines.length);
        at++;
      }
    }),
  );
});

test('in a file of any style, the pools are the same except for the removed password', () => {
  fc.assert(
    fc.property(poolsOfAFile, anyDice, (pools, dice) => {
      const secret = 'Zq9-\u6f22 "pass\\word" #1';
      const guarded = pools.map(({ redisDb: _database, ...props }) => ({ ...props, redis: true, redisAuth: secret }));
      const file = styledFile(dice, guarded);
      const without = withoutPasswords(file);
      const read = (text: string): string => NutcrackerConfig.fromYaml(text).toYaml();
      expect(read(without)).toBe(
        NutcrackerConfig.fromYaml(file)
          .toYaml()
          .replaceAll(/(redis_auth: ).*/g, '$1replaced'),
      );
      expect(without).not.toMatch(/Zq9|pass|word|# remark/);
    }),
  );
});
