import { percent } from '../../lib/nutcracker/percent';

test.each([
  [0, '0 %'],
  [1, '100 %'],
  [1 / 3, '33.3 %'],
  [1e-9, '1e-7 %'],
  [0.9994, '99.9 %'],
  [0.9997, '99.97 %'],
  [1 - 2 ** -32, '99.99999998 %'],
])('a share of %d is printed as %s', (share, text) => {
  expect(percent(share)).toBe(text);
});
