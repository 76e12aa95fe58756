// How much of the key space each server has: bars with names for a few servers, columns for many, an outline for more.

import * as Plot from '@observablehq/plot';
import { percent } from '../../lib/nutcracker/percent';
import { count, document } from './element';
import { drawings, figure, fragment, type Width } from './figure';
import { extremes, type Share, times, timesFair } from './shares';
import { dataTable } from './table';

/** Up to so many, each has a row with its name; up to so many, a column of its own. */
const MOST_ROWS = 16;
const MOST_COLUMNS = 250;

export function shareChart(shares: readonly Share[]): Node {
  const sorted = [...shares].sort((a, b) => b.share - a.share);
  const says = inWords(shares);
  const draw = shares.length <= MOST_ROWS ? rows : shares.length <= MOST_COLUMNS ? columns : outline;
  const label = `Key share of ${count(shares.length, 'server')}. ${says}`;
  return fragment(
    figure(says, ...drawings((width) => draw(sorted, width), label)),
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

function inWords(shares: readonly Share[]): string {
  if (shares.length === 1) return 'The only server has every key.';
  const { most, least } = extremes(shares);
  const said = (share: Share): string => `${percent(share.share)} (${times(timesFair(share))})`;
  const what = isEven(shares)
    ? `A fair share is ${percent(most.fair)}. ${most.name} has the largest, ${said(most)}; ${least.name} the smallest, ${said(least)}.`
    : `Fair shares are as the weights. Beside its own, ${most.name} has the most, ${said(most)}, and ${least.name} the least, ${said(least)}.`;
  return `${what} Shares are of the key space: how many keys that is depends on the keys.`;
}

function isEven(shares: readonly Share[]): boolean {
  return shares.every(({ weight }) => weight === shares[0].weight);
}

/** What the drawings have in common. */
function options({ width }: Width): Plot.PlotOptions {
  return { document, width, style: { fontSize: '12px' } };
}

/** About how wide a letter is, in pixels. */
const LETTER = 7.4;
const BAR = 'var(--bar)';
const FAIR = 'var(--fair)';
const FAIR_LABEL = { fill: FAIR, fontWeight: 'bold' } as const;
const tipOf = ({ name, share, fair }: Share): string => `${name}: ${percent(share)}, fair ${percent(fair)}`;

const ROW = 44;

/** The name and the share of a server on a line, and the bar below it. */
function rows(sorted: readonly Share[], width: Width): Element {
  const at = (pixels: number) => (_: Share, i: number) => i * ROW + pixels;
  const longest = Math.max(...sorted.map(({ share, fair }) => Math.max(share, fair)));
  const letters = (width.width - 70) / LETTER;
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
        text: ({ name }: Share) => shortened(name, letters),
        textAnchor: 'start',
      }),
      Plot.text(sorted, {
        x: longest,
        y: at(10),
        text: ({ share }: Share) => threeDigits(share),
        textAnchor: 'end',
        fontWeight: 'bold',
      }),
      Plot.rect(sorted, { x1: 0, x2: 'share', y1: at(19), y2: at(35), fill: BAR, r: 2, title: tipOf }),
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

/** The middle of a long name says least. */
function shortened(name: string, letters: number): string {
  if (name.length <= letters) return name;
  const half = Math.floor((letters - 1) / 2);
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
      title: tipOf,
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

/** The last one again, so that its step is as wide as the others. */
function stepped(sorted: readonly Share[]): Ranked[] {
  return ranked([...sorted, sorted[sorted.length - 1]]);
}

/** The largest share to the left; the fair one as a line, or as steps where it differs. */
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

/** For a label: a hundredth of a per cent more is still seen. */
function threeDigits(share: number): string {
  return `${(share * 100).toPrecision(3)} %`;
}

/** With as many digits for each, so that they can be compared. */
function exact(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}
