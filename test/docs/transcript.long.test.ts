// Two documents show what the programs print: each of their commands is run, on real servers, in its order.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../lab/lab';
import { ROOT } from '../lab/synthesized';
import { type Example, examplesIn, UPDATE, withExamples } from './console';
import { Stage, STAGED } from './stage';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

/** What is between the examples, and the examples: in the order of the document. */
const SCENE = /^<!-- meanwhile: (.*) -->$|^```console\n([^]*?)^```$/gm;

/** A line of progress. Which of these there are, time decides: a shard that is fast skips some, a slow one is tried again. */
const PROGRESS = /^\S+Z (shard \d: (?!done|skipped)|\d of \d done )/;

/** What holds in every run: no times, no progress, and no order among shards that are worked on side by side. */
function settled(printed: string): string[] {
  const lines = printed.split('\n').filter((line) => !PROGRESS.test(line));
  return lines.map((line) => line.replace(/^\S+Z /, 'TIME ').replace(/lag \d+ B/, 'lag')).sort();
}

test.each(STAGED)('every example prints what %s says (npm run transcript writes it)', async (document) => {
  const file = path.join(ROOT, document);
  const text = fs.readFileSync(file, 'utf8');
  const stage = await Stage.set(lab);
  const shown: Example[] = [];
  const printed: Example[] = [];
  for (const [, what, block] of text.matchAll(SCENE)) {
    if (what) await stage.meanwhile(what);
    for (const example of what ? [] : examplesIn(block)) {
      shown.push(example);
      printed.push({ command: example.command, printed: await stage.run(example.command) });
    }
  }
  if (UPDATE) fs.writeFileSync(file, withExamples(text, printed));

  const facts = ({ command, printed: lines }: Example): unknown => [command, settled(lines)];
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.map(facts)).toEqual(printed.map(facts));
});
