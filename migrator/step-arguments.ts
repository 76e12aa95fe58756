// Validates the arguments of the migration's Jobs. The library loads it at synth.

import { COMMAND_LINE } from './command-line';
import { problemWith as problem } from './program/step-arguments';

/** The error; undefined if the arguments are valid. */
export function problemWith(command: string, args: readonly string[], shards: number): string | undefined {
  return problem(COMMAND_LINE, [command, ...args], shards);
}
