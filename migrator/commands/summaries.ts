// Summaries of commands, as text and as JSON.

import { type Finding } from './preflight';
import { exitCodeOf, type Outcome } from '../program/outcome';
import { outcomes } from '../program/summary';
import { type Summary } from '../report/report';
import { size } from '../report/fleet-progress';
import { type ShardStatus } from './status';
import { differenceLines, type ShardComparison } from './verify';

export function preflight(findings: readonly Finding[], all: readonly Outcome[]): Summary {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const verdict =
    errors > 0
      ? `${errors} ${errors === 1 ? 'error' : 'errors'}: fix them before you move anything`
      : 'nothing prevents the migration';
  return {
    text: [
      ...findings.map(({ severity, shard, code, message }) => {
        const where = shard === undefined ? '' : `shard ${shard}: `;
        return `${severity}: ${where}${code}: ${message}`;
      }),
      `${verdict} (${findings.length - errors} warnings)`,
    ],
    json: { exitCode: exitCodeOf(all), findings, outcomes: all },
  };
}

export function verify(results: readonly ShardComparison[], all: readonly Outcome[]): Summary {
  const text = [...results.flatMap(differenceLines), ...outcomes('the same on both sides, or have moved', all).text];
  return { text, json: { exitCode: exitCodeOf(all), results, outcomes: all } };
}

export function status(shards: readonly ShardStatus[], all: readonly Outcome[]): Summary {
  const counts = new Map<string, number>();
  for (const { state } of shards) counts.set(state, (counts.get(state) ?? 0) + 1);
  return {
    text: [...shards.map(line), [...counts].map(([state, number]) => `${number} ${state}`).join(', ')],
    json: { exitCode: exitCodeOf(all), shards },
  };
}

function line({ shard, state, old, new: fresh, keys, lag, isHeld, silence, advice }: ShardStatus): string {
  const details = [
    ...(keys === undefined ? [] : [`${keys} keys`]),
    ...(lag === undefined ? [] : [`lag ${size(lag)}`]),
    ...(isHeld ? ['writes are held by an interrupted cutover; run cutover or rollback'] : []),
    ...(silence === undefined ? [] : [silence]),
    ...(advice === undefined ? [] : [advice]),
  ];
  return `shard ${String(shard).padStart(4)}  ${state.padEnd(15)}  ${old} -> ${fresh}  ${details.join(', ')}`.trimEnd();
}
