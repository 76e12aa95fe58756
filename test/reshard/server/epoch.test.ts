import { type Epoch, EPOCHS, ringOf, stateOf } from '../../../reshard/server/epoch';

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
  [['turned off', 'turned off'], 'mixed'],
  [['serves A', 'turned off'], 'mixed'],
])('%j is %s', (epochs, state) => {
  expect(stateOf(epochs)).toBe(state);
});

test('every combination has a state, and no two rings are served', () => {
  for (const first of all) {
    for (const second of all) {
      for (const third of all) {
        const epochs = [first, second, third];
        const state = stateOf(epochs);
        if (epochs.includes('serves A')) expect(ringOf(state)).not.toBe('b');
        if (epochs.includes('serves B')) expect(ringOf(state)).not.toBe('a');
      }
    }
  }
});
