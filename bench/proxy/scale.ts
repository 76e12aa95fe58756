// How much work a run takes upon itself: enough for steady figures, or just enough to see that everything works.

import { type Load } from './client';

export interface Effort {
  /** How often everything is measured; the median counts. */
  readonly rounds: number;
  /** The part of the requests that is sent. */
  readonly share: number;
  /** The shards of a whole unit. */
  readonly unit: number;
  /** How many values of a setting are compared, at the most. */
  readonly variants: number;
  /** Milliseconds for which a program without clients is watched. */
  readonly idleMs: number;
}

export const WHOLE: Effort = { rounds: 3, share: 1, unit: 108, variants: Infinity, idleMs: 4000 };
export const QUICK: Effort = { rounds: 1, share: 0.02, unit: 4, variants: 2, idleMs: 200 };

/** A load as this effort sends it: every connection sends something, and a clock can tell how long it took. */
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
