import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { KeyPattern } from '../../../cli/input/key-pattern';

function keysOf(pattern: string): string[] {
  const keys: string[] = [];
  KeyPattern.parse(pattern).visit((bytes, start, end) => keys.push(Buffer.from(bytes.slice(start, end)).toString()));
  return keys;
}

/** Expands patterns with bash. */
function bash(patterns: readonly string[]): string[][] {
  const script = patterns.map((pattern) => `printf '%s ' ${pattern}; echo`).join('\n');
  const lines = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trimEnd().split('\n');
  return lines.map((line) => line.trimEnd().split(' '));
}

test('ranges expand as in bash', () => {
  const bound = fc.oneof(fc.integer({ min: -12, max: 12 }).map(String), fc.constantFrom('007', '-03', '0', '-0', '00'));
  const range = fc.tuple(bound, bound).map(([from, to]) => `{${from}..${to}}`);
  const around = fc.constantFrom(['', ''], ['user:', ':é'], ['{user:', '}:cart'], ['{tag}', '']);
  const pattern = fc.tuple(around, range).map(([[before, after], counted]) => `${before}${counted}${after}`);
  const two = fc.tuple(pattern, fc.oneof(fc.constant(''), pattern)).map((parts) => parts.join(''));
  const patterns = fc.sample(two, { numRuns: 200, seed: 1 });
  expect(patterns.map(keysOf)).toEqual(bash(patterns));
});

test('several ranges give all combinations; the last one varies fastest', () => {
  expect(keysOf('{1..2}-{08..10}')).toEqual(['1-08', '1-09', '1-10', '2-08', '2-09', '2-10']);
});

test('other braces are hash tags', () => {
  expect(keysOf('{user:{1..2}}:cart')).toEqual(['{user:1}:cart', '{user:2}:cart']);
  expect(keysOf('{user}:{2..1}')).toEqual(['{user}:2', '{user}:1']);
  expect(keysOf('{{1..1}}}{')).toEqual(['{1}}{']);
});

test('bounds may be as large as the largest safe integer', () => {
  expect(keysOf('{9007199254740990..9007199254740991}')).toEqual(['9007199254740990', '9007199254740991']);
});

test.each([
  ['user:1', '"user:1" has no range; add one'],
  ['', '"" has no range'],
  ['user:{1-100}', 'has no range'],
  ['user:{1..}', '{1..} in "user:{1..}" is not a valid range; write two integers'],
  ['{1..3}:{a..z}', '{a..z} in "{1..3}:{a..z}" is not a valid range'],
  ['{1..10..2}', '{1..10..2} in "{1..10..2}" is not a valid range'],
  ['{1...9}', '{1...9} in "{1...9}" is not a valid range'],
  ['{0..9007199254740992}', 'has a bound with too many digits; stay within 9007199254740991'],
  [`{0..${'0'.repeat(100)}1}`, 'has a bound with too many digits'],
])('%p is refused', (pattern, because) => {
  expect(() => KeyPattern.parse(pattern)).toThrow(`--pattern: `);
  expect(() => KeyPattern.parse(pattern)).toThrow(because);
});
