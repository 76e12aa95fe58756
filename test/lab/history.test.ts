// Tests the checker of histories: against one that tries every order, and on known cases.

import fc from 'fast-check';
import { describe as inWords, History, type Operation } from './history';

type Written = Omit<Operation, 'client' | 'key'>;

function write(value: string, start: number, end: number, ok = true): Written {
  return { kind: 'write', value, start, end, ok };
}

function read(value: string | null, start: number, end: number, ok = true): Written {
  return { kind: 'read', value, start, end, ok };
}

function historyOf(operations: readonly Written[], key = 'key'): History {
  const history = new History();
  operations.forEach((operation, client) => {
    history.record({ client, key, ...operation });
  });
  return history;
}

function reasons(...operations: Written[]): string[] {
  return historyOf(operations)
    .violations()
    .map(({ reason }) => reason);
}

/** Whether some order of the operations is valid for a register. Tries every order. */
function someOrderWorks(rest: readonly Written[], held: string | null = null): boolean {
  const mustCome = rest.filter(({ ok }) => ok);
  if (mustCome.length === 0) return true;
  const candidates = rest.filter(({ start }) => mustCome.every(({ end }) => end >= start));
  return candidates.some((next) => {
    const others = rest.filter((other) => other !== next);
    return next.kind === 'write'
      ? someOrderWorks(others, next.value)
      : next.value === held && someOrderWorks(others, held);
  });
}

/** Operations of a real register that take effect between start and end; `twist` then changes the values of some reads. */
const arbitraryHistory = fc
  .array(
    fc.record({
      start: fc.nat(14),
      length: fc.nat(7),
      act: fc.double({ min: 0, max: 1, noNaN: true }),
      kind: fc.constantFrom('read' as const, 'read' as const, 'write' as const),
      ok: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
      effect: fc.boolean(),
      twist: fc.option(fc.nat(8), { freq: 6 }),
    }),
    { maxLength: 8 },
  )
  .map((drawn) => {
    const acting = drawn.map((it, i) => ({ ...it, i, end: it.start + it.length, at: it.start + it.act * it.length }));
    let held: string | null = null;
    const operations: Written[] = [];
    for (const { kind, i, start, end, ok, effect, twist } of acting.sort((a, b) => a.at - b.at)) {
      if (kind === 'write' && (ok || effect)) held = String(i);
      const seen: string | null = twist === null ? held : [null, '0', '1', '2', '3', '4', '5', '6', '7'][twist];
      operations.push(kind === 'write' ? write(String(i), start, end, ok) : read(seen, start, end, ok));
    }
    return operations;
  });

test('it agrees with a checker that tries every order of the operations', () => {
  const verdicts = { right: 0, wrong: 0 };
  fc.assert(
    fc.property(arbitraryHistory, (operations) => {
      const known = operations.filter(({ kind, ok }) => kind === 'write' || ok);
      const right = someOrderWorks(known);
      verdicts[right ? 'right' : 'wrong']++;
      expect(historyOf(operations).violations().length === 0).toBe(right);
    }),
    { numRuns: Number(process.env.FC_HISTORIES ?? 5000) },
  );
  expect(Math.min(verdicts.right, verdicts.wrong)).toBeGreaterThan((verdicts.right + verdicts.wrong) / 5);
});

test('concurrent use of a register is valid', () => {
  expect(
    reasons(read(null, 0, 1), write('a', 1, 4), write('b', 2, 5), read('a', 3, 6), read('b', 6, 7), read('b', 7, 8)),
  ).toEqual([]);
});

test('concurrent reads may see the old and the new value', () => {
  expect(reasons(write('a', 0, 1), write('b', 2, 9), read('b', 3, 5), read('a', 4, 6), read('b', 6, 7))).toEqual([]);
});

test('a stale read after a newer one is found, also while the newer write is in progress', () => {
  const found = ['"a" was there before "b", and after it as well'];
  expect(reasons(write('a', 0, 1), write('b', 2, 3), read('b', 4, 5), read('a', 6, 7))).toEqual(found);
  expect(reasons(write('a', 0, 1), write('b', 2, 9), read('b', 3, 4), read('a', 5, 6))).toEqual(found);
});

test('two alternating values are found', () => {
  expect(
    reasons(write('a', 0, 9), write('b', 0, 9), read('a', 1, 2), read('b', 3, 4), read('a', 5, 6), read('b', 7, 8)),
  ).toHaveLength(1);
});

