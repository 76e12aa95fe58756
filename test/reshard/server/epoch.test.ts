import { type Epoch, epochOf, EPOCHS, type Permissions, ringOf, stateOf } from '../../../reshard/server/epoch';

const all = Object.keys(EPOCHS) as Epoch[];

test.each<[Epoch[], string]>([
  [['serves A', 'serves A'], 'serves A'],
  [['serves B', 'serves B'], 'serves B'],
  [['serves A', 'unreachable'], 'serves A'],
  // Killed while servers were fenced, behind the fence, and while they were opened.
  [['serves A', 'fenced for B'], 'back to A'],
  [['fenced for B', 'serves A'], 'back to A'],
  [['fenced for B', 'fenced for B'], 'back to A'],
  [['serves B', 'fenced for B'], 'back to B'],
  // The same for a return.
  [['fenced for A', 'serves B'], 'back to B'],
  [['fenced for A', 'fenced for A'], 'back to B'],
  [['serves A', 'fenced for A'], 'back to A'],
  // The first server may have been opened.
  [['unreachable', 'fenced for B'], 'unknown'],
  [['unreachable', 'serves B', 'fenced for B'], 'back to B'],
  [['serves A', 'serves B'], 'mixed'],
  // Not by this program, which therefore does not turn it on.
  [['closed', 'closed'], 'mixed'],
  [['serves A', 'closed'], 'mixed'],
  [['serves A', 'serves both'], 'mixed'],
  // Not prepared, so it says nothing.
  [['new', 'serves A'], 'serves A'],
  [['serves A', 'new'], 'serves A'],
])('%j is %s', ([first, ...others], state) => {
  expect(stateOf([first], others)).toBe(state);
});

test('the first shard tells only with both servers', () => {
  expect(stateOf(['fenced for B', 'fenced for B'], ['unreachable'])).toBe('back to A');
  expect(stateOf(['fenced for B', 'unreachable'], ['fenced for B'])).toBe('unknown');
  expect(stateOf(['fenced for B', 'unreachable'], ['serves B'])).toBe('back to B');
});

test.each<[Permissions, Epoch]>([
  [{ a: true, b: false }, 'serves A'],
  [{ a: false, b: true }, 'serves B'],
  [{ a: true, b: true }, 'serves both'],
  [{ a: false, b: false }, 'closed'],
  [{ a: false, b: false, fencedFor: 'b' }, 'fenced for B'],
  [{ a: false, b: false, fencedFor: 'a' }, 'fenced for A'],
  // The fence was interrupted after its mark.
  [{ a: true, b: false, fencedFor: 'b' }, 'serves A'],
])('%j is %s', (permissions, epoch) => {
  expect(epochOf(permissions)).toBe(epoch);
});

test('every combination has a state, and no two rings are served', () => {
  for (const first of all) {
    for (const second of all) {
      for (const third of all) {
        const epochs = [first, second, third];
        const state = stateOf([first], [second, third]);
        if (epochs.includes('serves A')) expect(ringOf(state)).not.toBe('b');
        if (epochs.includes('serves B')) expect(ringOf(state)).not.toBe('a');
      }
    }
  }
});
