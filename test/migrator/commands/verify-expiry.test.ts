// What counts as a different expiry: only clocks and replication are allowed for.

import { type SendCommands } from '../../../migrator/redis/command-sender';
import { differenceOf, type KeySnapshot } from '../../../migrator/data/key-snapshot';
import { KeyReader } from '../../../migrator/data/key-reader';

const NOW = 1_700_000_000_000;

function key(expiresIn?: number, digest = 'a'): KeySnapshot {
  const type = digest === 'none' ? 'none' : 'string';
  const expiresAt = expiresIn === undefined ? undefined : NOW + expiresIn;
  return { type, at: NOW, took: 0, digest, isComparable: true, ...(expiresAt !== undefined && { expiresAt }) };
}

const gone = key(undefined, 'none');
const exact = { ahead: 0, sendsDurations: false };
const behind = { ahead: -30_000, sendsDurations: false };
const old = { ahead: 0, sendsDurations: true };

test.each([
  ['the same', key(60_000), key(60_000), exact, undefined],
  ['later by the time that reading takes', key(60_000), key(61_000), exact, undefined],
  ['later by more', key(60_000), key(70_000), exact, 'expiry'],
  ['later by more, but reading took longer', { ...key(60_000), took: 9000 }, key(70_000), exact, undefined],
  ['gone because it was read later than on the other server', { ...gone, at: NOW + 9000 }, key(8000), exact, undefined],
  ['later, as a duration that arrived late', key(60_000), key(70_000), old, 'late'],
  ['later than any synchronization takes', key(60_000), key(9_000_000), old, 'expiry'],
  ['earlier, from a server that sends durations', key(60_000), key(50_000), old, 'expiry'],
  ['different by the offset of the clocks', key(60_000), key(30_000), behind, undefined],
  ['different by the offset in the other direction', key(60_000), key(90_000), behind, 'expiry'],
  ['none on the new server', key(60_000), key(), exact, 'expiry'],
  ['none on the old server', key(), key(60_000), old, 'expiry'],
  ['gone a moment earlier than on the other server', key(500), gone, exact, undefined],
  ['not yet gone on the server whose clock is behind', gone, key(29_000), behind, undefined],
  ['gone long before the other server', key(60_000), gone, exact, 'missing'],
  ['present long after it is gone on the other server', gone, key(60_000), exact, 'extra'],
  ['gone while it was read', key(100, 'empty'), key(90), exact, undefined],
  ['gone while it was read, and late on the other server', key(100, 'empty'), key(60_000), old, 'late'],
  ['a different value that stays', key(60_000, 'b'), key(60_000), old, 'value'],
  ['a different value that is about to expire on one server only', key(60_000, 'b'), key(100), old, 'value'],
])('%s', (_, before, after, clocks, expected) => {
  expect(differenceOf(before, after, clocks)).toBe(expected);
});

test('a stalled server shows later expiries, but no differences', async () => {
  const keys = [Buffer.from('one'), Buffer.from('other')];
  const [prompt, slow] = await Promise.all(
    [0, 5000].map((stall) => new KeyReader(server(stall), false).snapshotsOf(keys)),
  );
  expect(slow.map(({ expiresAt = 0 }) => expiresAt - NOW)).toEqual([55_000, 50_000]);
  expect(keys.map((_, i) => differenceOf(prompt[i], slow[i], exact))).toEqual([undefined, undefined]);
});

/** A server whose keys expire in a minute, and which stalls at every TYPE. */
function server(stall: number): SendCommands {
  let now = NOW;
  const resultOf = (command: string): unknown => {
    if (command === 'TIME') return [now / 1000, 0];
    if (command === 'PTTL') return NOW + 60_000 - now;
    if (command === 'TYPE') now += stall;
    return command === 'TYPE' ? 'string' : Buffer.from('value');
  };
  return (commands) => Promise.resolve(commands.map(([command]) => resultOf(command)));
}
