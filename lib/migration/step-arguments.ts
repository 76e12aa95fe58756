// Checks arguments at synth with the migrator's own parser, which `npm run build` bundles.

import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { STEPS } from './steps';

/** In the compiled library, and in a source checkout. */
const PLACES = ['../../migrator/step-arguments.cjs', '../../build/migrator/step-arguments.cjs'];

interface Parser {
  problemWith(command: string, args: readonly string[], shards: number): string | undefined;
}

/** Refuses arguments that the command of a Job would reject. */
export function checkStepArguments(scope: Construct, given: Readonly<Record<string, string[]>>, shards: number): void {
  const names = STEPS.map(({ name }) => name);
  for (const [step, args] of Object.entries(given)) {
    if (!names.includes(step)) {
      refuse(scope, `stepArguments names ${JSON.stringify(step)}; the steps are ${names.join(', ')}`);
    }
    const problem = parser(scope).problemWith(step, args, shards);
    if (problem !== undefined) refuse(scope, `stepArguments of ${step}: ${problem}`);
  }
}

function parser(scope: Construct): Parser {
  const file = PLACES.map((place) => path.join(__dirname, place)).find((place) => fs.existsSync(place));
  if (file === undefined) refuse(scope, 'step-arguments.cjs is not built; run: npm run build');
  return createRequire(__filename)(file) as Parser;
}
