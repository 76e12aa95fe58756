// Text output: tables, shares, and colours on a terminal.

import { percent } from '../../lib/nutcracker/percent';

/** Each function colours a text, or returns it unchanged when colours are off. */
export interface Paint {
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly good: (text: string) => string;
  readonly heading: (text: string) => string;
}

/** Colours on a terminal only, unless FORCE_COLOR or NO_COLOR (https://no-color.org) is set. */
export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const colours = wantsColours(stream.isTTY === true, env);
  const sgr = (code: number) => (text: string) => (colours ? `\u001B[${code}m${text}\u001B[0m` : text);
  return { bad: sgr(31), doubtful: sgr(33), good: sgr(32), heading: sgr(1) };
}

/** FORCE_COLOR takes precedence, as in Node.js. */
function wantsColours(isTerminal: boolean, { FORCE_COLOR, NO_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  return isTerminal && TERM !== 'dumb';
}

/** A column of a table; numbers are right-aligned. */
export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** Lines with aligned columns under their titles; an empty row is an empty line. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], paint: Paint): string[] {
  const widths = columns.map(({ title }, i) =>
    rows.reduce((width, row) => Math.max(width, i < row.length ? row[i].length : 0), title.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (columns[i].isNumber === true ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [paint.heading(line(columns.map(({ title }) => title))), ...rows.map(line)];
}

const DIGITS = 3;

/** A share (0 to 1) in percent, with the same number of digits for all. Only 0 is printed as 0. */
export function share(value: number): string {
  const fixed = `${(value * 100).toFixed(DIGITS)} %`;
  return value > 0 && Number.parseFloat(fixed) === 0 ? percent(value) : fixed;
}

/** `1 key`, `2 keys`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
