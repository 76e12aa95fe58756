// The report at the end of the demo.

import { describe, type Violation } from '../test/lab/history';
import { type LoadReport } from '../test/lab/load';
import { count, green, print, red, table } from './screen';

export interface Phase {
  readonly name: string;
  readonly seconds: number;
  /** The longest gap of each shard, in milliseconds. */
  readonly gaps: readonly number[];
}

export const CUTOVER = 'migrator cutover';

/** The keys and values of each server that the load does not change. */
type Contents = readonly Record<string, unknown>[];

/** Prints the report; returns whether no data was lost. */
export function report(
  load: LoadReport,
  data: { before: Contents; after: Contents },
  phases: readonly Phase[],
): boolean {
  const { keys, differing } = compare(data.before, data.after);
  table('Data', [
    ['keys', count(keys), `${count(differing)} differ on the new servers`],
    ['writes acknowledged', count(load.acknowledgedWrites), `on ${load.keys} more keys`],
    ['writes lost', count(load.lost.length), 'every read was checked, and every key at the end'],
    ['linearizability violations', count(load.violations.length), `in a history of ${count(load.operations)} commands`],
  ]);
  table(
    'Longest time between two replies during the cutover',
    load.gaps.map((_, shard) => gapsOf(phases, shard)),
  );
  const errors = Object.entries(load.errors).sort(([, a], [, b]) => b - a);
  table(
    `Client errors, in ${count(load.operations)} commands`,
    errors.length > 0 ? errors.map(([message, times]) => [message, count(times)]) : [['none', '0']],
  );
  table('Duration, and longest gap of any shard', [
    ...phases.map(
      ({ name, seconds, gaps }) => [name, `${seconds.toFixed(1)} s`, milliseconds(Math.max(0, ...gaps))] as const,
    ),
    ['total', `${phases.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(1)} s`],
  ]);
  const isOk = differing + load.lost.length + load.violations.length === 0;
  print(`\n${isOk ? green('Nothing was lost.') : red(`Data was lost. ${firstOf(load.violations)}`)}\n`);
  return isOk;
}

function compare(before: Contents, after: Contents): { keys: number; differing: number } {
  const pairs = before.flatMap((ofShard, shard) =>
    Object.entries(ofShard).map(([key, content]) => [content, after[shard][key]]),
  );
  const differing = pairs.filter(([old, now]) => JSON.stringify(old) !== JSON.stringify(now)).length;
  return { keys: pairs.length, differing };
}

/** The gap during the cutover and, for comparison, the longest of any phase, since a busy machine pauses by itself. */
function gapsOf(phases: readonly Phase[], shard: number): [string, string, string] {
  const gapIn = ({ gaps }: Phase): number => gaps.at(shard) ?? 0;
  const cutover = phases.filter(({ name }) => name === CUTOVER).map(gapIn);
  const worst = phases.reduce((a, b) => (gapIn(b) > gapIn(a) ? b : a));
  const comparison =
    worst.name === CUTOVER ? 'the longest of all phases' : `longest: ${milliseconds(gapIn(worst))}, in ${worst.name}`;
  return [`shard ${shard}`, milliseconds(Math.max(0, ...cutover)), comparison];
}

function milliseconds(gap: number): string {
  return gap > 0 ? `${gap.toFixed(0)} ms` : '';
}

function firstOf(violations: readonly Violation[]): string {
  return violations.length > 0 ? `The first violation:\n${describe(violations[0])}` : '';
}
