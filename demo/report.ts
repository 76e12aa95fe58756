// The closing report of the demo.

import { describe, type Violation } from '../test/lab/history';
import { type LoadReport } from '../test/lab/load';
import { count, green, print, red, table } from './screen';

/** What a phase took, and the longest gap of each shard in it, in milliseconds. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  readonly gaps: readonly number[];
}

export const CUTOVER = 'migrator cutover';

/** What each server held of the data that nobody changed. */
type Contents = readonly Record<string, unknown>[];

/** Prints it; whether nothing was lost. */
export function report(
  seen: LoadReport,
  data: { before: Contents; after: Contents },
  phases: readonly Phase[],
): boolean {
  const { keys, differing } = compare(data.before, data.after);
  table('What became of the data', [
    ['keys', count(keys), `${count(differing)} of them differ on the new side`],
    ['writes acknowledged', count(seen.acknowledgedWrites), `on ${seen.keys} more keys`],
    ['writes lost', count(seen.lost.length), 'every read was checked, and every key at the end'],
    ['linearizability violations', count(seen.violations.length), `in a history of ${count(seen.operations)} commands`],
  ]);
  table(
    'Longest time from an answer to the next during the cutover',
    seen.gaps.map((_, shard) => gapsOf(phases, shard)),
  );
  const errors = Object.entries(seen.errors).sort(([, a], [, b]) => b - a);
  table(
    `Errors that clients saw, in ${count(seen.operations)} commands`,
    errors.length > 0 ? errors.map(([message, times]) => [message, count(times)]) : [['none', '0']],
  );
  table('Time, and the longest gap of any shard', [
    ...phases.map(
      ({ name, seconds, gaps }) => [name, `${seconds.toFixed(1)} s`, milliseconds(Math.max(0, ...gaps))] as const,
    ),
    ['in all', `${phases.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(1)} s`],
  ]);
  const isWell = differing + seen.lost.length + seen.violations.length === 0;
  print(`\n${isWell ? green('Nothing was lost.') : red(`Data was lost. ${firstOf(seen.violations)}`)}\n`);
  return isWell;
}

function compare(before: Contents, after: Contents): { keys: number; differing: number } {
  const pairs = before.flatMap((ofShard, shard) =>
    Object.entries(ofShard).map(([key, content]) => [content, after[shard][key]]),
  );
  const differing = pairs.filter(([old, now]) => JSON.stringify(old) !== JSON.stringify(now)).length;
  return { keys: pairs.length, differing };
}

/** In the cutover; and, to compare, in any phase: a busy machine has pauses of its own. */
function gapsOf(phases: readonly Phase[], shard: number): [string, string, string] {
  const gapIn = ({ gaps }: Phase): number => gaps.at(shard) ?? 0;
  const cutover = phases.filter(({ name }) => name === CUTOVER).map(gapIn);
  const worst = phases.reduce((a, b) => (gapIn(b) > gapIn(a) ? b : a));
  const inAll = worst.name === CUTOVER ? 'the longest of all' : `in all ${milliseconds(gapIn(worst))}: ${worst.name}`;
  return [`shard ${shard}`, milliseconds(Math.max(0, ...cutover)), inAll];
}

function milliseconds(gap: number): string {
  return gap > 0 ? `${gap.toFixed(0)} ms` : '';
}

function firstOf(violations: readonly Violation[]): string {
  return violations.length > 0 ? `The first violation:\n${describe(violations[0])}` : '';
}
