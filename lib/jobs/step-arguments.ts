// Checks arguments at synth with the program's own parser, which `npm run build` bundles.

import { createRequire } from 'node:module';
import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { type Program } from './program';
import { builtFile } from './program-bundle';

interface Parser {
  problemWith(command: string, args: readonly string[], shards: number): string | undefined;
}

/** Refuses arguments that the command of a Job would reject. */
export function checkStepArguments(
  scope: Construct,
  program: Program,
  given: Readonly<Record<string, string[]>>,
  shards: number,
): void {
  const names = program.steps.map(({ name }) => name);
  for (const [step, args] of Object.entries(given)) {
    if (!names.includes(step)) {
      refuse(scope, `stepArguments names ${JSON.stringify(step)}; the steps are ${names.join(', ')}`);
    }
    const problem = parser(scope, program).problemWith(step, args, shards);
    if (problem !== undefined) refuse(scope, `stepArguments of ${step}: ${problem}`);
  }
}

function parser(scope: Construct, program: Program): Parser {
  return createRequire(__filename)(builtFile(scope, program, 'step-arguments.cjs')) as Parser;
}
