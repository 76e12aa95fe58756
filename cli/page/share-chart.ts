// The share of the key space of each server: labelled bars for a few servers, columns for many, an outline for more.

import * as Plot from '@observablehq/plot';
import { percent } from '../../lib/nutcracker/percent';
import { count, document } from './element';
import { drawings, figure, fragment, type Width } from './figure';
import { extremes, type Share, times, timesFair } from './shares';
import { dataTable } from './table';

/** The most servers that are drawn as rows with names, and as columns. */
const MAX_ROWS = 16;
const MAX_COLUMNS = 250;

export function shareChart(shares: readonly Share[]): Node {
  const sorted = [...shares].sort((a, b) => b.share - a.share);
  const caption = captionOf(shares);
  const draw = shares.length <= MAX_ROWS ? rows : shares.length <= MAX_COLUMNS ? columns : outline;
  const label = `Key share of ${count(shares.length, 'server')}. ${caption}`;
  return fragment(
    figure(caption, ...drawings((width) => draw(sorted, width), label)),
    dataTable('Key shares as a table', {
      caption: 'Key share of each server, in the order of the file',
      columns: [
        { title: 'Server', kind: 'code' },
        { title: 'Weight', kind: 'number' },
        { title: 'Share', kind: 'number' },
        { title: 'Fair share', kind: 'number' },
        { title: 'Times fair', kind: 'number' },
      ],
      rows: shares.map((share) => [
        share.name,
        String(share.weight),
        exact(share.share),
        exact(share.fair),
        times(timesFair(share)),
      ]),
    }),
  );
}

function captionOf(shares: readonly Share[]): string {
  if (shares.length === 1) return 'The only server has every key.';
  const { most, least } = extremes(shares);
  const text = (share: Share): string => `${percent(share.share)} (${times(timesFair(share))})`;
  const range = isEven(shares)
    ? `A fair share is ${percent(most.fair)}. ${most.name} has the largest share, ${text(most)}, and ${least.name} the smallest, ${text(least)}.`
    : `Fair shares are proportional to the weights. Relative to its fair share, ${most.name} has the most, ${text(most)}, and ${least.name} the least, ${text(least)}.`;
  return `${range} These are shares of the key space; the number of keys depends on the keys.`;
}

function isEven(shares: readonly Share[]): boolean {
  return shares.every(({ weight }) => weight === shares[0].weight);
}

/** Options of all charts. */
function options({ width }: Width): Plot.PlotOptions {
  return { document, width, style: { fontSize: '12px' } };
}

/** The approximate width of a character, in pixels. */
const CHARACTER_WIDTH = 7.4;
const BAR = 'var(--bar)';
const FAIR = 'var(--fair)';
const FAIR_LABEL = { fill: FAIR, fontWeight: 'bold' } as const;
const tooltipOf = ({ name, share, fair }: Share): string => `${name}: ${percent(share)}, fair ${percent(fair)}`;

const ROW = 44;

/** For each server, a line with the name and the share, and a bar below it. */
function rows(sorted: readonly Share[], width: Width): Element {
  const at = (pixels: number) => (_: Share, i: number) => i * ROW + pixels;
  const longest = Math.max(...sorted.map(({ share, fair }) => Math.max(share, fair)));
  const maxLength = (width.width - 70) / CHARACTER_WIDTH;
  return Plot.plot({
    ...options(width),
    height: sorted.length * ROW + 16,
    margin: 0,
    x: { axis: null, domain: [0, longest], range: [0, width.width - 2] },
    y: { axis: null, domain: [0, sorted.length * ROW], range: [0, sorted.length * ROW] },
    marks: [
      Plot.text(sorted, {
        x: 0,
        y: at(10),
        text: ({ name }: Share) => shortened(name, maxLength),
        textAnchor: 'start',
      }),
      Plot.text(sorted, {
        x: longest,
        y: at(10),
        text: ({ share }: Share) => threeDigits(share),
        textAnchor: 'end',
        fontWeight: 'bold',
      }),
      Plot.rect(sorted, { x1: 0, x2: 'share', y1: at(19), y2: at(35), fill: BAR, r: 2, title: tooltipOf }),
      Plot.ruleX(sorted, { x: 'fair', y1: at(16), y2: at(38), stroke: FAIR, strokeWidth: 2.5 }),
      ...(sorted.length === 1
        ? []
        : [
            Plot.text(sorted.slice(-1), {
              x: 'fair',
              y: sorted.length * ROW + 2,
              text: () => 'fair share',
              textAnchor: 'end',
              ...FAIR_LABEL,
            }),
          ]),
    ],
  });
}

/** Cuts out the middle of a long name. */
function shortened(name: string, maxLength: number): string {
  if (name.length <= maxLength) return name;
  const half = Math.floor((maxLength - 1) / 2);
  return `${name.slice(0, half)}…${name.slice(-half)}`;
}

function columns(sorted: readonly Share[], width: Width): Element {
  return upright(sorted, width, [
    Plot.rect(ranked(sorted), {
      x1: ({ rank }: Ranked) => rank + 0.1,
      x2: ({ rank }: Ranked) => rank + 0.9,
      y1: 0,
      y2: 'share',
      fill: BAR,
      title: tooltipOf,
    }),
  ]);
}

function outline(sorted: readonly Share[], width: Width): Element {
  return upright(sorted, width, [
    Plot.areaY(stepped(sorted), { x: 'rank', y: 'share', curve: 'step-after', fill: BAR }),
  ]);
}

interface Ranked extends Share {
  readonly rank: number;
}

function ranked(sorted: readonly Share[]): Ranked[] {
  return sorted.map((share, rank) => ({ ...share, rank }));
}

/** Repeats the last share, so that its step has full width. */
function stepped(sorted: readonly Share[]): Ranked[] {
  return ranked([...sorted, sorted[sorted.length - 1]]);
}

/** Shares from the largest to the smallest; the fair share as a line, or as steps if it differs. */
function upright(sorted: readonly Share[], width: Width, marks: readonly Plot.Markish[]): Element {
  const even = isEven(sorted);
  const last = sorted.length;
  const fair = even ? `fair share ${threeDigits(sorted[0].fair)}` : 'fair share, by weight';
  return Plot.plot({
    ...options(width),
    height: width.name === 'narrow' ? 240 : 300,
    marginLeft: 56,
    marginBottom: 30,
    marginTop: 16,
    marginRight: 4,
    x: { domain: [0, last], ticks: [], label: null },
    y: { percent: true, grid: true, label: null, nice: true, ticks: 5, tickFormat: (tick: number) => `${tick} %` },
    marks: [
      ...marks,
      Plot.lineY(stepped(sorted), { x: 'rank', y: 'fair', curve: 'step-after', stroke: FAIR, strokeWidth: 2 }),
      even
        ? Plot.text([last], { x: [last], y: [sorted[0].fair], text: [fair], textAnchor: 'end', dy: -9, ...FAIR_LABEL })
        : Plot.text([last], { frameAnchor: 'top-right', text: [fair], ...FAIR_LABEL }),
      Plot.ruleY([0], { stroke: 'currentColor' }),
      Plot.text([0], { frameAnchor: 'bottom-left', text: [`largest: ${threeDigits(sorted[0].share)}`], dy: 18 }),
      Plot.text([0], {
        frameAnchor: 'bottom-right',
        text: [`smallest: ${threeDigits(sorted[last - 1].share)}`],
        dy: 18,
      }),
    ],
  });
}

/** A share with three significant digits, for labels. */
function threeDigits(share: number): string {
  return `${(share * 100).toPrecision(3)} %`;
}

/** A share with three decimals, for tables. */
function exact(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}