test('a lost acknowledged write is found, by an older value or by a missing one', () => {
  expect(reasons(write('a', 0, 1), write('b', 2, 3), read('a', 4, 5))).toHaveLength(1);
  expect(reasons(write('a', 0, 1), read(null, 2, 3))).toEqual(['null was there before "a", and after it as well']);
});

test('a write without a reply may take effect at any time, or never', () => {
  const before = [write('a', 0, 1), write('b', 2, 3, false)];
  expect(reasons(...before, read('a', 4, 5))).toEqual([]);
  expect(reasons(...before, read('b', 4, 5))).toEqual([]);
  expect(reasons(...before, read('a', 4, 5), write('c', 6, 7), read('b', 8, 9))).toEqual([]);
});

test('a write without a reply does not take effect and disappear again', () => {
  const before = [write('a', 0, 1), write('b', 2, 3, false)];
  expect(reasons(...before, read('b', 4, 5), read('a', 6, 7))).toHaveLength(1);
  expect(reasons(...before, read('b', 4, 5), write('c', 6, 7), read('b', 8, 9))).toHaveLength(1);
});

test('the value of a failed read is ignored', () => {
  expect(reasons(write('a', 0, 1), read(null, 2, 3, false), read('who?', 2, 3, false))).toEqual([]);
});

test('a value that was never written is found, and one that was read before it was written', () => {
  expect(reasons(read('a', 0, 1))).toEqual(['a value that was never written was read']);
  expect(reasons(read('a', 0, 1), write('a', 2, 3))).toEqual(['a value was read before it was written']);
  expect(reasons(read('a', 0, 1), write('a', 2, 3, false))).toEqual(['a value was read before it was written']);
  expect(reasons(read('a', 0, 2), write('a', 2, 3))).toEqual([]);
});

test('each key is a register, and the message shows the operations of the wrong one', () => {
  const history = historyOf([write('a', 0, 1), write('b', 2, 3.5), read('b', 4, 5), read('a', 6, 7)], 'wrong');
  history.record({ client: 'x', key: 'right', kind: 'read', value: null, start: 8, end: 9, ok: true });

  expect(history.size).toBe(5);
  expect(history.violations().map(inWords)).toEqual([
    [
      'wrong: "a" was there before "b", and after it as well',
      '  client 0: write "a", 0.000 to 1.000 ms',
      '  client 1: write "b", 2.000 to 3.500 ms',
      '  client 2: read "b", 4.000 to 5.000 ms',
      '  client 3: read "a", 6.000 to 7.000 ms',
    ].join('\n'),
  ]);
});

test('a value cannot be written twice', () => {
  expect(() => reasons(write('a', 0, 1), write('a', 2, 3))).toThrow('key: a was written twice');
});

test('a key has lost a write if an older value was read, even if it has a newer value at the end', () => {
  const lost = (...operations: Written[]): string[] => historyOf(operations).lost(new Map([['key', 'c']]));
  expect(lost(write('a', 0, 1), write('b', 2, 3), read('a', 4, 5), write('c', 6, 7))).toEqual(['key']);
  expect(lost(write('a', 0, 1), read(null, 2, 3), write('c', 6, 7))).toEqual(['key']);
  // The read, or the older write, may have taken effect before the newer one.
  expect(lost(write('a', 0, 1), write('b', 2, 5), read('a', 4, 6), write('c', 7, 8))).toEqual([]);
  expect(lost(write('a', 0, 3), write('b', 2, 4), read('a', 5, 6), write('c', 7, 8))).toEqual([]);
  expect(lost(write('a', 0, 1, false), write('b', 2, 3), read('a', 4, 5), write('c', 7, 8))).toEqual([]);
});

test('lists the keys with a value that is older than their last acknowledged write', () => {
  const history = historyOf([write('a', 0, 1), write('b', 2, 4), write('c', 3, 5), write('d', 6, 7, false)]);
  const lost = (value: string | null): string[] => history.lost(new Map([['key', value]]));
  expect(['b', 'c', 'd'].flatMap(lost)).toEqual([]);
  expect(['a', null].flatMap(lost)).toEqual(['key', 'key']);
});

test('half a million operations on a key are checked in one sort', () => {
  const history = new History();
  for (let i = 0; i < 250_000; i++) {
    history.record({ client: 0, key: 'key', kind: 'write', value: `${i}`, start: 4 * i, end: 4 * i + 1, ok: true });
    history.record({ client: 1, key: 'key', kind: 'read', value: `${i}`, start: 4 * i + 2, end: 4 * i + 3, ok: true });
  }
  history.record({ client: 1, key: 'key', kind: 'read', value: '7', start: 2e6, end: 2e6 + 1, ok: true });
  expect(history.violations()).toHaveLength(1);
});
