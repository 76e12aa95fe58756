// How the figures are printed.

import { type Measured } from './measure';

/** What several runs of one command took: the middle of each figure, and nothing for one that took too long. */
export interface Figures extends Measured {
  /** In the process itself, once everything is loaded: what the program says. */
  readonly inProcess: number;
}

export function row(what: string, ...cells: string[]): void {
  console.log([what.padEnd(46), ...cells.map((cell) => cell.padStart(11))].join('').trimEnd());
}

/** Not a number for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.at(Math.floor((sorted.length - 1) / 2)) ?? NaN;
}

export const seconds = (figure: number): string => (Number.isNaN(figure) ? '' : `${figure.toFixed(2)} s`);
export const times = (figure: number): string => (Number.isNaN(figure) ? '' : `${figure.toFixed(2)} x`);
export const megabytes = (bytes: number): string => (Number.isNaN(bytes) ? '' : `${(bytes / 1e6).toFixed(0)} MB`);
