// What counts as another expiry: clocks and the way of replication are allowed for, nothing else.

import { type SendCommands } from '../../../migrator/redis/command-sender';
import { differenceOf, type KeySnapshot } from '../../../migrator/data/key-snapshot';
import { KeyReader } from '../../../migrator/data/key-reader';

const NOW = 1_700_000_000_000;

function look(expiresIn?: number, digest = 'a'): KeySnapshot {
  const type = digest === 'none' ? 'none' : 'string';
  const expiresAt = expiresIn === undefined ? undefined : NOW + expiresIn;
  return { type, at: NOW, took: 0, digest, isComparable: true, ...(expiresAt !== undefined && { expiresAt }) };
}

const gone = look(undefined, 'none');
const exact = { ahead: 0, sendsDurations: false };
const behind = { ahead: -30_000, sendsDurations: false };
const old = { ahead: 0, sendsDurations: true };

test.each([
  ['the same', look(60_000), look(60_000), exact, undefined],
  ['what reading takes', look(60_000), look(61_000), exact, undefined],
  ['later by more', look(60_000), look(70_000), exact, 'expiry'],
  ['later by more, as reading took longer', { ...look(60_000), took: 9000 }, look(70_000), exact, undefined],
  ['gone when it was looked at, later than on the other', { ...gone, at: NOW + 9000 }, look(8000), exact, undefined],
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

test('a server that stands still while its keys are read seems to give them another expiry, but not to differ', async () => {
  const keys = [Buffer.from('one'), Buffer.from('other')];
  const [prompt, slow] = await Promise.all(
    [0, 5000].map((stall) => new KeyReader(server(stall), false).snapshotsOf(keys)),
  );
  expect(slow.map(({ expiresAt = 0 }) => expiresAt - NOW)).toEqual([55_000, 50_000]);
  expect(keys.map((_, i) => differenceOf(prompt[i], slow[i], exact))).toEqual([undefined, undefined]);
});

/** A server on which every key expires in a minute, and which stands still whenever it is asked for the type of one. */
function server(stall: number): SendCommands {
  let now = NOW;
  const answerTo = (command: string): unknown => {
    if (command === 'TIME') return [now / 1000, 0];
    if (command === 'PTTL') return NOW + 60_000 - now;
    if (command === 'TYPE') now += stall;
    return command === 'TYPE' ? 'string' : Buffer.from('value');
  };
  return (commands) => Promise.resolve(commands.map(([command]) => answerTo(command)));
}
