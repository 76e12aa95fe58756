import { drawMove } from '../../docs/move-picture';
import { drawRing } from '../../docs/ring-picture';
import { read } from './documents';

test.each([
  ['docs/ring.svg', drawRing],
  ['docs/move.svg', drawMove],
])('%s is the output of its script (npm run picture updates it)', (file, draw) => {
  expect(read(file)).toBe(draw());
});
