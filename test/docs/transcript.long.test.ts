// Runs each command of the two documents that show the output of the programs, in order, on real servers.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../lab/lab';
import { ROOT } from '../lab/synthesized';
import { type Example, examplesIn, UPDATE, withExamples } from './console';
import { Stage, STAGED } from './stage';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

/** The events and the examples, in the order of the document. */
const SCENE = /^<!-- meanwhile: (.*) -->$|^```console\n([^]*?)^```$/gm;

/** A progress line. Which of them appear depends on timing: a fast shard skips some, a slow one is retried. */
const PROGRESS = /^\S+Z (shard \d: (?!done|skipped)|\d of \d done )/;

/** The part of the output that is the same in every run: without times, progress, and the order of parallel shards. */
function stableLines(printed: string): string[] {
  const lines = printed.split('\n').filter((line) => !PROGRESS.test(line));
  return lines.map((line) => line.replace(/^\S+Z /, 'TIME ').replace(/lag \d+ B/, 'lag')).sort();
}

test.each(STAGED)('every example prints its output in %s (npm run transcript updates it)', async (document) => {
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

  const stable = ({ command, printed: lines }: Example): unknown => [command, stableLines(lines)];
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.map(stable)).toEqual(printed.map(stable));
});
