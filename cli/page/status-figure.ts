// What every status shows: when it was taken, and a square for each shard, coloured by its state.

import * as Plot from '@observablehq/plot';
import { count, document, el, span } from './element';
import { drawings, figure, type Width } from './figure';
import { type Display } from './states';

/** A shard of the pool. */
export interface Square {
  readonly shard: number;
  /** Of its state. */
  readonly name: string;
  readonly display: Display;
}

/** When and from which file a status was taken. */
export function asOf({ time, source }: { readonly time: string; readonly source: string }): Element {
  return el('p', {}, 'As of ', el('time', { datetime: time }, inUtc(time)), `, from `, span('code', source), '.');
}

/** `2026-11-22 20:10:46 UTC` */
function inUtc(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The squares, in the order of the file, and the meaning of each state, in the given order. */
export function statusFigure(all: readonly Square[], orderOf: (name: string) => number): Element {
  const names = [...new Set(all.map(({ name }) => name))].sort((a, b) => orderOf(a) - orderOf(b));
  const groups = names.map((name) => all.filter((square) => square.name === name));
  const summary = groups.map((group) => `${group.length} ${group[0].name}`).join(', ');
  return figure(
    'Each square is a shard, in the order of the file.',
    ...drawings((width) => squares(all, width), `${count(all.length, 'shard')} by state: ${summary}.`),
    el('ul', { class: 'legend states' }, ...groups.map(legendItem)),
  );
}

function legendItem(group: readonly Square[]): Element {
  const [{ name, display }] = group;
  return el(
    'li',
    {},
    signOf(display),
    el('span', {}, el('b', {}, `${group.length.toLocaleString('en')} ${name}`), `: ${display.meaning}`),
  );
}

export function signOf({ category, sign }: Pick<Display, 'category' | 'sign'>): Element {
  return el('span', { class: `swatch ${category}`, 'aria-hidden': 'true' }, sign);
}

/** A state with its sign. */
export function namedState(name: string, display: Display): Element {
  return el('span', { class: 'state' }, signOf(display), name);
}

/** The number of squares in a row: a multiple of ten. */
function perRow(shards: number, { name }: Width): number {
  if (name === 'narrow') return shards <= 200 ? 10 : 20;
  return shards <= 200 && name === 'medium' ? 20 : 40;
}

function squares(all: readonly Square[], width: Width): Element {
  const inRow = perRow(all.length, width);
  const margin = 36;
  const side = Math.min(26, (width.width - margin) / inRow);
  const rows = Math.ceil(all.length / inRow);
  const column = (_: Square, index: number): number => index % inRow;
  const row = (_: Square, index: number): number => Math.floor(index / inRow);
  return Plot.plot({
    document,
    width: width.width,
    height: rows * side + 2,
    margin: 0,
    style: { fontSize: '12px' },
    x: { axis: null, domain: [0, inRow], range: [margin, margin + inRow * side] },
    y: { axis: null, domain: [0, rows], range: [0, rows * side] },
    marks: [
      Plot.text(
        Array.from({ length: rows }, (_, i) => i),
        {
          x: 0,
          y: (i: number) => i + 0.5,
          dx: -8,
          text: (i: number) => String(i * inRow),
          textAnchor: 'end',
        },
      ),
      Plot.rect(all, {
        x1: column,
        x2: (square: Square, index: number) => column(square, index) + 1,
        y1: row,
        y2: (square: Square, index: number) => row(square, index) + 1,
        inset: 1,
        r: 3,
        fill: ({ display }: Square) => `var(--${display.category})`,
        title: ({ shard, name }: Square) => `shard ${shard}: ${name}`,
      }),
      Plot.text(all, {
        x: (square: Square, index: number) => column(square, index) + 0.5,
        y: (square: Square, index: number) => row(square, index) + 0.5,
        text: ({ display }: Square) => display.sign,
        fill: ({ display }: Square) => `var(--on-${display.category})`,
        fontWeight: 'bold',
        pointerEvents: 'none',
      }),
    ],
  });
}
