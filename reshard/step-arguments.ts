// Validates the arguments of the Jobs that change the ring. The library loads it at synth.

import { problemWith as problem } from '../migrator/program/step-arguments';
import { COMMAND_LINE } from './command-line';

/** The error; undefined if the arguments are valid. */
export function problemWith(command: string, args: readonly string[], shards: number): string | undefined {
  return problem(COMMAND_LINE, [command, ...args], shards);
}
