// Validates the arguments of a Job with the program's own parser. The library loads it at synth.

import { type CommandLine } from './command-line';
import { chosenShards } from './shard-list';
import { UsageError } from './usage-error';

/** Options that the Job already has. */
const OF_THE_JOB = /^--plan(=|$)/;

/** The error; undefined if the arguments are valid. */
export function problemWith<Name extends string>(
  commandLine: CommandLine<Name>,
  [command, ...args]: readonly string[],
  shards: number,
): string | undefined {
  const own = args.find((arg) => OF_THE_JOB.test(arg));
  if (own !== undefined) return `${own} is already set by the Job; remove it`;
  try {
    const parsed = commandLine.parse([command, ...args, '--plan', 'plan.json']);
    if (parsed === undefined) return '--help moves nothing; remove it';
    const { shards: list } = parsed.given;
    if (typeof list === 'string') chosenShards(ordinals(shards), list);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

function ordinals(count: number): { shard: number }[] {
  return Array.from({ length: count }, (_, shard) => ({ shard }));
}
