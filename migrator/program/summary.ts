// The summary of outcomes, as text and as JSON.

import { ExitCode, exitCodeOf, type Outcome } from './outcome';
import { type Summary } from '../report/report';

/** The skipped shards, each with its reason, and the number of the others. */
export function outcomes(what: string, all: readonly Outcome[]): Summary {
  const others = all.filter(({ code }) => code !== ExitCode.DONE);
  return {
    text: [
      ...others.map(({ shard, message }) => `shard ${shard} was skipped: ${message}`),
      `${all.length - others.length} of ${all.length} shards are ${what}`,
    ],
    json: { exitCode: exitCodeOf(all), outcomes: all },
  };
}
