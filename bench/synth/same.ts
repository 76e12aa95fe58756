// Checks that all programs write the same objects, so that the comparison is fair.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { chartsIn, type Manifest, objectsOf } from './manifests';
import { type Command, measure } from './measure';

/** Runs the commands, which write to dist/ or to their output. Throws if one writes other objects than the first. */
export async function checkSame(commands: Readonly<Record<string, Command>>): Promise<void> {
  let expected: Manifest[] | undefined;
  for (const [name, command] of Object.entries(commands)) {
    const dist = path.join(command.cwd, 'dist');
    fs.rmSync(dist, { recursive: true, force: true });
    await measure(command, 60);
    const objects = fs.existsSync(dist)
      ? chartsIn(dist).flatMap((chart) => chart.objects)
      : objectsOf(fs.readFileSync(command.out, 'utf8'));
    const sorted = objects.sort((a, b) => (identity(a) < identity(b) ? -1 : 1));
    expected ??= sorted;
    const other = sorted.find((object, i) => !isDeepStrictEqual(object, expected?.[i]));
    if (other) throw new Error(`${name} and this app write different ${identity(other)}`);
    if (sorted.length !== expected.length)
      throw new Error(`${name} writes ${sorted.length} of ${expected.length} objects`);
  }
}

function identity({ kind, metadata }: Manifest): string {
  const { namespace = '', name } = metadata as Record<string, string>;
  return `${kind} ${namespace}/${name}`;
}
