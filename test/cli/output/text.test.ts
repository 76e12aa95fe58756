import { paintFor, share, table } from '../../../cli/output/text';

test.each([
  ['a terminal', true, {}, true],
  ['a pipe', false, {}, false],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['a terminal with NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['a terminal with an empty NO_COLOR', true, { NO_COLOR: '' }, true],
  ['a pipe with FORCE_COLOR', false, { FORCE_COLOR: '1' }, true],
  ['a terminal with FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
  ['a pipe with both', false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
])('on %s', (_, isTTY, env, colours) => {
  expect(paintFor({ isTTY }, env).bad('x')).toBe(colours ? '\u001B[31mx\u001B[0m' : 'x');
});

test('only a share of 0 is printed as 0', () => {
  expect([0, 1, 0.25, 0.000004, 2 ** -32].map(share)).toEqual([
    ...['0.000 %', '100.000 %', '25.000 %', '0.0004 %', '2.33e-8 %'],
  ]);
});

test('columns are as wide as their widest cell, numbers are right-aligned, and no line has trailing blanks', () => {
  const columns = [{ title: 'name' }, { title: 'n', isNumber: true }, { title: 'note' }];
  expect(table(columns, [['a', '10', ''], [], ['longer', '9', 'x']], paintFor({}, {}))).toEqual([
    'name     n  note',
    'a       10',
    '',
    'longer   9  x',
  ]);
});
