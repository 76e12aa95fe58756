// How much a run measures: enough for stable figures, or just enough to check that everything works.

import { type Load } from './client';

export interface Effort {
  /** The number of measurements; the result is the median. */
  readonly rounds: number;
  /** The part of the requests that is sent, 0 to 1. */
  readonly share: number;
  /** Of this many loads in a row, the first is measured. */
  readonly loadsPerMeasured: number;
  /** The number of shards of a unit. */
  readonly unit: number;
  /** The maximum number of variants to compare. */
  readonly variants: number;
  /** How long to measure a program without clients, in milliseconds. */
  readonly idleMs: number;
}

export const FULL: Effort = { rounds: 3, share: 1, loadsPerMeasured: 1, unit: 108, variants: Infinity, idleMs: 4000 };
export const QUICK: Effort = { rounds: 1, share: 0.02, loadsPerMeasured: 4, unit: 4, variants: 2, idleMs: 200 };

/** The loads to measure. */
export function loadsOf(all: readonly Load[], { loadsPerMeasured }: Effort): readonly Load[] {
  return all.filter((_, i) => i % loadsPerMeasured === 0);
}

/** The load for this effort, with enough requests that every connection sends some and the duration is measurable. */
export function requestsOf(load: Load, { share }: Effort): Load {
  const fewest = Math.max(500, load.connections * (load.pipeline ?? 1));
  return { ...load, requests: Math.max(fewest, Math.round(load.requests * share)) };
}

export function nameOf({ command, bytes, connections, pipeline, keys = 10 }: Load): string {
  const values = command === 'MGET' ? `${keys} keys of ${bytes} B` : `${bytes} B`;
  const clients = connections === 1 ? '1 connection' : `${connections} connections`;
  return `${command} ${values}, ${clients}${pipeline ? `, ${pipeline} at a time` : ''}`;
}

export const decimals = (figure: number): string => figure.toFixed(2);
export const thousandths = (figure: number): string => `${(figure * 1000).toFixed(1)}m`;
export const figures = (figure: number): string => Math.round(figure).toLocaleString('en');
