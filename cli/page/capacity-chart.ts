// The memory that each shard uses and needs, beside the memory that is proposed for all of them.

import * as Plot from '@observablehq/plot';
import { size } from '../../migrator/report/fleet-progress';
import { type ShardCapacity } from '../input/report-data';
import { count, document } from './element';
import { drawings, figure, type Width } from './figure';

/** A shard of a pool. */
export interface Measured extends ShardCapacity {
  /** The maxmemory in the proposal. */
  readonly proposed: number;
  readonly isTooLarge: boolean;
}

/** The most shards that are drawn with a tooltip each. */
const MAX_TOOLTIPS = 250;

export function capacityChart(shards: readonly Measured[], memory: number): Element {
  const needs = shards.map((shard) => shard.needs.memory);
  const range = `${size(Math.min(...needs))} to ${size(Math.max(...needs))}`;
  const caption = `Memory of ${count(shards.length, 'shard')}, in the order of the file: what each uses now (dark), and what it needs for a fork while its maxmemory is full (light), ${range}. The line is the proposed memory, ${size(memory)}.`;
  return figure(caption, ...drawings((width) => columns(shards, memory, width), caption));
}

function columns(shards: readonly Measured[], memory: number, { width, name }: Width): Element {
  const at = (left: number) => (_: Measured, i: number) => i + left;
  const title = shards.length > MAX_TOOLTIPS ? undefined : tooltipOf;
  const column = (y2: (shard: Measured) => number, fill: string): Plot.Markish =>
    Plot.rect(shards, { x1: at(0.1), x2: at(0.9), y1: 0, y2, fill, title });
  const label = { fill: 'var(--fair)', fontWeight: 'bold', textAnchor: 'end', dy: -9 } as const;
  return Plot.plot({
    document,
    width,
    style: { fontSize: '12px' },
    height: name === 'narrow' ? 240 : 300,
    marginLeft: 72,
    marginBottom: 10,
    marginTop: 24,
    marginRight: 4,
    x: { domain: [0, shards.length], ticks: [], label: null },
    y: { grid: true, label: null, nice: true, ticks: 5, tickFormat: (bytes: number) => size(Math.round(bytes)) },
    marks: [
      column(({ needs }) => needs.memory, 'var(--working)'),
      column(({ used }) => used, 'var(--bar)'),
      Plot.ruleY([memory], { stroke: 'var(--fair)', strokeWidth: 2 }),
      Plot.text([memory], { x: shards.length, y: memory, text: [`proposed ${size(memory)}`], ...label }),
      Plot.ruleY([0], { stroke: 'currentColor' }),
    ],
  });
}

function tooltipOf({ shard, used, needs }: Measured): string {
  return `shard ${shard}: uses ${size(used)}, needs ${size(needs.memory)}`;
}
