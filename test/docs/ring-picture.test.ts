import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { drawRing } from '../../docs/ring-picture';

test('the picture in docs/ring.md is what the rings give (npx tsx docs/ring-picture.ts draws it again)', () => {
  expect(readFileSync(path.join(__dirname, '../../docs/ring.svg'), 'utf8')).toBe(drawRing());
});
