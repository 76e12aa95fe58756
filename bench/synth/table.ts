// Prints the figures.

import { type Measured } from './measure';

/** The medians of several runs of one command; NaN if it took too long. */
export interface Figures extends Measured {
  /** Seconds in the process after everything is loaded, as printed by the program. */
  readonly inProcess: number;
}

export function row(what: string, ...cells: string[]): void {
  console.log([what.padEnd(46), ...cells.map((cell) => cell.padStart(11))].join('').trimEnd());
}

/** NaN if there are no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.at(Math.floor((sorted.length - 1) / 2)) ?? NaN;
}

export const seconds = (figure: number): string => (Number.isNaN(figure) ? '' : `${figure.toFixed(2)} s`);
export const times = (figure: number): string => (Number.isNaN(figure) ? '' : `${figure.toFixed(2)} x`);
export const megabytes = (bytes: number): string => (Number.isNaN(bytes) ? '' : `${(bytes / 1e6).toFixed(0)} MB`);
