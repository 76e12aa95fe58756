// What counts as another expiry: clocks and the way of replication are allowed for, nothing else.

import { differenceOf, type KeyLook } from '../../migrator/key-look';

const NOW = 1_700_000_000_000;

function look(expiresIn?: number, digest = 'a'): KeyLook {
  const type = digest === 'none' ? 'none' : 'string';
  const expiresAt = expiresIn === undefined ? undefined : NOW + expiresIn;
  return { type, at: NOW, digest, isComparable: true, ...(expiresAt !== undefined && { expiresAt }) };
}

const gone = look(undefined, 'none');
const exact = { ahead: 0, sendsDurations: false };
const behind = { ahead: -30_000, sendsDurations: false };
const old = { ahead: 0, sendsDurations: true };

test.each([
  ['the same', look(60_000), look(60_000), exact, undefined],
  ['what reading takes', look(60_000), look(61_000), exact, undefined],
  ['later by more', look(60_000), look(70_000), exact, 'expiry'],
  ['later, as a duration that came late', look(60_000), look(70_000), old, 'late'],
  ['later than any synchronization takes', look(60_000), look(9_000_000), old, 'expiry'],
  ['earlier, from a server that sends durations', look(60_000), look(50_000), old, 'expiry'],
  ['by as much as the clocks are apart', look(60_000), look(30_000), behind, undefined],
  ['the other way', look(60_000), look(90_000), behind, 'expiry'],
  ['none on the new server', look(60_000), look(), exact, 'expiry'],
  ['none on the old server', look(), look(60_000), old, 'expiry'],
  ['gone a moment before the other', look(500), gone, exact, undefined],
  ['not yet gone where the clock is behind', gone, look(29_000), behind, undefined],
  ['gone long before the other', look(60_000), gone, exact, 'missing'],
  ['there long after the other', gone, look(60_000), exact, 'extra'],
  ['gone while it was read', look(100, 'empty'), look(90), exact, undefined],
  ['gone while it was read, and late on the other', look(100, 'empty'), look(60_000), old, 'late'],
  ['another value that stays', look(60_000, 'b'), look(60_000), old, 'value'],
  ['another value that is about to go on one side only', look(60_000, 'b'), look(100), old, 'value'],
])('%s', (_, before, after, clocks, expected) => {
  expect(differenceOf(before, after, clocks)).toBe(expected);
});
