// The summary of a command, as text and as JSON.

import { ExitCode, exitCodeOf, type Outcome } from '../../migrator/program/outcome';
import { type Summary } from '../../migrator/report/report';
import { type Outcomes } from './context';

/** All outcomes, for the exit code. The Sentinels count as one more shard, which the summary does not number. */
export function allOf({ shards, sentinels }: Outcomes): Outcome[] {
  return [...shards, ...(sentinels === undefined ? [] : [{ shard: shards.length, ...sentinels }])];
}

export function summary(outcomes: Outcomes): Summary {
  const { shards, sentinels } = outcomes;
  const others = shards.filter(({ code }) => code !== ExitCode.DONE);
  return {
    text: [
      ...others.map(({ shard, message }) => `shard ${shard}: ${message}`),
      ...(sentinels === undefined ? [] : [`Sentinels: ${sentinels.message}`]),
      `${shards.length - others.length} of ${shards.length} shards are done`,
    ],
    json: { exitCode: exitCodeOf(allOf(outcomes)), shards, sentinels },
  };
}
