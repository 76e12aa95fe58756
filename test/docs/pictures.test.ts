import { drawMove } from '../../docs/move-picture';
import { drawRing } from '../../docs/ring-picture';
import { read } from './documents';

test.each([
  ['docs/ring.svg', drawRing],
  ['docs/move.svg', drawMove],
])('%s is what its script draws (npm run picture draws it again)', (file, draw) => {
  expect(read(file)).toBe(draw());
});
